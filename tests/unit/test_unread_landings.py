"""Landings that the app does not understand: each has one result, which says what was found."""

import io
import zipfile
from collections.abc import Callable, Mapping

import pytest

from sync_core.activities import gather_file_set
from sync_core.intake.sweep import EVENTS_TAKE_SECONDS, EventQueues, feeds_to_start
from sync_core.landing import LandedBlob
from sync_core.landing.reading import Landing
from sync_core.model.errors import TransientError
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Ended, Gathered, Verdict, Wait
from tests.unit.product_kit import EXPORT, ActivityHarness

NewHarness = Callable[..., ActivityHarness]

SIX = tuple(sorted(EXPORT))
DEADLINE = 10_800.0
HOUR = 3_600.0


def renamed(rule: Callable[[str], str]) -> dict[str, str]:
    return {rule(name): text for name, text in EXPORT.items()}


def zipped(files: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


def ended(harness: ActivityHarness) -> Ended:
    """The end of a run at its deadline."""
    answer = harness.ask(gather_file_set, after=DEADLINE)
    assert isinstance(answer, Ended)
    assert answer.verdict.outcome is Outcome.INCOMPLETE
    return answer


def reported(harness: ActivityHarness) -> dict[str, object]:
    """The result that is published at the deadline."""
    answer = ended(harness)
    assert answer.files is not None
    harness.publish(answer.files, answer.verdict)
    result: dict[str, object] = harness.kept(f"northwind/{answer.files.run}/result.json")
    return result


def pairs(answer: Ended) -> dict[str, tuple[str, str | None]]:
    return {file.name: (file.reason, file.expected) for file in answer.verdict.found}


def later(harness: ActivityHarness, hours: float, *names: str) -> None:
    """Date the blobs whose file name begins with one of these so many hours later."""
    calm = Landing(harness.landing)

    class Dated(Landing):
        def listing(self, feed: str | None = None) -> list[LandedBlob]:
            return [
                blob._replace(modified=blob.modified + hours * HOUR)
                if blob.file_name.startswith(names)
                else blob
                for blob in calm.listing(feed)
            ]

    harness.services.landing = Dated(harness.landing)


def is_swept(harness: ActivityHarness) -> bool:
    now = harness.newest() + 2 * EVENTS_TAKE_SECONDS

    class Empty(EventQueues):
        def may_hold_events(self) -> bool:
            return False

    return feeds_to_start(harness.services, now, Empty({}, None)) == ["northwind"]


WRONG_SETS: list[tuple[str, dict[str, str | bytes], str]] = [
    ("dated", dict(renamed(lambda name: f"{name[:-4]}_20261120.csv")), "dated-name"),
    ("plural", dict(renamed(lambda name: f"{name[:-4]}s.csv")), "similar-name"),
    ("gzip", dict(renamed(lambda name: f"{name}.gz")), "compressed"),
    ("deep", dict(renamed(lambda name: f"a/2026/11/20/{name}")), "too-deep"),
    ("hive", dict(renamed(lambda name: f"year=2026/month=11/{name}")), "too-deep"),
    ("deep zip", {"a/b/export.zip": zipped(EXPORT)}, "too-deep"),
    ("rar", {"export.rar": "Rar!"}, "compressed"),
    ("foreign zip", {"export.zip": zipped({"readme.txt": "x"})}, "zip-without-files"),
    ("a marker", {"2026-11-20/_READY": ""}, "marker-alone"),
    ("a text", {"notes.txt": "x"}, "unknown"),
    ("a workbook", {"SDS export.xlsx": "PK"}, "workbook"),
]


CLEVER = {
    "schools.csv": "School_id,School_name\nN,North\n",
    "students.csv": "School_id,Student_id,Last_name\nN,s1,Alder\n",
    "teachers.csv": "School_id,Teacher_id,Last_name\nN,t1,Birch\n",
    "sections.csv": "School_id,Section_id,Teacher_id,Name\nN,c1,t1,Maths\n",
    "enrollments.csv": "School_id,Section_id,Student_id\nN,c1,s1\n",
}


class TestNothingIsSilent:
    @pytest.mark.parametrize(
        ("files", "reason"), [each[1:] for each in WRONG_SETS], ids=[each[0] for each in WRONG_SETS]
    )
    def test_what_lies_there_is_named_at_the_deadline_once(
        self, harness: ActivityHarness, files: dict[str, str | bytes], reason: str
    ) -> None:
        harness.land(files=files)
        assert is_swept(harness)
        waiting = harness.ask(gather_file_set, after=DEADLINE - 1)
        assert isinstance(waiting, Wait)
        answer = ended(harness)
        assert answer.verdict.missing == SIX
        assert answer.files is not None
        assert answer.files.files == ()
        assert {file.name for file in answer.verdict.found} >= set(files)
        assert answer.verdict.found[0].reason == reason
        harness.publish(answer.files, answer.verdict)
        assert harness.ask(gather_file_set) == Gathered()
        assert not is_swept(harness)

    def test_files_of_another_format_name_both_formats(self, harness: ActivityHarness) -> None:
        names = ("orgs", "users", "roles", "classes", "enrollments", "academicSessions")
        harness.land(files={f"{name}.csv": "x" for name in names})
        result = reported(harness)
        assert "SDS V2.1 (sds-v2.1)" in str(result["summary"])
        assert "the feed's format is sds-v1" in str(result["summary"])
        assert '"format"' in str(result["action"])

    def test_a_foreign_format_is_recognised_by_its_headers(self, harness: ActivityHarness) -> None:
        harness.land(files=CLEVER)
        answer = ended(harness)
        assert {file.reason for file in answer.verdict.found} == {"foreign-format"}
        result = reported(harness)
        assert "(by its header: Clever)" in str(result["summary"])
        assert str(result["action"]).startswith("Choose an SDS format")
        assert "exactly the name" not in str(result["action"])

    def test_a_foreign_format_in_a_zip_is_recognised_too(self, harness: ActivityHarness) -> None:
        harness.land(files={"export.zip": zipped({f"out/{name}": CLEVER[name] for name in CLEVER})})
        found = pairs(ended(harness))
        assert found.pop("export.zip") == ("zip-without-files", None)
        assert {*found.values()} == {("foreign-format", None)}

    def test_a_file_that_cannot_be_read_is_named_all_the_same(
        self, harness: ActivityHarness
    ) -> None:
        harness.land(files=CLEVER)
        calm = Landing(harness.landing)

        class Unreadable(Landing):
            def start(self, blob: LandedBlob, size: int) -> bytes:
                if blob.file_name == "students.csv":
                    raise TransientError("storage did not answer")
                return calm.start(blob, size)

        harness.services.landing = Unreadable(harness.landing)
        found = pairs(ended(harness))
        assert found.pop("students.csv") == ("similar-name", "student.csv")
        assert {*found.values()} == {("foreign-format", None)}

    def test_the_names_in_a_zip_are_paired_too(self, harness: ActivityHarness) -> None:
        harness.land(files={"export.zip": zipped(renamed(lambda name: f"out/{name[:-4]}s.csv"))})
        found = pairs(ended(harness))
        assert found["export.zip"] == ("zip-without-files", None)
        assert found["export.zip/out/students.csv"] == ("similar-name", "student.csv")

    def test_a_workbook_is_to_be_exported_as_csv(self, harness: ActivityHarness) -> None:
        harness.land(files={"SDS export.xlsx": "PK"})
        assert str(reported(harness)["action"]).startswith("Export each file as CSV")

    def test_a_workbook_does_not_explain_why_a_file_is_missing(
        self, harness: ActivityHarness
    ) -> None:
        others = {name: text for name, text in EXPORT.items() if name != "teacher.csv"}
        harness.land(files={**others, "menu.xlsx": "PK"})
        action = str(reported(harness)["action"])
        assert action.startswith("Export each file as CSV")
        assert action.endswith("deliver the missing files.")

    def test_folders_that_storage_lists_as_empty_blobs_are_no_files(
        self, harness: ActivityHarness
    ) -> None:
        harness.land(files={"2026-11-20": "", "2026/11": ""})
        assert harness.ask(gather_file_set, after=DEADLINE) == Gathered()

    def test_it_is_reported_again_once_it_changes(self, harness: ActivityHarness) -> None:
        harness.land(files={"students.csv": "x"})
        first = reported(harness)
        later(harness, 1, "teachers")
        harness.land(files={"teachers.csv": "x"})
        assert more_is_there(harness)
        second = reported(harness)
        assert second["run"] != first["run"]
        assert [file["name"] for file in second["found"]] == ["teachers.csv"]  # type: ignore[attr-defined]
        assert not more_is_there(harness)

    def test_a_file_less_is_nothing_new(self, harness: ActivityHarness) -> None:
        later(harness, 1, "teachers")
        harness.land(files={"students.csv": "x", "teachers.csv": "x"})
        reported(harness)
        harness.landing.delete_blob("northwind/teachers.csv")
        assert harness.ask(gather_file_set, after=DEADLINE) == Gathered()


def more_is_there(harness: ActivityHarness) -> bool:
    return not isinstance(harness.ask(gather_file_set), Gathered)


class TestDayFolders:
    @pytest.mark.parametrize("folder", ["2026/11/20/", "2026/1/2/"])
    def test_a_set_in_a_year_month_day_folder_is_run(
        self, harness: ActivityHarness, folder: str
    ) -> None:
        harness.land(folder)
        answer = harness.ask(gather_file_set)
        assert isinstance(answer, Gathered)
        assert answer.files is not None
        assert answer.files.folder == folder.removesuffix("/")
        assert [file.name for file in answer.files.files] == list(SIX)

    def test_a_set_in_two_of_them_is_incomplete(self, harness: ActivityHarness) -> None:
        harness.land("2026/11/20/", {name: EXPORT[name] for name in SIX[:3]})
        harness.land("2026/11/21/", {name: EXPORT[name] for name in SIX[3:]})
        answer = ended(harness)
        assert {file.reason for file in answer.verdict.found} == {"other-folder"}
        assert len(answer.verdict.found) == 3


class TestBesideASet:
    def test_the_likely_file_is_named_beside_the_missing_one(
        self, harness: ActivityHarness
    ) -> None:
        harness.land(files={**EXPORT, "notes.txt": "x", "Students.csv": "x"})
        harness.landing.delete_blob("northwind/student.csv")
        answer = ended(harness)
        assert answer.verdict.missing == ("student.csv",)
        assert answer.verdict.found[0].name == "Students.csv"
        assert pairs(answer) == {
            "Students.csv": ("similar-name", "student.csv"),
            "notes.txt": ("unknown", None),
        }
        result = reported(harness)
        assert "Students.csv for student.csv" in str(result["summary"])
        assert "Have the student information system" not in str(result["action"])
        assert not more_is_there(harness)

    @pytest.mark.parametrize("outcome", [Outcome.STARTED, Outcome.REJECTED])
    def test_a_stray_file_beside_a_set_has_no_result(
        self, harness: ActivityHarness, outcome: Outcome
    ) -> None:
        harness.land(files={**EXPORT, "notes.txt": "x", "archive/2026/student.csv": "x"})
        answer = harness.ask(gather_file_set)
        assert isinstance(answer, Gathered)
        harness.publish(harness.landed_set(), Verdict(outcome=outcome))
        assert harness.ask(gather_file_set) == Gathered()
        assert not is_swept(harness)

    def test_an_ordinary_file_days_later_is_a_stray_too(self, harness: ActivityHarness) -> None:
        harness.land(files={**EXPORT, "notes.txt": "x", "students.csv": "x"})
        later(harness, 48, "notes", "students")
        harness.publish(harness.landed_set(), Verdict(outcome=Outcome.STARTED))
        assert harness.ask(gather_file_set) == Gathered()

    def test_a_whole_delivery_under_wrong_names_is_reported_hours_later(
        self, harness: ActivityHarness
    ) -> None:
        harness.land()
        harness.publish(harness.landed_set(), Verdict(outcome=Outcome.STARTED))
        harness.land(files=renamed(lambda name: f"sis_{name}"))
        assert not more_is_there(harness)
        later(harness, 4, "sis_")
        assert len(ended(harness).verdict.found) == 6

    def test_a_marker_of_the_next_night_without_files_is_reported(
        self, harness: ActivityHarness
    ) -> None:
        harness.land("2026-11-20/")
        harness.publish(harness.landed_set("2026-11-20"), Verdict(outcome=Outcome.STARTED))
        harness.land("2026-11-21/", {"_READY": ""})
        later(harness, 24, "_ready")
        assert pairs(ended(harness)) == {"2026-11-21/_READY": ("marker-alone", None)}
        assert "Check why the export wrote no files" in str(reported(harness)["action"])

    def test_workbooks_beside_a_set_have_no_result(self, harness: ActivityHarness) -> None:
        harness.land(files={**EXPORT, "menu.xlsx": "x", "attendance.xls": "x"})
        harness.publish(harness.landed_set(), Verdict(outcome=Outcome.STARTED))
        later(harness, 24, "menu", "attendance")
        assert harness.ask(gather_file_set) == Gathered()

    def test_a_foreign_zip_beside_a_set_has_no_result(self, harness: ActivityHarness) -> None:
        harness.land()
        harness.land(files={"photos.zip": zipped({"a.jpg": "x"})})
        answer = harness.ask(gather_file_set)
        assert isinstance(answer, Gathered)
        assert answer.superseded == ()
        harness.publish(harness.landed_set(), Verdict(outcome=Outcome.STARTED))
        assert harness.ask(gather_file_set) == Gathered()


class TestAFileBesideAZip:
    def test_a_lone_corrected_file_is_incomplete_and_the_zip_is_named(
        self, harness: ActivityHarness
    ) -> None:
        harness.land(files={"export.zip": zipped(EXPORT), "student.csv": "x"})
        first = harness.ask(gather_file_set)
        assert isinstance(first, Gathered)
        assert first.files is not None
        assert first.files.folder == "export.zip"
        assert first.superseded == ()
        harness.publish(first.files, Verdict(outcome=Outcome.STARTED))
        answer = ended(harness)
        assert answer.files is not None
        assert [file.name for file in answer.files.files] == ["student.csv"]
        assert pairs(answer) == {"export.zip": ("beside-files", None)}
        assert "A zip is never combined" in str(reported(harness)["action"])

    def test_a_file_that_the_zip_lacks_is_named_beside_it(self, harness: ActivityHarness) -> None:
        others = {name: text for name, text in EXPORT.items() if name != "student.csv"}
        harness.land(files={"export.zip": zipped(others), "student.csv": "x"})
        later(harness, 1, "export")
        answer = ended(harness)
        assert pairs(answer) == {"student.csv": ("beside-zip", "student.csv")}

    def test_a_set_in_two_zips_is_incomplete_and_names_the_other_zip(
        self, harness: ActivityHarness
    ) -> None:
        files = [*EXPORT.items()]
        harness.land(files={"a.zip": zipped(dict(files[:3]))})
        harness.land(files={"b.zip": zipped(dict(files[3:]))})
        answer = ended(harness)
        assert pairs(answer) == {"a.zip": ("other-zip", None)}
        assert "into one zip" in str(reported(harness)["action"])

    def test_the_zip_of_the_night_before_is_not_named(self, harness: ActivityHarness) -> None:
        others = {name: text for name, text in EXPORT.items() if name != "student.csv"}
        harness.land(files={"a.zip": zipped(EXPORT)})
        first = harness.ask(gather_file_set)
        assert isinstance(first, Gathered)
        assert first.files is not None
        harness.publish(first.files, Verdict(outcome=Outcome.STARTED))
        harness.land(files={"b.zip": zipped(others)})
        later(harness, 24, "b")
        assert pairs(ended(harness)) == {}
