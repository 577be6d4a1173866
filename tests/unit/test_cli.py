"""The command line: what it prints, and what it exits with."""

import json
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sync_core import __version__
from sync_core.cli.app import app

SAMPLES = Path(__file__).parents[2] / "samples"

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    return lambda *words: CliRunner(env={"COLUMNS": "200"}).invoke(app, list(map(str, words)))


def test_a_clean_folder_exits_with_0(run: Run) -> None:
    result = run("validate", SAMPLES / "clean")
    assert (result.exit_code, "No errors and no warnings." in result.output) == (0, True)
    assert "332 rows" in result.output


def test_warnings_alone_exit_with_0_and_are_shown(run: Run) -> None:
    result = run("validate", SAMPLES / "warnings")
    assert result.exit_code == 0
    assert "20, 21, 22" in result.output


def test_errors_exit_with_1_and_say_what_to_do(run: Run) -> None:
    result = run("validate", SAMPLES / "broken")
    assert result.exit_code == 1
    assert "18, 19, 20, 21, 22, 23, 24, 25, ..." in result.output
    assert "Write dates as YYYY-MM-DD" in result.output


def test_a_zip_is_read_in_place_and_files_in_any_case_are_found(run: Run, tmp_path: Path) -> None:
    packed = tmp_path / "export.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (SAMPLES / "clean").glob("*.csv"):
            archive.write(path, f"night/{path.name.title()}")
        archive.writestr("night/readme.txt", "hello")
    result = run("validate", packed)
    assert result.exit_code == 0
    assert "readme.txt" in result.output


def test_json_has_the_findings_and_the_rows(run: Run) -> None:
    result = run("validate", SAMPLES / "broken-v2.1", "--format", "json")
    document = json.loads(result.stdout)
    assert document["format"] == "sds-v2.1"
    assert document["rows"]["orgs.csv"] == 3
    assert {"rule": "year-format", "rows": [2]}.items() <= document["findings"][2].items()
    assert result.exit_code == 1


class TestRules:
    def test_an_error_that_is_made_a_warning_stops_nothing(self, run: Run) -> None:
        usual = run("validate", SAMPLES / "broken-v2.1", "--format", "json")
        names = {each["rule"] for each in json.loads(usual.stdout)["findings"]}
        rules = [word for name in names for word in ("--rule", f"{name}=warning")]
        result = run("validate", SAMPLES / "broken-v2.1", "--format", "json", *rules)
        assert (usual.exit_code, result.exit_code) == (1, 0)
        document = json.loads(result.stdout)
        assert document["rules"] == dict.fromkeys(names, "warning")
        assert {each["type"] for each in document["findings"]} == {"Warning"}

    def test_a_warning_that_is_made_an_error_is_one(self, run: Run) -> None:
        result = run("validate", SAMPLES / "warnings", "--rule", "duplicate=error")
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
        result = run("validate", SAMPLES / "clean", "--rule", option)
        assert result.exit_code == 2
        assert said in " ".join(result.output.split())


def test_the_format_may_be_named(run: Run) -> None:
    result = run("validate", SAMPLES / "clean", "--as", "sds-v1-uk")
    assert result.exit_code == 1
    assert "The file is SDS V1, not SDS V1, UK variant" in " ".join(result.output.split())


def test_a_format_with_the_same_files_is_recognised_by_its_headers(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "School.csv").write_text(
        '\ufeff"DfE Number",Name\r\n1,Nowhere\r\n', encoding="utf-8"
    )
    result = run("validate", tmp_path, "--format", "json")
    assert json.loads(result.stdout)["format"] == "sds-v1-uk"


@pytest.mark.parametrize(
    "content",
    [b"SIS ID,Name\rN,North\r", b'"SIS ID,Name\nN', b"\0\0,\r\0", b"", b"x" * 200_000],
)
def test_a_first_line_that_is_no_header_is_a_finding_and_not_a_crash(
    run: Run, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "school.csv").write_bytes(content)
    result = run("validate", tmp_path, "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["findings"][0]["fileName"] == "school.csv"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("validate", SAMPLES / "nowhere"), "neither a folder nor a readable zip"),
        (("validate", SAMPLES / "README.md"), "neither a folder nor a readable zip"),
        (("validate", SAMPLES), "contains no file of the format"),
        (("validate", SAMPLES / "clean", "--as", "sds-v9"), "Use one of these"),
        (("template", "sds-v9"), "Use one of these"),
        (("template", "sds-v1", "--into", SAMPLES / "clean"), "already"),
    ],
)
def test_what_cannot_be_done_exits_with_2_and_says_why(
    run: Run, words: tuple[object, ...], said: str
) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_a_file_that_is_there_twice_is_refused(run: Run, tmp_path: Path) -> None:
    for name in ("school.csv", "School.csv"):
        (tmp_path / name).write_text("SIS ID,Name\n", encoding="utf-8")
    assert run("validate", tmp_path).exit_code == 2


def test_a_template_is_written_and_lacks_only_rows(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert run("template", "sds-v2.1", "--into", folder).exit_code == 0
    assert len(list(folder.iterdir())) == 10
    found = json.loads(run("validate", folder, "--format", "json").stdout)["findings"]
    assert {finding["rule"] for finding in found} == {"file-without-rows"}


def test_the_formats_are_printed_as_the_document_has_them(run: Run) -> None:
    document = SAMPLES.parent / "docs" / "formats.md"
    assert run("formats").stdout == document.read_text(encoding="utf-8")


def test_there_is_one_version(run: Run) -> None:
    assert run("--version").output == f"sis-sync {__version__}\n"
    project = tomllib.loads((SAMPLES.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    # flit takes it from `__version__` of the module that it builds.
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["flit"]["module"]["name"] == "sync_core"
