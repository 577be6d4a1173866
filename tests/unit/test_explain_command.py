"""`sis-sync explain` and docs/rules.md: what is known of rules, outcomes and guards."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sync_core.cli.app import app
from sync_core.cli.explain.command import completed
from sync_core.cli.explain.explaining import all_names, shown
from sync_core.cli.explain.rules_document import rules_document
from sync_core.formats.rules import RULES
from sync_core.formats.rules.model import Repeated
from sync_core.model.guards import GUARDS
from sync_core.model.outcomes import OUTCOMES, Outcome

ROOT = Path(__file__).parents[2]

VALUE_MISSING = """\
value-missing: validation rule, error; a feed may change the severity

Example of a finding
  1 row(s) have missing data for the field - Username

What it means
  A row has no value in a column that must have one. Without it, School Data
  Sync cannot use the record.

What to do
  Fill in the field in the student information system.

What usually causes it
  * The field is empty in the student information system, often for new students
    or staff who have no account yet.
  * The export reads another field than the one that the school fills in.

Before (SDS V1): student.csv
  SIS ID,School SIS ID,Username
  1001,42,

After (SDS V1): student.csv
  SIS ID,School SIS ID,Username
  1001,42,student1

Sources
  Start sync after uploading files
    https://learn.microsoft.com/graph/api/educationsynchronizationprofile-start
  SDS V2.1 CSV file format
    https://learn.microsoft.com/schooldatasync/sds-v2.1-csv-file-format
  SDS CSV file validation process
    https://learn.microsoft.com/schooldatasync/sds-validation-process
"""

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    return lambda *words, columns=80: CliRunner(env={"COLUMNS": str(columns)}).invoke(
        app, ["explain", *words]
    )


def test_a_rule_is_explained_with_all_that_is_known_of_it(run: Run) -> None:
    result = run("value-missing")
    assert (result.exit_code, result.output) == (0, VALUE_MISSING)


@pytest.mark.parametrize(("columns", "width"), [(20, 40), (40, 40), (80, 80), (200, 100)])
def test_texts_are_as_wide_as_the_terminal_within_limits(
    run: Run, columns: int, width: int
) -> None:
    result = run("reference-not-found", columns=columns)
    texts = [line for line in result.output.splitlines() if "https://" not in line]
    assert width - 10 < max(map(len, texts)) <= width


def test_without_a_name_everything_is_listed(run: Run) -> None:
    result = run()
    assert result.exit_code == 0
    heads = {line.split()[0] for line in result.output.splitlines() if line[2:3].strip()}
    assert heads >= set(all_names())


def test_the_names_of_rules_outcomes_and_guards_are_all_different() -> None:
    assert len(set(all_names())) == len(RULES) + len(OUTCOMES) + len(GUARDS)


@pytest.mark.parametrize("name", all_names())
def test_every_name_can_be_explained_as_text_and_as_json(run: Run, name: str) -> None:
    assert run(name).output.startswith(f"{name}: ")
    document = json.loads(run(name, "--json").output)
    assert document["id"] == name
    assert document["advice"].endswith(".")


def test_an_outcome_says_what_to_do_and_its_exit_code(run: Run) -> None:
    output = run("rejected").output
    facts = OUTCOMES[Outcome.REJECTED]
    assert " ".join(output.split()).endswith(f"What to do {facts.action} Exit code 1")


def test_a_guard_says_what_its_limit_is(run: Run) -> None:
    assert "10%, at least 20" in run("removed").output


def test_json_without_a_name_has_all_of_them(run: Run) -> None:
    documents = json.loads(run("--json").output)
    assert [each["id"] for each in documents] == list(all_names())


@pytest.mark.parametrize(
    ("name", "meant"),
    [("Duplicates", "duplicate"), ("value_missing", "value-missing"), ("not-ready", "not_ready")],
)
def test_a_name_that_is_nearly_right_is_corrected(run: Run, name: str, meant: str) -> None:
    result = run(name)
    assert result.exit_code == 2
    assert f"Did you mean {meant}" in result.output


def test_an_unknown_name_is_shown_without_its_control_characters(run: Run) -> None:
    result = run("\x1b[31m\u202egnp")
    assert result.exit_code == 2
    assert "'\\x1b[31m\\u202egnp' is not a rule, an outcome or a guard. sis-sync" in result.output


def test_an_error_is_json_where_json_is_asked_for(run: Run) -> None:
    result = run("duplicat", "--json")
    assert result.exit_code == 2
    assert json.loads(result.output)["error"]["code"] == "unknown-name"


def test_names_are_completed() -> None:
    assert completed("id-d") == ["id-date", "id-digits", "id-decimal"]


def test_explaining_loads_neither_the_engine_nor_what_talks_to_azure() -> None:
    code = (
        "import sys; from sync_core.cli.app import app; app(['explain'], standalone_mode=False);"
        " print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "sync_core" in loaded
    assert not loaded & {"polars", "numpy", "azure", "httpx"}


def test_the_page_of_rules_is_written_from_the_rules() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == rules_document()


def test_what_cannot_be_seen_in_an_example_is_written_as_an_escape() -> None:
    assert shown(b"a\xeb,\0\r\n\xef\xbb\xbfb\n") == "a\\xeb,\\x00\\r\n\\ufeffb\n"


def test_a_long_example_is_shown_by_its_first_and_last_rows() -> None:
    rows = Repeated(start="id\n", each="s{n}\n", times=5_000)
    assert shown(rows) == "id\ns000001\n… 4,998 more …\ns005000\n"
    assert rows.text().count("\n") == 5_001
