"""The committed snapshots: the resources that Microsoft's compiler predicts for each deployment.

`python -m tests.infra.snapshots` (`make snapshots`) writes them anew. A reviewer sees in their
difference what a change of a template does to the resources.
"""

import json
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.infra.bicep import assert_silent, copy_of_infra
from tests.infra.deployments import DEPLOYMENTS, LATER

FOLDER = Path(__file__).parent / "snapshots"

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
TENANT = "00000000-0000-0000-0000-000000000002"
PLACE = ("--subscription-id", SUBSCRIPTION, "--tenant-id", TENANT, "--location", "westeurope")

COMMITTED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    **{
        name: ("main", DEPLOYMENTS[name])
        for name in ("minimal", "queue", "sftp", "sftp-closed", "network", "everything")
    },
    **{f"{layer}-{name}": (layer, variables) for (layer, name), variables in LATER.items()},
}
"""For each snapshot the layer that it is of, and the variables."""


def path_of(name: str) -> Path:
    return FOLDER / f"{name.replace(' ', '-')}.json"


def compare(name: str, committed: str) -> None:
    """Fail with the differences where the templates give another snapshot than the text."""
    layer, variables = COMMITTED[name]
    with tempfile.TemporaryDirectory() as folder:
        infra = copy_of_infra(Path(folder))
        snapshot = infra / f"{layer}.snapshot.json"
        snapshot.write_text(committed, encoding="utf-8")
        # Resources of the Graph extension have no id, for which `validate` ends with an exception.
        mode = "overwrite" if layer == "graph" else "validate"
        _snapshot(infra / f"{layer}.bicepparam", mode, variables)
        assert json.loads(snapshot.read_text(encoding="utf-8")) == json.loads(committed)


def write(name: str) -> None:
    layer, variables = COMMITTED[name]
    with tempfile.TemporaryDirectory() as folder:
        infra = copy_of_infra(Path(folder))
        _snapshot(infra / f"{layer}.bicepparam", "overwrite", variables)
        answer = json.loads((infra / f"{layer}.snapshot.json").read_text(encoding="utf-8"))
    # The compiler gives outputs in another order each time.
    answer["outputs"] = dict(sorted(answer.get("outputs", {}).items()))
    text = json.dumps(answer, indent=2, ensure_ascii=False)
    path_of(name).write_text(f"{text}\n", encoding="utf-8")


def _snapshot(parameters: Path, mode: str, variables: Mapping[str, str]) -> None:
    assert_silent("snapshot", str(parameters), *PLACE, "--mode", mode, variables=variables)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, COMMITTED))


if __name__ == "__main__":
    main()
