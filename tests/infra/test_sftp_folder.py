"""The script that gives a vendor its folder, run as people run it, with its programs replaced."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.infra.azd import write_command

SCRIPT = Path(__file__).resolve().parents[2] / "infra" / "scripts" / "sftp_folder.py"

PROGRAM = """\
import json, pathlib, sys
folder = pathlib.Path(__file__).parent
name = pathlib.Path(__file__).stem
state = json.loads((folder / "state.json").read_text())
call = [name, *sys.argv[1:]]
answer = ""
if name == "ssh-keygen":
    key = sys.argv[sys.argv.index("-f") + 1]
    pathlib.Path(key).write_text("private")
    pathlib.Path(key + ".pub").write_text("ssh-rsa TEMPORARY")
elif name == "azd":
    names = {"SIS_LANDING_CONTAINER": "sis-landing", "SIS_DATA_STORAGE": "sissftpabc"}
    answer = names[sys.argv[-1]]
elif name == "sftp":
    state["batch"] = pathlib.Path(sys.argv[sys.argv.index("-b") + 1]).read_text()
    state["key"] = pathlib.Path(sys.argv[sys.argv.index("-i") + 1]).read_text()
elif "list" in call:
    answer = json.dumps(state["users"])
elif "show" in call:
    answer = json.dumps({"primaryEndpoints": {"blob": "https://sissftpabc.blob.core.windows.net/"}})
state["calls"].append(call)
(folder / "state.json").write_text(json.dumps(state))
sys.stdout.write(answer)
if name == state["fails"]:
    sys.stderr.write("refused")
    sys.exit(1)
"""


class Machine:
    """A path with stand-ins that note how they were called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("az", "azd", "sftp", "ssh-keygen"):
            write_command(folder / name, PROGRAM)
        self.write(users=[{"name": "sissftpabc/vendor1", "userId": 1003}], calls=[], fails="")

    def write(self, **changes: Any) -> None:
        path = self.folder / "state.json"
        state = self.state() if path.exists() else {}
        path.write_text(json.dumps({**state, **changes}))

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return state

    def run(self, vendor: str = "vendor1") -> "subprocess.CompletedProcess[str]":
        variables = {"AZURE_RESOURCE_GROUP": "rg-test", "PATH": str(self.folder)}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SIS_")}
        return subprocess.run(
            [sys.executable, str(SCRIPT), "northwind", vendor],
            env={**kept, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self, *words: str) -> list[list[str]]:
        return [call for call in self.state()["calls"] if set(words) <= set(call)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_folder_is_made_and_given_to_the_vendor_alone(machine: Machine) -> None:
    answer = machine.run()
    assert answer.returncode == 0, answer.stderr
    assert machine.state()["batch"].splitlines() == [
        "-mkdir northwind",
        "chown 1003 northwind",
        "chmod 700 northwind",
        "chmod 751 .",
    ]
    (session,) = machine.calls("sftp")
    assert session[-1] == "sissftpabc.sisfolders@sissftpabc.blob.core.windows.net"


def test_the_helper_signs_in_with_a_key_of_its_own_and_is_deleted(machine: Machine) -> None:
    machine.run()
    (created,) = machine.calls("create")
    assert "key=ssh-rsa TEMPORARY" in created
    assert "resource-name=sis-landing" in created
    assert machine.state()["key"] == "private"
    (key,) = [Path(call[call.index("-i") + 1]) for call in machine.calls("sftp")]
    assert not key.exists()
    assert machine.state()["calls"][-1][:5] == ["az", "storage", "account", "local-user", "delete"]


@pytest.mark.parametrize("program", ["sftp", "ssh-keygen"])
def test_a_refusal_is_shown_and_leaves_no_helper_behind(machine: Machine, program: str) -> None:
    machine.write(fails=program)
    answer = machine.run()
    assert answer.returncode == 1
    assert "refused" in answer.stderr
    assert len(machine.calls("create")) == len(machine.calls("delete"))


def test_a_vendor_that_is_no_user_is_named_before_anything_is_made(machine: Machine) -> None:
    answer = machine.run("vendor9")
    assert answer.returncode == 1
    assert "no SFTP user vendor9 (it has vendor1)" in answer.stderr
    assert machine.calls("create") == []


def test_what_is_not_installed_is_named(machine: Machine) -> None:
    (machine.folder / "sftp").unlink()
    answer = machine.run()
    assert answer.returncode == 1
    assert "Not on the path: sftp." in answer.stderr
