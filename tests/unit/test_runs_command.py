"""`sis-sync runs`: the newest runs of a feed."""

from collections.abc import Callable

import pytest
from azure.storage.blob import ContainerClient

from local.storage import Azurite
from sync_core.model.outcomes import Outcome
from tests.unit.operators_kit import FEED, NEWER, RUN, Operator, run_result


@pytest.fixture
def operator(azurite: Azurite, new_container: Callable[[str], ContainerClient]) -> Operator:
    containers = [new_container(kind) for kind in ("landing", "results", "decisions")]
    return Operator(azurite.connection_string, *containers)


def test_the_newest_runs_are_listed_first_with_their_outcomes(operator: Operator) -> None:
    operator.has_run(run_result())
    operator.has_run(run_result(Outcome.REJECTED, NEWER))
    answer = operator.call("runs", FEED)
    assert answer.exit_code == 0
    _, first, *rest = answer.stdout.splitlines()
    assert first.startswith(f"{NEWER}  rejected (error)")
    assert any(line.startswith(f"{RUN}  held (error)") for line in rest)
    found = operator.called_json("runs", FEED, "--limit", "1")
    assert [run["run"] for run in found["runs"]] == [NEWER]


def test_a_feed_without_runs_exits_with_2(operator: Operator) -> None:
    answer = operator.call("runs", FEED)
    assert answer.exit_code == 2
    assert f"There is no result of the feed {FEED}" in answer.stderr
