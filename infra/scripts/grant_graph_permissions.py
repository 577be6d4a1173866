# ruff: noqa: INP001 - a script, run by path
"""Grant the app's identity its Microsoft Graph permissions; what is granted already is left alone.

    python3 infra/scripts/grant_graph_permissions.py PRINCIPAL_ID TARGET [TARGET ...]

For someone who may assign app roles (Privileged Role Administrator) where the deployment may not.
Needs only the Azure CLI, signed in. PRINCIPAL_ID is the output SIS_APP_PRINCIPAL_ID of the
deployment, TARGET a kind of target that the feeds name. The permissions are those of
`infra/permissions.json`, which is generated from the table in the code.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parents[1] / "permissions.json"
GRAPH = "https://graph.microsoft.com/v1.0"


class GrantError(Exception):
    """A permission was not granted. The message says why, and what to do next."""


def main(arguments: Sequence[str] | None = None) -> int:
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    options = _options(arguments, sorted(table["targets"]))
    names = {each["name"] for target in options.targets for each in table["targets"][target]}
    try:
        granted = grant(options.principal, table["graphAppId"], sorted(names), options.graph)
    except GrantError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for name, is_new in granted.items():
        sys.stdout.write(f"{'granted' if is_new else 'already granted'}: {name}\n")
    sys.stdout.write(
        "Only new tokens contain new permissions: calls may be refused for some hours, up to a day,"
        " and a restart does not help.\n"
    )
    return 0


def grant(principal: str, graph_app: str, names: Sequence[str], root: str) -> dict[str, bool]:
    """Grant the permissions. Returns, for each name, whether it was granted just now."""
    graph = _call("GET", f"{root}/servicePrincipals(appId='{graph_app}')?$select=id,appRoles")
    wanted = {name: _role(graph, name) for name in names}
    assigned = f"{root}/servicePrincipals/{principal}/appRoleAssignments"
    held = {each["appRoleId"] for each in _pages(assigned) if each.get("resourceId") == graph["id"]}
    for role in wanted.values():
        if role not in held:
            body = {"principalId": principal, "resourceId": graph["id"], "appRoleId": role}
            _call("POST", assigned, body)
    return {name: role not in held for name, role in wanted.items()}


def _role(graph: dict[str, Any], name: str) -> str:
    """The id of the application role with this name. Raises GrantError if there is none."""
    for role in graph["appRoles"]:
        if role["value"] == name and "Application" in role["allowedMemberTypes"]:
            return str(role["id"])
    raise GrantError(
        f"Microsoft Graph of this tenant offers no application permission {name}. Check that the"
        " tenant is the school's, and that its cloud offers School Data Sync."
    )


def _pages(url: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    while url:
        page = _call("GET", url)
        entries += page.get("value", [])
        url = page.get("@odata.nextLink", "")
    return entries


def _call(method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    command = [_azure_cli(), "rest", "--method", method, "--url", url]
    if body is not None:
        command += ["--headers", "Content-Type=application/json", "--body", json.dumps(body)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the operator's own CLI
    if answer.returncode:
        raise GrantError(
            f"The Azure CLI failed with {method} {url.partition('?')[0]}:"
            f" {answer.stderr.strip()} Sign in with `az login` to the school's tenant as a"
            " Privileged Role Administrator and run this again. What was granted stays granted."
        )
    return dict(json.loads(answer.stdout)) if answer.stdout.strip() else {}


def _azure_cli() -> str:
    found = shutil.which("az")
    if found is None:
        raise GrantError("The Azure CLI is not installed, or not on the path: az was not found.")
    return found


def _options(arguments: Sequence[str] | None, targets: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("principal", metavar="PRINCIPAL_ID", help="object id of the app's identity")
    parser.add_argument("targets", metavar="TARGET", nargs="+", choices=targets, help="a kind")
    parser.add_argument(
        "--graph", default=GRAPH, help="address of Microsoft Graph with its version"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
