"""The scripts for people who deploy, run as they run them, with a stand-in for the Azure CLI."""

import json
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sync_core.targets.permissions import GRAPH_APP_ID, PERMISSIONS

SCRIPTS = Path(__file__).resolve().parents[2] / "infra" / "scripts"
PRINCIPAL = "11111111-2222-3333-4444-555555555555"

AZ = """import json, pathlib, sys
folder = pathlib.Path(__file__).parent
state = json.loads((folder / "state.json").read_text())
state["calls"].append(sys.argv[1:])
answer, code = "", 0
if state["fails"]:
    sys.stderr.write("Forbidden")
    code = 1
elif "POST" in sys.argv:
    state["held"].append(json.loads(sys.argv[sys.argv.index("--body") + 1]))
    answer = "{}"
elif "appRoleAssignments" in sys.argv[sys.argv.index("--url") + 1]:
    url = sys.argv[sys.argv.index("--url") + 1]
    half = state["held"][:1] if "page2" not in url else state["held"][1:]
    page = {"value": half}
    if "page2" not in url:
        page["@odata.nextLink"] = url + "?page2"
    answer = json.dumps(page)
else:
    answer = json.dumps(state["graph"])
(folder / "state.json").write_text(json.dumps(state))
sys.stdout.write(answer)
sys.exit(code)
"""


class AzureCli:
    """A command `az` on a path of its own, with a directory behind it that keeps its state."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = folder / "az"
        # A shell, because a path with a space cannot stand in the first line of a script.
        program = folder / "az.py"
        program.write_text(AZ)
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "{program}" "$@"\n')
        command.chmod(command.stat().st_mode | stat.S_IEXEC)
        names = [each.name for granted in PERMISSIONS.values() for each in granted]
        roles = [_role(name, "Application", f"role-{name}") for name in names]
        # Scopes of users share the names.
        scopes = [_role(name, "User", f"scope-{name}") for name in names]
        self.write(
            graph={"id": "graph-id", "appRoles": [*scopes, *roles]},
            held=[{"resourceId": "another", "appRoleId": "x"}],
            calls=[],
            fails=False,
        )

    def write(self, **changes: Any) -> None:
        path = self.folder / "state.json"
        state = self.state() if path.exists() else {}
        path.write_text(json.dumps({**state, **changes}))

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return state

    def run(
        self, script: str, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **variables, "PATH": str(self.folder)}
        return subprocess.run(
            [sys.executable, str(SCRIPTS / script), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def granted(self) -> list[str]:
        return [each["appRoleId"] for each in self.state()["held"][1:]]


def _role(name: str, member: str, id_: str) -> dict[str, Any]:
    return {"id": id_, "value": name, "allowedMemberTypes": [member]}


@pytest.fixture
def az(tmp_path: Path) -> AzureCli:
    return AzureCli(tmp_path)


class TestGranting:
    SCRIPT = "grant_graph_permissions.py"

    @pytest.mark.parametrize("target", [kind for kind in PERMISSIONS if PERMISSIONS[kind]])
    def test_each_permission_of_a_target_is_granted_as_an_application_role(
        self, az: AzureCli, target: str
    ) -> None:
        answer = az.run(self.SCRIPT, PRINCIPAL, target)
        assert answer.returncode == 0, answer.stderr
        assert az.granted() == sorted(f"role-{each.name}" for each in PERMISSIONS[target])
        given = az.state()["held"][1]
        assert (given["principalId"], given["resourceId"]) == (PRINCIPAL, "graph-id")
        assert GRAPH_APP_ID in " ".join(az.state()["calls"][0])

    def test_a_second_time_changes_nothing(self, az: AzureCli) -> None:
        for expected in ("granted: ", "already granted: "):
            answer = az.run(self.SCRIPT, PRINCIPAL, "industry-data")
            assert answer.stdout.count(expected) == len(PERMISSIONS["industry-data"])
        assert len(az.granted()) == len(PERMISSIONS["industry-data"])

    def test_a_dry_run_needs_nothing(self, az: AzureCli) -> None:
        assert az.run(self.SCRIPT, PRINCIPAL, "dry-run").returncode == 0
        assert az.granted() == []

    def test_a_refusal_says_what_to_do(self, az: AzureCli) -> None:
        az.write(fails=True)
        answer = az.run(self.SCRIPT, PRINCIPAL, "classic")
        assert answer.returncode == 1
        assert "Forbidden" in answer.stderr
        assert "Privileged Role Administrator" in answer.stderr

    def test_a_permission_that_the_tenant_does_not_offer_is_named(self, az: AzureCli) -> None:
        az.write(graph={"id": "graph-id", "appRoles": []})
        answer = az.run(self.SCRIPT, PRINCIPAL, "classic")
        assert answer.returncode == 1
        assert "EduAdministration.ReadWrite.All" in answer.stderr

    def test_without_the_azure_cli_it_says_so(self, az: AzureCli) -> None:
        (az.folder / "az").unlink()
        answer = az.run(self.SCRIPT, PRINCIPAL, "classic")
        assert answer.returncode == 1
        assert "Azure CLI is not installed" in answer.stderr

    def test_an_unknown_target_is_refused(self, az: AzureCli) -> None:
        answer = az.run(self.SCRIPT, PRINCIPAL, "google")
        assert answer.returncode == 2
        assert "industry-data" in answer.stderr
