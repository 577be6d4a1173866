"""The report: what it says for each outcome, that it shows no cell value, and its size."""

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import msgspec
import pytest

from sync_core.formats import FORMATS
from sync_core.formats.rules import RULES
from sync_core.formats.rules.titles import TITLES
from sync_core.model.documents import MessageLine, StepName, TargetReference, rfc3339
from sync_core.model.found import FoundFile
from sync_core.model.outcomes import OUTCOMES, Outcome
from sync_core.model.statistics import EntityCounts, RunStatistics
from sync_core.report import ReportData, problems_csv, report_html
from sync_core.report.causes import UNREADABLE_FILE, UNREADABLE_ROWS, UNREADABLE_VALUES, causes
from sync_core.report.messages import problems
from sync_core.report.problems_csv import HEADER
from sync_core.report.timeline import STEPS
from sync_core.report.words import duration, local, percent, signed, zone_named
from tests.unit.report_kit import (
    BAD_END,
    FINDINGS,
    GOLDEN,
    LANDED,
    OF_SERVICE,
    REPORTS,
    ROWS,
    TRIPS,
    changes,
    data,
    finding,
    golden_files,
    result,
    sync_end,
)

MOST_BYTES = 300_000
HOSTILE = "<script>alert(1)</script>\"'&\u202egnp.exe\x1b[31m\x07\u200f"
SENT_TO = TargetReference(kind="industry-data", id="i")
DRY_RUN = TargetReference(kind="dry-run", id="northwind")
NOT_VALIDATED = (Outcome.INCOMPLETE, Outcome.SUPERSEDED)
NO_SPACE = "\0"
VOID = {"meta", "rect", "wbr"}


class Reader(HTMLParser):
    """Reads a page: its text, its headings, and whether its elements are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.words += [NO_SPACE] if tag == "wbr" else []
        named = {name: value or "" for name, value in attrs}
        self.ids += [named["id"]] if "id" in named else []
        self.labels += [named["aria-labelledby"]] if "aria-labelledby" in named else []
        self.links += [value for name, value in named.items() if name in {"href", "src"}]
        assert not [name for name in named if name.startswith("on") or name == "style"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        if "style" not in self.open:
            self.words.append(text)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words).replace(f" {NO_SPACE} ", ""))


def read(data: ReportData) -> Reader:
    reader = Reader()
    reader.feed(report_html(data))
    reader.close()
    assert reader.open == []
    return reader


def failed_while(step: StepName, target: TargetReference = SENT_TO) -> ReportData:
    """A run that failed in a step."""
    steps = result(Outcome.STARTED, ()).steps
    last = [each.name for each in steps].index(step)
    failed = result(Outcome.FAILED, (), steps=steps[: last + 1], target=target)
    return data(Outcome.FAILED, result=failed)


def rows_of(data: ReportData) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(problems_csv(data))))


def hostile(text: str) -> Iterator[MessageLine]:
    for rule in RULES:
        for spec in FORMATS["sds-v2.1"].files:
            for column in spec.columns:
                yield finding(rule, spec.name, column.name, *range(10**8, 10**8 + 100))
    for number in range(2_000):
        yield MessageLine(type="Error", file_name=text, description=f"{number} {text}", code=text)


@pytest.mark.parametrize("name", golden_files())
def test_the_reports_are_the_golden_files(name: str) -> None:
    written = golden_files()[name]
    assert written == (GOLDEN / name).read_bytes().decode(), "run: python -m tests.unit.report_kit"


class TestEveryOutcome:
    @pytest.mark.parametrize("outcome", Outcome)
    def test_has_a_page_that_is_well_formed_and_needs_nothing_else(self, outcome: Outcome) -> None:
        page = read(data(outcome, changes=changes()))
        assert page.tags.count("h1") == 1
        assert not {"script", "img", "link", "iframe", "form"} & {*page.tags}
        assert len(page.ids) == len({*page.ids})
        assert {*page.labels} <= {*page.ids}
        beside = {"problems.csv", "result.json", "messages.jsonl", "preview.jsonl", "sync.json"}
        inside = {link[1:] for link in page.links if link.startswith("#")}
        assert {*page.links} - {f"#{name}" for name in inside} <= beside
        assert inside <= {*page.ids}

    @pytest.mark.parametrize("outcome", Outcome)
    def test_says_first_how_it_ended_and_then_what_to_do(self, outcome: Outcome) -> None:
        text = read(data(outcome)).text
        assert text.index(OUTCOMES[outcome].headline) < text.index("What to do next")
        assert text.index("What to do next") < text.index("About this run")

    def test_has_one_sentence(self) -> None:
        for sentence in (facts.headline for facts in OUTCOMES.values()):
            assert re.fullmatch(r"[A-Z][^.]+\.", sentence)

    @pytest.mark.parametrize("outcome", Outcome)
    def test_says_what_was_not_done(self, outcome: Outcome) -> None:
        text = read(data(outcome)).text
        assert "What was not done" in text
        sent = result(outcome, ()).sent
        assert ("No sync was started." in text) is not sent

    def test_does_not_count_errors_of_rows_that_nobody_has_checked(self) -> None:
        assert "Errors 0 Warnings 0" in read(data(Outcome.UNCHANGED)).text
        for unchecked in (*(data(outcome) for outcome in NOT_VALIDATED), failed_while("validate")):
            text = read(unchecked).text
            assert "Errors" not in text
            assert "The rows of the files were not checked." in text

    def test_does_not_say_that_a_step_was_done_in_which_the_run_failed(self) -> None:
        not_compared = "The guards have not compared the export with the last sync."
        assert not_compared in read(failed_while("guard")).text
        assert not_compared not in read(failed_while("ready")).text
        assert "The upload may not be complete." in read(failed_while("upload")).text

    def test_of_a_run_that_a_pause_held_does_not_say_that_anything_was_uploaded(self) -> None:
        steps = result(Outcome.STARTED, ()).steps[:5]
        held = msgspec.structs.replace(result(Outcome.HELD, ()), steps=steps)
        text = read(data(Outcome.HELD, result=held)).text
        assert "Nothing was uploaded to School Data Sync." in text
        assert STEPS["upload"] not in text

    def test_of_a_dry_run_does_not_say_that_anything_was_sent(self) -> None:
        for report in (data(Outcome.DRY_RUN), failed_while("upload", target=DRY_RUN)):
            text = read(report).text
            assert "Read every file again" in text
            assert "Nothing was uploaded to School Data Sync." in text
            for step in ("ready", "upload", "verify", "start"):
                assert STEPS[step] not in text

    def test_does_not_say_the_same_twice(self) -> None:
        text = read(data(Outcome.UNKNOWN)).text
        assert text.count(OUTCOMES[Outcome.UNKNOWN].headline) == 2, "in the title and at the top"

    def test_says_of_a_share_how_far_it_is_above_the_limit(self) -> None:
        held = read(data(Outcome.HELD)).text
        assert "10.4 % Check whether" in held

    def test_of_one_error_does_not_say_the_number(self) -> None:
        one = data(Outcome.REJECTED, messages=FINDINGS[:1])
        assert "Fix the error below in the student" in read(one).text
        assert "Fix the 3 errors below in the student" in read(data(Outcome.REJECTED)).text

    def test_of_a_rejected_run_says_that_the_guards_were_not_asked(self) -> None:
        text = read(REPORTS["rejected"]).text
        assert "Compared with the last export that was synced" in text
        assert "The guards have not compared the export with the last sync." in text

    def test_says_nothing_of_files_that_were_not_delivered_at_all(self) -> None:
        assert "What is in the export" not in read(data(Outcome.INCOMPLETE)).text
        assert "What is in the export" in read(data(Outcome.REJECTED)).text

    def test_names_the_commands_that_decide_about_a_held_run(self) -> None:
        held = data(Outcome.HELD)
        text = read(held).text
        assert held.result is not None
        for command in ("show", "approve", "reject"):
            assert f"sis-sync {command} northwind {held.result.run}" in text
        for trip in TRIPS:
            assert trip.sentence in text

    def test_does_not_show_files_as_missing_whose_rows_nobody_has_counted(self) -> None:
        uncounted = dict.fromkeys(ROWS)
        assert "Rows of each file" not in read(data(Outcome.SUPERSEDED, rows=uncounted)).text
        unread = (finding("utf-16", "users.csv", None),)
        page = report_html(data(Outcome.REJECTED, messages=unread, rows={"users.csv": 0}))
        assert 'class="before" width="0"' in page.partition("users<wbr>.csv")[2]

    def test_shows_the_text_of_a_finding_if_it_says_more_than_its_column(self) -> None:
        plain = finding("reference-not-found", "roles.csv", "orgSourcedId", 2)
        hint = f"{plain.description}. orgs.csv has no row with a sourcedId"
        explained = msgspec.structs.replace(plain, description=hint)
        assert plain.description not in read(data(Outcome.REJECTED, messages=(plain,))).text
        assert hint in read(data(Outcome.REJECTED, messages=(explained,))).text

    def test_without_errors_to_fix_refers_to_the_reason_at_the_top(self) -> None:
        for outcome in (Outcome.REJECTED, Outcome.REFUSED):
            assert "Correct what is said above" in read(data(outcome, messages=())).text
        assert "Do what is said above." in read(data(Outcome.FAILED)).text

    def test_says_once_what_to_look_at_if_several_guards_advise_the_same(self) -> None:
        held = result(Outcome.HELD, ())
        assert held.held is not None
        again = msgspec.structs.replace(held.held, trips=(TRIPS[0],) * 5)
        report = data(Outcome.HELD, result=msgspec.structs.replace(held, held=again))
        guards = read(report).text.partition("Why it is held")[2]
        assert guards.count(TRIPS[0].advice) == 1

    def test_says_what_is_missing_and_what_was_found_instead(self) -> None:
        text = read(data(Outcome.INCOMPLETE)).text
        assert "users.csv roles.csv" in text
        assert "Users (1).csv" in text

    def test_says_how_the_sync_ended_once_that_is_known(self) -> None:
        good = read(data(Outcome.STARTED, end=sync_end())).text
        assert "The sync finished successfully." in good
        assert OUTCOMES[Outcome.STARTED].headline not in good
        bad = read(data(Outcome.STARTED, end=sync_end(**BAD_END))).text
        assert "The sync ended with errors." in bad
        assert "UnmatchedEntry 31" in bad
        scheduled = read(data(Outcome.SCHEDULED, end=sync_end())).text
        assert "Nothing to do" in scheduled


class TestStatistics:
    def test_what_the_sync_has_read_is_shown_with_the_words_of_the_service(self) -> None:
        text = read(REPORTS["finished"]).text
        assert "School Data Sync counted 0 errors and 3 warnings." in text
        assert "People 4,192 4,180 12" in text
        assert "Groups 188 \u2013 \u2013" in text
        assert "student 3,960 18" in text
        assert "teacher 214 0" in text
        assert "… 0 2" in text

    def test_numbers_that_are_not_reported_leave_nothing_empty(self) -> None:
        plain = RunStatistics(people=EntityCounts(total=3))
        text = read(data(Outcome.STARTED, end=sync_end(statistics=plain))).text
        assert "Kind Total People 3" in text
        assert "Role" not in text
        nothing = read(data(Outcome.STARTED, end=sync_end(statistics=RunStatistics()))).text
        assert "counted 0 errors and 0 warnings" in nothing
        assert "Kind Total" not in nothing.partition("What School Data Sync reports")[2]
        without = read(data(Outcome.STARTED, end=sync_end())).text
        assert "What School Data Sync reports" not in without


class TestProblems:
    def test_the_worst_come_first_and_causes_before_what_follows_from_them(self) -> None:
        text = read(REPORTS["rejected"]).text
        order = ["Value is missing", "Too few fields", "Referenced record", "Duplicates"]
        found = [text.index(title) for title in [*order, "Column is not part"]]
        assert found == sorted(found)

    def test_references_to_unreadable_rows_are_marked_as_following(self) -> None:
        text = read(REPORTS["rejected"]).text
        assert "Probably because of 2 unreadable rows in users.csv" in text
        assert "This probably follows from other problems." in text

    @pytest.mark.parametrize(
        ("cause", "words"),
        [
            (finding("file-missing", "users.csv", None), "the missing file users.csv"),
            (finding("file-empty", "users.csv", None), "users.csv, which has no rows"),
            (finding("workbook", "users.csv", None), "users.csv, which could not be read"),
            (
                finding("header-missing", "users.csv", "sourcedId"),
                "the missing column sourcedId in users.csv",
            ),
            (
                finding("value-missing", "users.csv", "sourcedId", 4),
                "1 row with a wrong sourcedId in users.csv",
            ),
            (finding("value-missing", "users.csv", "username", 4), None),
            (finding("value-missing", "orgs.csv", "sourcedId", 4), None),
        ],
    )
    def test_a_finding_follows_only_from_what_it_refers_to(
        self, cause: MessageLine, words: str | None
    ) -> None:
        lost = finding("reference-not-found", "roles.csv", "userSourcedId", 9)
        found = problems(ReportData(format_name="sds-v2.1", messages=(cause, lost)))
        assert causes(found, "sds-v2.1").get(found[1]) == words

    def test_every_rule_has_a_short_title(self) -> None:
        assert {*TITLES} == {*RULES}
        assert len({*TITLES.values()}) == len(TITLES)
        assert max(map(len, TITLES.values())) <= 40

    def test_the_rules_that_others_follow_from_are_rules(self) -> None:
        assert {*RULES} >= UNREADABLE_FILE | UNREADABLE_ROWS | UNREADABLE_VALUES

    def test_many_rules_begin_with_an_overview(self) -> None:
        few, many = read(data(Outcome.REFUSED)), read(REPORTS["rejected"])
        assert "Error Value is missing 3 times Error Too few fields" in many.text
        assert len([link for link in many.links if link == "#group-1"]) == 2
        assert "#group-1" not in few.links

    def test_long_lists_are_cut_and_say_so(self) -> None:
        many = finding("value-missing", "users.csv", "username", *range(2, 102), count=1_234)
        text = read(data(Outcome.REJECTED, messages=(many,))).text
        assert "2, 3, 4, 5, 6, 7, 8, 9 and 1,226 more" in text

    def test_a_file_that_could_not_be_read_has_no_number_of_rows(self) -> None:
        unread = (finding("utf-16", "users.csv", None), finding("file-empty", "roles.csv", None))
        rows = {"users.csv": 0, "roles.csv": 0}
        text = read(data(Outcome.REJECTED, messages=unread, rows=rows)).text
        assert "users.csv \u2013 2,118 not readable" in text
        assert "roles.csv 0 2,145 \u22122,145" in text

    def test_several_faults_in_one_line_are_not_more_lines(self) -> None:
        headers = finding("header-unknown", "users.csv", None, 1, count=3)
        text = read(data(Outcome.REJECTED, messages=(headers,))).text
        assert "Column is not part of the format 3 times" in text
        assert "and 2 more" not in text

    def test_a_validation_without_a_run_has_a_report_too(self) -> None:
        rows = {"student.csv": 64}
        page = read(ReportData(format_name="sds-v1", rows=rows, source="export.zip"))
        assert "The export has no errors and no warnings." in page.text
        assert "no earlier sync" not in page.text
        assert "File Number student.csv 64" in page.text
        assert "export.zip" in page.text
        assert page.links == []

    def test_it_refers_to_the_command_that_lists_every_problem(self) -> None:
        page = read(ReportData(format_name="sds-v2.1", messages=FINDINGS, source="export.zip"))
        assert "sis-sync validate --format csv lists all of them" in page.text
        assert "problems.csv" not in page.text


class TestWhatIsShown:
    def test_values_that_the_service_quotes_are_masked(self) -> None:
        refused = data(Outcome.REFUSED, messages=OF_SERVICE)
        for text in (report_html(refused), problems_csv(refused)):
            assert "sentinel" not in text
            assert "The value … in GradeLevelCode" in text

    def test_hostile_names_are_text_everywhere(self) -> None:
        beside = FoundFile(name=HOSTILE, reason="unknown", description=HOSTILE, landed_at="")
        changed = result(
            Outcome.INCOMPLETE, (), missing=(HOSTILE,), found=(beside,), summary=HOSTILE
        )
        report = data(
            Outcome.INCOMPLETE,
            result=changed,
            rows={HOSTILE: 3},
            messages=(finding(HOSTILE, HOSTILE, HOSTILE), *OF_SERVICE),
            source=HOSTILE,
        )
        page = report_html(report)
        read(report)
        for text in (page, problems_csv(report)):
            assert not [char for char in text if not char.isprintable() and char not in "\r\n"]
        assert "<script>" not in page
        assert r"\u202egnp.exe\x1b[31m" in page

    def test_it_is_small_whatever_the_export(self) -> None:
        held = result(Outcome.HELD, ())
        assert held.held is not None
        messages = tuple(hostile(HOSTILE * 40))
        report = data(
            Outcome.HELD,
            messages=messages,
            changes=changes() * 200,
            end=sync_end(
                errors={f"{HOSTILE}{number}": 1 for number in range(50)},
                statistics=RunStatistics(matched={f"{HOSTILE}{n}": n for n in range(5_000)}),
            ),
            result=result(Outcome.HELD, (), missing=(HOSTILE * 9,) * 900, summary=HOSTILE * 99),
        )
        assert len(report_html(report).encode()) < MOST_BYTES
        assert len(rows_of(report)) > 2_000

    def test_nobody_is_named(self) -> None:
        from sync_core.model.holds import Decision

        approval = Decision(
            feed="northwind",
            run="r",
            generation="g",
            decision="approved",
            by="Ann Person",
            reason="Ann said so",
            decided_at="2026-11-29T08:00:00Z",
        )
        approved = result(Outcome.STARTED, (), approval=approval, approves="r")
        assert "Ann" not in report_html(data(Outcome.STARTED, result=approved))


class TestProblemsCsv:
    def test_has_every_finding_and_what_to_do(self) -> None:
        rejected = rows_of(REPORTS["rejected"])
        assert [*rejected[0]] == [*HEADER]
        assert len(rejected) == len(REPORTS["rejected"].messages)
        assert rejected[1]["first lines"] == "88 90 91"
        assert all(row["fix"] for row in rejected)
        assert rejected[2]["probably because of"] == "2 unreadable rows in users.csv"

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
    def test_a_formula_is_text_in_a_spreadsheet(self, start: str) -> None:
        report = ReportData(
            format_name="sds-v1", messages=(finding(f"{start}1+1", f"{start}x", f"{start}y"),)
        )
        (row,) = rows_of(report)
        for cell in (row["rule"], row["file"], row["column"]):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


class TestWords:
    def test_times_are_in_the_time_zone_of_the_feed_and_in_utc(self) -> None:
        text = read(data(Outcome.STARTED)).text
        assert "Europe/Amsterdam" in text
        assert "Sun 29 Nov 02:13:05 01:13:05 UTC" in text

    def test_moments_are_in_the_order_of_time(self) -> None:
        # The run begins when the first file lands.
        late = result(Outcome.STARTED, (), landed_at=rfc3339(LANDED + 60))
        text = read(data(Outcome.STARTED, result=late)).text
        order = ["Wait for the complete export", "The newest file arrived", "Check every row"]
        assert [*order] == sorted(order, key=text.rindex)

    def test_an_unknown_time_zone_is_utc(self) -> None:
        assert zone_named("Nowhere/Land") == ("UTC", None)
        text = read(data(Outcome.STARTED, time_zone="Nowhere/Land")).text
        assert "01:13:05 UTC" not in text
        assert "01:13:05" in text

    def test_numbers_and_durations(self) -> None:
        assert [duration(each) for each in (0.31, 59.6, 61, 153.2, 3_600, 90_000)] == [
            "0.3 s",
            "1 min",
            "1 min 1 s",
            "2 min 33 s",
            "1 h",
            "1 d 1 h",
        ]
        assert [*map(signed, (-1_234, 0, 3))] == ["\u22121,234", "0", "+3"]
        assert percent(-14, 2_118) == "\u22120.7 %"
        assert local("2026-11-29T01:13:05.000Z", None).timestamp() == LANDED
