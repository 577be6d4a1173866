"""docs/for-vendors.md: what it promises the engineer of a vendor is what the app does."""

import re
from collections.abc import Mapping

import pytest

from sync_core.cli.validate.formats import Output
from sync_core.formats import format_named
from sync_core.formats.rules import RULES
from sync_core.landing.exports import Completeness, LandedBlob, Manifest, assess, find_exports
from sync_core.landing.reading import read_manifest
from sync_core.model.feeds import Feed
from sync_core.model.guards import GUARDS_BY_ID, SMALL_GROUP, SMALL_LEAST, SMALL_PERCENT
from tests.docs_kit import ROOT, table
from tests.unit.validation_kit import check_with

PAGE = "docs/for-vendors.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
LINK = re.compile(r"\[([a-z0-9-]+)\]\(rules\.md#\1\)")

HEADER, ROW = "SIS ID,School SIS ID,Username", "s1,N,ann"
NAMED = f"{HEADER},First Name"
MARK = "\ufeff"

FILES: Mapping[str, tuple[str | bytes, ...]] = {
    "UTF-8, with or without a byte order mark at the start": (
        f"{NAMED}\n{ROW},Zoë\n",
        f"{MARK}{NAMED}\n{ROW},Zoë\n",
    ),
    "UTF-16": (f"{HEADER}\n{ROW}\n".encode("utf-16"),),
    "a Windows code page or Latin-1": (
        f"{NAMED}\n{ROW},Zoë\n".encode("cp1252"),
        f"{NAMED}\n{ROW},Zoë\n".encode("latin-1"),
    ),
    "lines that end with CR LF, or with LF": (f"{HEADER}\r\n{ROW}\r\n", f"{HEADER}\n{ROW}\n"),
    "lines that end with CR alone": (f"{HEADER}\r{ROW}\r",),
    "a last line without a line ending": (f"{HEADER}\n{ROW}",),
    "empty lines": (f"{HEADER}\n\n{ROW}\n\n",),
    "fields separated by semicolons or tabs": tuple(
        f"{HEADER}\n{ROW}\n".replace(",", separator) for separator in ";\t"
    ),
    "quotation marks around every field, or around some": (
        '"SIS ID","School SIS ID","Username"\n"s1","N","ann"\n',
        f'{HEADER}\ns1,"N",ann\n',
    ),
    "a comma in a field with quotation marks around it": (f'{NAMED}\n{ROW},"Ann, Jr."\n',),
    "a quotation mark in such a field, doubled": (f'{NAMED}\n{ROW},"Ann ""A"" Example"\n',),
    "a quotation mark with a backslash before it": (f'{NAMED}\n{ROW},"Ann \\"A\\" Example"\n',),
    "a line break in a field, also with quotation marks around it": (
        f'{NAMED}\n{ROW},"Ann\nExample"\n',
    ),
    "records without a header above them": (f"{ROW}\n",),
    "columns in another order than in the format": ("Username,SIS ID,School SIS ID\nann,s1,N\n",),
    "columns that the format does not have": (f"{HEADER},Locker\n{ROW},17\n",),
    "an optional column that is left out": (f"{HEADER}\n{ROW}\n",),
    "a required header in the wrong case": (f"{HEADER.replace('SIS ID', 'Sis Id')}\n{ROW}\n",),
    "white space around an ID": (f"{HEADER}\n s1 ,N,ann\n",),
    "a date such as 20/11/2026 in an optional column": (f"{HEADER},Birthdate\n{ROW},20/11/2026\n",),
}

TOOLS = {
    "Excel": ("Excel",),
    "PowerShell": ("PowerShell", "Export-Csv"),
    "SQL Server": ("SQL Server", "sqlcmd"),
    "PostgreSQL": ("PostgreSQL", "psql"),
    "Python": ("Python", "pandas"),
    "joined files": ("are joined", "joins files"),
}
"""The words that name each tool of the page in the causes of the rules."""


def test_what_happens_to_a_file_is_what_validation_says_of_it() -> None:
    rows = dict(table(PAGE, "in a file"))
    assert list(rows) == list(FILES)
    for case, said in rows.items():
        severity = said.partition(":")[0].split(",")[0]
        assert severity in ("accepted", "error", "warning")
        for content in FILES[case]:
            found = check_with("student.csv", content).findings
            assert {each.rule for each in found} == set(LINK.findall(said)), case
            level = "information" if severity == "accepted" else severity
            assert {each.type.lower() for each in found} <= {level}, case


@pytest.mark.parametrize("tool", TOOLS)
def test_the_faults_of_a_tool_are_the_rules_whose_causes_name_it(tool: str) -> None:
    named = [
        rule.id
        for rule in RULES.values()
        if any(word in cause for word in TOOLS[tool] for cause in rule.causes)
    ]
    assert LINK.findall(dict(table(PAGE, "tool"))[tool]) == named


def test_every_tool_of_the_page_is_tested() -> None:
    assert dict(table(PAGE, "tool")).keys() == TOOLS.keys()


def test_every_form_of_the_findings_is_named() -> None:
    named = re.findall(r"`--format (\w+)`((?:,| or|\s|`\w+`)*)", TEXT)
    words = {word for first, rest in named for word in (first, *re.findall(r"`(\w+)`", rest))}
    assert words == set(Output) - {Output.TABLE, Output.TEXT}


def test_the_manifest_of_the_page_can_be_read() -> None:
    example = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert example
    manifest = read_manifest(example[1].encode())
    assert isinstance(manifest, Manifest)
    assert [file.name for file in manifest.files] == ["orgs.csv"]


@pytest.mark.parametrize(
    "folder", re.findall(r"^sis-landing/northwind/(\S*)orgs\.csv", TEXT, re.MULTILINE)
)
def test_files_are_found_in_each_place_and_in_any_case(folder: str) -> None:
    names = ("ORGS.csv", "Users.CSV", "roles.csv")
    listing = [LandedBlob(f"northwind/{folder}{name}", '"1"', 1, 0) for name in names]
    (export,) = find_exports("northwind", listing, format_named("sds-v2.1"))
    assert sorted(export.files) == ["orgs.csv", "roles.csv", "users.csv"]


def test_there_are_three_places_for_files_and_one_for_a_zip() -> None:
    assert len(re.findall(r"^sis-landing/northwind/", TEXT, re.MULTILINE)) == 4
    zipped = [LandedBlob("northwind/2026/11/20/export.zip", '"1"', 1, 0)]
    assert find_exports("northwind", zipped, format_named("sds-v2.1"))[0].archive is not None


def completeness(*, marked_at: float, now: float) -> Completeness:
    fmt = format_named("sds-v2.1")
    names = ("orgs.csv", "users.csv", "roles.csv")
    listing = [LandedBlob(f"northwind/{name}", '"1"', 1, 100.0) for name in names]
    listing.append(LandedBlob("northwind/_READY", '"1"', 0, marked_at))
    (export,) = find_exports("northwind", listing, fmt)
    return assess(
        export,
        fmt.required_files(),
        fmt,
        manifest=None,
        require_marker=False,
        quiet_seconds=120,
        max_spread_seconds=43_200,
        now=now,
    )


def test_a_marker_counts_only_if_it_is_not_older_than_the_files() -> None:
    assert completeness(marked_at=100.0, now=101.0).complete
    assert not completeness(marked_at=99.0, now=101.0).complete
    assert completeness(marked_at=99.0, now=220.0).complete


def test_the_times_of_the_page_are_the_defaults_of_a_feed() -> None:
    feed = Feed(name="northwind")
    assert "changed for 2 minutes" in TEXT
    assert feed.quiet_seconds == 120
    assert "within 12 hours of each other" in TEXT
    assert feed.max_spread_seconds == 12 * 3_600
    assert "3 hours after" in TEXT
    assert feed.set_deadline_seconds == 3 * 3_600


def test_the_limits_of_the_page_are_those_of_the_guards() -> None:
    removed = GUARDS_BY_ID["removed"]
    assert (removed.percent, removed.least) == (10, 20)
    assert "If 10% or more of" in TEXT
    assert "and at least 20," in TEXT
    assert (SMALL_GROUP, SMALL_PERCENT, SMALL_LEAST) == (100, 50, 3)
    assert "fewer than 100, half of it and at least 3 count" in TEXT
