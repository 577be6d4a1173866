"""What the templates would deploy: the resources that Microsoft's compiler predicts, by short ids.

A short id is the id without subscription, resource group and the hash of the deployment, such as
`Storage/storageAccounts/sishost`. What only Azure knows stays an expression; in it `<id>` is the
resource with that short id, such as `<Storage/storageAccounts/sishost>.primaryEndpoints.blob`.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.infra.snapshots import COMMITTED, SUBSCRIPTION, path_of

ROOT = Path(__file__).resolve().parents[2]
READ = ("*.bicep", "*.bicepparam", "*.kql", "*.json")

Resource = dict[str, Any]
Resources = Mapping[str, Resource]

MAIN = ("minimal", "everything")
"""The deployments of the first layer that rules look at: nothing is on, or everything."""

PREFIX = re.compile(rf"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-\w+/providers/Microsoft\.")
REFERENCE = re.compile(r"reference\('([^']+)', '[^']+'(?:, 'full')?\)")
HASH = re.compile(r'"(?:id|name)": "[^"]*func-sis-sync-(\w+)"')

GUID = re.compile(r"[0-9a-f-]{36}$")
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"

GONE = object()
"""As a new value: the property, or the resource, is not there."""


class Project(NamedTuple):
    """The texts below `infra/` with `azure.yaml`, by path, and what each deployment would make."""

    texts: Mapping[str, str]
    deployed: Mapping[str, Resources]

    def main(self) -> Iterator[tuple[str, Resources]]:
        """The deployments of the first layer by their names."""
        return ((name, self.deployed[name]) for name in MAIN)

    def edited(self, path: str, old: str, new: str) -> "Project":
        """A copy with one text changed, at its one place."""
        text = self.texts[path]
        assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times, not once"
        return self._replace(texts={**self.texts, path: text.replace(old, new)})

    def changed(self, deployment: str, resource: str, path: str, value: object) -> "Project":
        """A copy in which a property of a resource, or with no path the resource, is another."""
        resources = copy.deepcopy(dict(self.deployed[deployment]))
        holder: Any = resources
        *above, last = [resource, *path.split(".")] if path else [resource]
        for step in above:
            holder = holder[int(step) if isinstance(holder, list) else step]
        key = int(last) if isinstance(holder, list) else last
        if value is GONE:
            del holder[key]
        else:
            holder[key] = value
        return self._replace(deployed={**self.deployed, deployment: resources})


def at(resource: Resource, path: str) -> Any:
    """The value at a path like `properties.policy`; None where there is none."""
    value: Any = resource
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def of_type(resources: Resources, kind: str) -> dict[str, Resource]:
    """The resources of one type, such as `Microsoft.Web/sites`, by their short ids."""
    return {name: each for name, each in resources.items() if each["type"] == kind}


def texts() -> dict[str, str]:
    paths = [path for pattern in READ for path in (ROOT / "infra").rglob(pattern)]
    names = ["azure.yaml", *(path.relative_to(ROOT).as_posix() for path in paths)]
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in sorted(names)}


def committed() -> dict[str, Resources]:
    """What each committed snapshot holds. `test_bicep_cli.py` compares them with the templates."""
    return {name: _resources(path_of(name)) for name in COMMITTED}


def _resources(path: Path) -> Resources:
    answer = json.loads(shortened(path.read_text(encoding="utf-8")))
    assert answer["diagnostics"] == []
    resources: dict[str, Resource] = {}
    for each in answer["predictedResources"]:
        name = _short_id(each)
        while name in resources:
            name += " again"
        resources[name] = each
    return resources


def _short_id(resource: Resource) -> str:
    """The id without a guid; of a role assignment its scope, role and kind of principal."""
    if resource["type"] != ASSIGNMENTS:
        return GUID.sub("(guid)", str(resource.get("id", resource["type"])))
    role = resource["properties"]["roleDefinitionId"].rpartition("/")[2]
    return f"{scope(resource)}/roles/{role}/{at(resource, 'properties.principalType')}"


def scope(assignment: Resource) -> str:
    """The short id of what a role is assigned on."""
    text = str(assignment["id"])
    if text.startswith("["):
        return text.split("'")[1]
    return text.partition("/providers/")[0]


def shortened(text: str) -> str:
    text = REFERENCE.sub(r"<\1>", PREFIX.sub("", text))
    found = HASH.search(text)
    return re.sub(f"-?{found[1]}", "", text) if found else text
