"""Stand-ins for azd and for Azure Resource Manager, as the scripts of a deployment meet them.

`azd` is a command on a path of its own: it hands out a token or says that nobody is signed in, and
keeps variables. The resource manager is an HTTP server on this machine.
https://learn.microsoft.com/azure/developer/azure-developer-cli/reference
https://github.com/Azure/azure-dev/blob/main/cli/azd/docs/language-hooks.md
"""

import copy
import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import yaml

ROOT = Path(__file__).resolve().parents[2]
AZURE = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
NAMES = {
    "AZURE_ENV_NAME": "northwind",
    "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
    "AZURE_RESOURCE_GROUP": "rg-northwind",
    "SIS_APP_NAME": "func-test",
    "SIS_TOPIC": "evgt-test",
    "SIS_INTAKE": "webhook",
}
"""What azd hands to the hooks of the layer `events`."""

NOT_SIGNED_IN = "ERROR: not logged in, run `azd auth login` to login"
"""Word for word: cli/azd/pkg/auth/errors.go in https://github.com/Azure/azure-dev."""

AZD = """\
import json, pathlib, sys
path = pathlib.Path(__file__).with_name("azd.json")
state = json.loads(path.read_text())
state["calls"].append(sys.argv[1:])
code, answer = 0, ""
if sys.argv[1:3] == ["auth", "token"]:
    if state["signed_in"]:
        answer = json.dumps({"token": "a-token", "expiresOn": "2026-12-01T00:00:00Z"})
    else:
        sys.stderr.write(state["not_signed_in"])
        code = 1
elif sys.argv[1:3] == ["env", "set"]:
    state["variables"][sys.argv[3]] = sys.argv[4]
else:
    code = 2
path.write_text(json.dumps(state))
sys.stdout.write(answer)
sys.exit(code)
"""

AZ = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/az-calls"
exit 1
"""
"""Whoever only ran `azd auth login` is not signed in to `az`: nothing may lean on it."""


def write_command(path: Path, program: str) -> None:
    """Make a program in Python a command, also if the interpreter's path contains a space."""
    code = path.with_name(f"{path.name}.py")
    code.write_text(program)
    words = shlex.join([sys.executable, str(code)])
    path.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    path.chmod(0o755)


class Azd:
    """The command `azd` with its variables, beside an `az` that nobody is signed in to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_command(folder / "azd", AZD)
        (folder / "az").write_text(AZ)
        (folder / "az").chmod(0o755)
        self.write(signed_in=True, calls=[], variables={}, not_signed_in=NOT_SIGNED_IN)

    def write(self, **changes: Any) -> None:
        path = self.folder / "azd.json"
        state = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**state, **changes}))

    def read(self, name: str) -> Any:
        return json.loads((self.folder / "azd.json").read_text())[name]

    @property
    def variables(self) -> dict[str, str]:
        return dict(self.read("variables"))

    @property
    def az_calls(self) -> str:
        path = self.folder / "az-calls"
        return path.read_text() if path.exists() else ""

    def hook(
        self, hook: dict[str, Any], folder: Path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a hook of azure.yaml as azd does on Linux and macOS.

        An inline script is written to a file that begins with `set -e`, and run in the folder of
        the layer or service: cli/azd/pkg/tools/bash/bash.go.
        """
        script = self.folder / "hook.sh"
        script.write_text(f"#!/bin/sh\nset -e\n\n{hook['posix']['run']}\n")
        script.chmod(0o755)
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [str(script)],
            cwd=folder,
            env={
                "PATH": path,
                "HOME": str(self.folder),
                "PYTHONDONTWRITEBYTECODE": "1",
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )


def layer_hook(layer: str) -> dict[str, Any]:
    """The hook of a layer before it is provisioned."""
    (found,) = [each for each in AZURE["infra"]["layers"] if each["name"] == layer]
    return copy.deepcopy(dict(found["hooks"]["preprovision"]))


class ResourceManager:
    """What an app and its event subscription answer; a test changes its attributes.

    `keys` are the app's system keys; `starting` counts the calls that the app's host answers while
    it starts. `called` is the address that the subscription calls; None for none.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.keys: dict[str, str] = {"blobs_extension": "key/of=today"}
        self.starting = 0
        self.called: str | None = None
        self.refused = 0
        self.asked: list[str] = []

    def answer(self, method: str, path: str, token: str) -> tuple[int, dict[str, Any]]:
        self.asked.append(f"{method} {path}")
        place = path.partition("?")[0]
        if token != "Bearer a-token":
            return 401, _error("InvalidAuthenticationToken", "The token is not valid.")
        if self.refused:
            return self.refused, _error("AuthorizationFailed", "You may not do this.")
        if not place.startswith(f"/subscriptions/{SUBSCRIPTION}/"):
            # https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-not-found
            return 404, _error("SubscriptionNotFound", "The subscription could not be found.")
        if place.endswith("/sites/func-test/host/default/listkeys") and method == "POST":
            if self.starting > 0:
                self.starting -= 1
                said = "Encountered an error (ServiceUnavailable) from host runtime."
                return 400, {"Code": "BadRequest", "Message": said}
            return 200, {"masterKey": "m", "functionKeys": {}, "systemKeys": self.keys}
        if "/systemTopics/evgt-test/eventSubscriptions/landed-to-" in place and self.called:
            return 200, {"endpointUrl": self.called} if place.endswith("/getFullUrl") else {}
        return 404, _error("ResourceNotFound", f"The resource {place} was not found.")


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


@contextmanager
def resource_manager() -> Iterator[ResourceManager]:
    class Handler(BaseHTTPRequestHandler):
        manager: ClassVar[ResourceManager]

        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            token = self.headers.get("Authorization", "")
            status, document = self.manager.answer(method, self.path, token)
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: tests print only what they fail with."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Handler.manager = ResourceManager(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Handler.manager
        finally:
            server.shutdown()
            thread.join()
