"""`sis-sync feeds check`: what the app would say of the feeds, before anything is deployed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sync_core.cli.app import app
from sync_core.model.errors import SettingsError
from sync_core.model.feeds import load_settings
from tests.unit.product_kit import environment, feed_setting

GOOD = [
    feed_setting("east"),
    {"name": "north-wind", "target": "industry-data", "inboundFlowName": "Nightly rosters"},
    {"name": "west", "rules": {"enum-value": "warning"}},
]
BAD = (
    '[\n{"name": "east", "profileId": "p"},\n{"name": "west", "quietSeconds": "x", "target": 1}\n]'
)

Check = Callable[..., Result]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def run(document: str | bytes) -> Result:
        path = tmp_path / "feeds.json"
        path.write_bytes(document.encode() if isinstance(document, str) else document)
        return CliRunner().invoke(app, ["feeds", "check", str(path)])

    return run


def test_good_feeds_exit_with_0_and_are_listed_with_what_they_are_synced_to(check: Check) -> None:
    result = check(json.dumps(GOOD))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "3 feeds, no faults.",
        "east        classic 86904b1e-c7d0-4ead-b13a-98f11fc400ee, sds-v1",
        "north-wind  industry-data Nightly rosters, sds-v1",
        "west        dry-run, sds-v1: nothing is sent; changed rules: enum-value (warning)",
    ]


def test_every_fault_is_a_line_of_its_own_and_the_exit_code_is_1(check: Check) -> None:
    result = check(BAD)
    assert result.exit_code == 1
    first, *lines = result.stdout.splitlines()
    assert first.endswith("feeds.json: 3 faults. A feed with a fault does not run.")
    assert [line.partition(": ")[0] for line in lines] == [
        "line 2, feed 1 (east)",
        "line 3, feed 2 (west)",
        "line 3, feed 2 (west)",
    ]
    assert result.stderr == ""


def test_it_says_what_the_start_of_the_app_would_say(check: Check) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environment(SIS_FEEDS=BAD))
    told = [line.removeprefix("- ") for line in str(caught.value).splitlines()[1:-1]]
    assert check(BAD).stdout.splitlines()[1:] == told


@pytest.mark.parametrize(
    ("document", "line"), [("[\n{},\n}", "line 3"), ("[]", "line 1"), (b"\xff", "line 1")]
)
def test_what_is_no_array_of_feeds_exits_with_1_and_the_line(
    check: Check, document: str | bytes, line: str
) -> None:
    result = check(document)
    assert (result.exit_code, line in result.stdout) == (1, True)
    assert result.stdout.splitlines()[0].endswith("feeds.json: 1 fault.")


def test_a_byte_order_mark_is_read(check: Check) -> None:
    assert check(b"\xef\xbb\xbf" + json.dumps(GOOD).encode()).exit_code == 0


def test_a_file_that_cannot_be_read_exits_with_2(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        result = CliRunner().invoke(app, ["feeds", "check", str(path)])
        assert (result.exit_code, result.stdout) == (2, "")
        assert str(path) in result.stderr


def test_standard_input_is_read() -> None:
    for document, code in ((json.dumps(GOOD), 0), (BAD, 1)):
        ran = subprocess.run(
            [sys.executable, "-m", "sync_core.cli", "feeds", "check", "-"],
            input=document.encode(),
            capture_output=True,
            check=False,
        )
        assert ran.returncode == code
        assert b"\x1b[" not in ran.stdout


def test_every_wrong_rule_is_a_line_of_its_own_at_the_line_of_the_rules(check: Check) -> None:
    result = check('[{"name": "east",\n"rules": {"enum-valeu": "warning", "workbook": "warning"}}]')
    assert result.exit_code == 1
    first, second = result.stdout.splitlines()[1:]
    assert first == (
        'line 2, feed 1 (east): rules: "enum-valeu" is not a validation rule; did you mean'
        " enum-value?"
    )
    assert second.startswith('line 2, feed 1 (east): rules: the severity of "workbook" cannot be')
