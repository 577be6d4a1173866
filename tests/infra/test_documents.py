"""The documents for people who deploy and operate name what there is, and nothing else."""

import re
from pathlib import Path

import pytest
import typer.main

from infra.scripts import await_webhook
from sync_core.cli import app as cli
from sync_core.model.outcomes import Outcome
from tests.unit.test_errors import CODES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_every_outcome_has_its_section_in_the_runbook() -> None:
    sections = re.findall(r"^### Outcome: (\w+)$", read("operate.md"), re.MULTILINE)
    assert sections == list(Outcome)


def test_every_variable_of_a_deployment_is_documented_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.*?)`)? ?\|", read("deploy.md"), re.MULTILINE)
    documented = {name: default for name, default in rows if name.isupper()}
    main = (ROOT / "infra" / "main.bicep").read_text(encoding="utf-8")
    given = set(re.findall(r"^output (\w+) ", main, re.MULTILINE))
    rest = {**_read("graph"), **_read("events")}
    later = {name: value for name, value in rest.items() if name not in given}
    assert documented == {**_read("main"), **later}


def test_the_workflows_variables_are_documented() -> None:
    workflow = (DOCS.parent / ".github" / "workflows" / "deploy.yml").read_text(encoding="utf-8")
    variables = set(re.findall(r"vars\.(\w+)", workflow))
    assert {name for name in variables if f"`{name}`" in read("deploy.md")} == variables


def test_the_error_codes_of_the_runbook_are_the_codes() -> None:
    codes = set(CODES.values())
    rows = re.findall(r"^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \|", read("operate.md"), re.MULTILINE)
    named = {code for row in rows for code in re.findall(r"`([a-z-]+)`", row)}
    queues = {"webjobs-blobtrigger-poison", "sync-results-poison", "sis-landed-poison"}
    assert named - queues <= codes
    assert queues <= named


def test_the_order_of_azd_up_is_that_of_the_file() -> None:
    text = read("deploy.md")
    steps = re.findall(r"^\d\. `(\w+(?: \w+)?)`", text, re.MULTILINE)
    run = re.findall(r"- azd: (\w+(?: \w+)?)", (ROOT / "azure.yaml").read_text(encoding="utf-8"))
    assert steps == run


def test_every_resource_provider_of_the_templates_is_listed() -> None:
    documented = set(re.findall(r"`(Microsoft\.\w+)`", read("deploy.md")))
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "infra").rglob("*.bicep")]
    declared = re.findall(r"^resource \w+ '(Microsoft\.\w+)/", "\n".join(texts), re.MULTILINE)
    # Of the extension for Microsoft Graph, which no subscription registers.
    used = set(declared) - {"Microsoft.Graph"}
    assert len(used) > 5
    assert used <= documented


def test_the_version_of_azd_is_the_one_that_is_required() -> None:
    (wanted,) = re.findall(
        r"azd: \">= ([\d.]+)\"", (ROOT / "azure.yaml").read_text(encoding="utf-8")
    )
    assert f"(`azd`), {wanted} or\n" in read("deploy.md")


def test_the_wait_for_the_key_is_as_long_as_it_says() -> None:
    minutes = await_webhook.TRIES * await_webhook.PAUSE_SECONDS / 60
    assert f"| waiting for the app's key | up to {minutes:.0f} minutes |" in read("deploy.md")


@pytest.mark.parametrize("name", ["deploy.md", "operate.md"])
def test_the_commands_of_sis_sync_exist_with_their_options(name: str) -> None:
    text = read(name).replace(" \\\n", " ")
    calls = re.findall(r"(?:sis-sync|sync_core\.cli) (\w+)([^\n`|]*)", text)
    assert calls
    commands = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
    for command, rest in calls:
        options = {option for each in commands[command].params for option in each.opts}
        assert set(re.findall(r" (--[a-z-]+)", rest)) <= options


def _read(layer: str) -> dict[str, str]:
    """The variables that a layer's parameters are read from, with their defaults."""
    call = r"readEnvironmentVariable\('(\w+)'(?:, '(.*?)')?\)"
    text = (ROOT / "infra" / f"{layer}.bicepparam").read_text(encoding="utf-8")
    return dict(re.findall(call, text))
