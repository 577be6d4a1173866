"""Every command that the documents show is run by a test, or named here with the reason why not."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from sync_core.cli.app import app
from sync_core.cli.commands import RUN
from sync_core.model.feeds import read_feeds
from tests.docs_kit import PAGES, ROOT, commands
from tests.unit.test_shown_output import SHOWN

PYTHON = ".venv/bin/python"
CANNOT_RUN = {
    "az": "needs a subscription of Azure",
    "azd": "needs a subscription of Azure; the hooks run against a stand-in in tests/infra",
    "azcopy": "needs a subscription of Azure",
    "curl": "needs Azure Functions Core Tools; tests/acceptance posts such events",
    "DATA=$(az": "needs a subscription of Azure",
    "for": "the loop calls azcopy, which needs a subscription of Azure",
    "func": "needs Azure Functions Core Tools",
    "NEW=$(azd": "needs a subscription of Azure",
    "uv": "asks the package registry for every package; tests/package checks the result",
}
"""Programs that no test starts, with the reason."""

RUN_HERE = {
    "sis-sync validate samples/broken": (1, "student.csv"),
    "sis-sync explain reference-not-found": (0, "What usually causes it"),
    f"{PYTHON} -m pytest tests/unit/test_cli.py": (0, "test_cli.py"),
    "cp local.settings.json.example local.settings.json    # in another terminal": (0, ""),
}
"""Commands that this module runs, with the exit code and a part of the output."""

RUN_BY = {
    "make demo": "e2e/test_commands.py::test_the_demo_shows_each_step_and_the_outcome",
    "make setup": "package/test_setup.py::test_setting_up_shows_each_package_in_plain_lines",
    "make release": "infra/test_ci.py::test_the_clean_commit_of_the_tag_passes",
    "make emulators": "local/test_emulators.py::test_the_example_names_the_emulators",
    "make acceptance": "acceptance/test_acceptance.py::test_the_local_host_passes",
    "make acceptance HOST_COMMAND='func start --port {port}'": (
        "acceptance/test_acceptance.py::test_a_command_that_is_invalid_fails_with_what_to_do"
    ),
    "make acceptance HOST_URL=http://127.0.0.1:7071": (
        "acceptance/test_acceptance.py::test_a_host_that_somebody_else_starts_passes"
    ),
    "pip install .": "package/test_install.py::test_it_validates_and_explains",
    "pip install '.[ops]'": (
        "unit/test_plain_install.py::test_the_extra_for_operators_is_a_part_of_what_the_app_has"
    ),
    **dict.fromkeys(
        {command for _, command in SHOWN},
        "unit/test_shown_output.py::test_a_page_shows_what_the_command_prints",
    ),
    'sis-sync deliver samples/clean-v2.1 --feed northwind --account "$(azd env get-value'
    ' SIS_DATA_STORAGE)"': "unit/test_delivering.py::test_the_app_takes_it_as_complete_at_once",
    'python3 infra/scripts/grant_graph_permissions.py "$(azd env get-value SIS_APP_PRINCIPAL_ID)"'
    " industry-data": (
        "infra/test_scripts.py::test_each_permission_of_a_target_is_granted_as_an_application_role"
    ),
    "python3 infra/scripts/sftp_folder.py northwind vendor1": (
        "infra/test_sftp_folder.py::test_the_folder_is_made_and_given_to_the_vendor_alone"
    ),
    f"sis-sync show {RUN}": (
        "unit/test_show_command.py::test_it_says_why_and_what_would_change_without_naming_anybody"
    ),
    f'sis-sync approve {RUN} --by "Ann Lee" --reason "North School has closed."': (
        "unit/test_decision_commands.py"
        "::test_an_approval_is_recorded_with_who_and_why_and_says_what_follows"
    ),
    f'sis-sync reject {RUN} --by "Ann Lee" --reason "Half of the pupils are missing."': (
        "unit/test_decision_commands.py::test_a_rejection_says_that_nothing_is_synced"
    ),
    'sis-sync pause northwind --until 2027-01-07 --by "Ann Lee" --reason "Two schools merge."': (
        "unit/test_decision_commands.py::test_a_pause_and_its_end_are_recorded"
    ),
    'sis-sync resume northwind --by "Ann Lee"': (
        "unit/test_decision_commands.py::test_a_pause_and_its_end_are_recorded"
    ),
    f'sis-sync settle {RUN} --not-started --by "Ann Lee"': (
        "unit/test_decision_commands.py::test_what_a_person_has_found_out_is_recorded_once"
    ),
    f'sis-sync redeliver {RUN} --by "Ann Lee"': (
        "unit/test_redeliver_command.py::test_is_recorded_and_shown"
    ),
    f"{PYTHON} -m sync_core.cli doctor --azd": (
        "unit/test_doctor.py::test_the_settings_are_those_of_the_templates"
    ),
    f"{PYTHON} -m sync_core.cli doctor --settings .local-cloud/run/cloud.json": (
        "e2e/test_commands.py::test_the_doctor_finds_a_running_local_cloud_healthy"
    ),
    f"{PYTHON} -m sync_core.cli feeds check feeds.json": (
        "unit/test_docs.py::test_the_settings_page_shows_what_the_check_of_feeds_prints"
    ),
}
"""Commands that another test runs, in the same words or as the program behind them."""

NOT_IN_A_TEST = {
    "make test": "is the run of the tests itself",
    "make histories": "writes the files that tests/replay replays",
}

DOCUMENTED = {command: path for path in PAGES for command in commands(path)}


def test_every_command_is_run_or_has_a_reason() -> None:
    mine = {*RUN_HERE, *RUN_BY, *NOT_IN_A_TEST}
    rest = {command for command in DOCUMENTED if command.split()[0] not in CANNOT_RUN}
    assert rest == mine
    started = {command.split()[0] for command in DOCUMENTED}
    assert set(CANNOT_RUN) <= started, "a reason for a program that no page starts any more"


@pytest.mark.parametrize("test", RUN_BY.values())
def test_the_test_that_runs_a_command_exists(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / "tests" / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", RUN_HERE)
def test_a_documented_command_does_what_its_page_says(command: str, tmp_path: Path) -> None:
    code, said = RUN_HERE[command]
    command = command.replace("sis-sync ", f"{PYTHON} -m sync_core.cli ")
    words = [sys.executable if word == PYTHON else word for word in shlex.split(command, True)]
    if "pytest" in words:
        words += ["--collect-only", "--quiet", "-p", "no:cacheprovider"]
    if words[0] == "cp":
        words[-1] = str(tmp_path / words[-1])
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, said in ran.stdout) == (code, True), ran.stderr


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_target_of_make_that_is_named_exists(path: Path) -> None:
    named = re.findall(r"(?:`|\$ )make ([a-z-]+)", path.read_text(encoding="utf-8"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(named) <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_of_sis_sync_that_is_named_exists_with_its_options(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace(" \\\n", " ")
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for command, rest in re.findall(
        r"(?:`sis-sync|\$ sis-sync|_core\.cli) ([a-z]+)([^\n`|]*)", text
    ):
        options = {
            option
            for each in known[command].params
            for option in (*each.opts, *each.secondary_opts)
        }
        assert set(re.findall(r" (--[a-z-]+)", rest)) <= options


def test_settings_in_commands_can_be_read() -> None:
    given = [
        (name, value.replace("…", "an-id"))
        for command in DOCUMENTED
        for name, value in re.findall(r"(SIS_\w+)[= ]'(\[.*?\])'", command)
    ]
    assert {name for name, _ in given} == {"SIS_FEEDS", "SIS_ALERT_EMAILS", "SIS_SFTP_USERS"}
    for name, value in given:
        if name == "SIS_FEEDS":
            assert read_feeds(value, name).faults == ()
        assert json.loads(value)


def test_the_event_that_a_page_posts_is_json() -> None:
    (curl,) = [command for command in DOCUMENTED if command.startswith("curl ")]
    (event,) = json.loads(shlex.split(curl)[-1])
    assert event["eventType"] == "Microsoft.Storage.BlobCreated"
    assert event["subject"].endswith("/blobs/northwind/users.csv")


def test_a_command_over_several_lines_is_one(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ one \\\n  --more 'a\n  b'\nits output\n$ two |\n  three\n```\n")
    assert commands(page) == ["one --more 'a b'", "two | three"]
