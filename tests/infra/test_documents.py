"""The documents for people who deploy and operate name what there is, and nothing else."""

import re
from pathlib import Path

from infra.scripts import await_webhook
from sync_core.cli.runs.records import READ_RESULTS, WRITE_DECISIONS
from sync_core.model.outcomes import Outcome
from tests.infra.rules.access import ASKED_FOR, OPERATORS
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
    named = set(re.findall(r"`([a-z-]+)`", first_cells("code")))
    assert named
    assert named <= set(CODES.values())


def test_the_poison_queues_of_the_runbook_are_those_that_are_watched() -> None:
    named = set(re.findall(r"`([a-z-]+)`", first_cells("queue")))
    assert named == {"webjobs-blobtrigger-poison", "sync-results-poison", "sis-landed-poison"}


def test_the_rights_of_operators_are_those_that_the_templates_give() -> None:
    (row,) = re.findall(r"^\| an operator \| (.+?) \|", read("deploy.md"), re.MULTILINE)
    given = [(role, scope) for scope, role, who in ASKED_FOR if who == OPERATORS]
    documented = re.findall(r"(Storage Blob Data \w+) on the container `([a-z-]+)`", row)
    assert documented == [(role, scope.rpartition("/")[2]) for role, scope in given]
    # The same that the command line asks for where access is refused.
    assert [role for role, _ in given] == [READ_RESULTS.role, WRITE_DECISIONS.role]


def test_the_security_page_names_how_long_decisions_and_deleted_keys_are_kept() -> None:
    text = (ROOT / "infra" / "modules" / "data-storage.bicep").read_text(encoding="utf-8")
    (days,) = re.findall(r"max\(resultsRetentionDays, (\d+)\)", text)
    (state,) = re.findall(r"\['\$\{stateContainer\}/'\].*?GreaterThan: (\d+)", text, re.DOTALL)
    (soft,) = re.findall(r"\bdeleteRetentionPolicy: \{\s+enabled: true\s+days: (\d+)", text)
    page = read("security.md")
    assert f"after {int(days):,} days" in page
    assert f"after {state} day and {soft} days of soft delete" in page
    # A day passes until a rule of the lifecycle runs.
    assert f"at most {int(state) + 1 + int(soft)} days" in page


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


def first_cells(heading: str) -> str:
    """The first cells of the runbook's table with this first heading, a line for each row."""
    rows = read("operate.md").partition(f"\n| {heading} |")[2].partition("\n\n")[0].splitlines()
    return "\n".join(row.split(" | ")[0] for row in rows[2:])


def _read(layer: str) -> dict[str, str]:
    """The variables that a layer's parameters are read from, with their defaults."""
    call = r"readEnvironmentVariable\('(\w+)'(?:, '(.*?)')?\)"
    text = (ROOT / "infra" / f"{layer}.bicepparam").read_text(encoding="utf-8")
    return dict(re.findall(call, text))
