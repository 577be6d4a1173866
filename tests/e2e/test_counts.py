"""What a clean run costs: episodes and messages, as the durable engine counts them."""

from typing import Any

import httpx
import pytest

from local.demo import INDUSTRY_DATA_ROLES
from local.durable.model import Tally
from local.durable.store import Store
from local.graph.documents import Step
from tests.e2e.conftest import CLEAN, Pipeline

MOST = {
    ("classic", "ready"): Tally(10, 10, 8),
    ("classic", "prepared"): Tally(20, 20, 13),
    ("industry-data", "ready"): Tally(15, 15, 11),
    ("industry-data", "prepared"): Tally(29, 29, 18),
}
"""What a run may take, by target and whether that is ready at once or first has to be prepared.

With a sub-orchestration for every step it was (28, 28, 10), (38, 38, 15), (32, 32, 12) and
(46, 46, 19).
"""

PREPARING = 3
"""Looks at a target that is being prepared, as many as in the demonstration."""


def counts(pipeline: Pipeline) -> Tally:
    """What the pipeline's task hub has done since it was made."""
    store = Store(pipeline.cloud.folder / "state" / "durable.db")
    try:
        return store.tally()
    finally:
        store.close()


def target(pipeline: Pipeline, kind: str, state: str) -> dict[str, Any]:
    """A target whose every answer depends on the number of looks, and never on the time."""
    busy = 0 if state == "ready" else 1

    def script(waiting: str, polls: int, done: str) -> Any:
        return [Step(waiting, polls=polls), done] if polls else [done]

    if kind == "classic":
        profile = pipeline.graph.create_profile(
            states=script("provisioning", busy * PREPARING, "provisioned"),
            sync=script("inProgress", 2 * busy, "success"),
        )
        return {"target": kind, "profileId": profile}
    pipeline.graph.change_identity(roles=INDUSTRY_DATA_ROLES)
    pipeline.graph.change_runs(
        operation=script("running", busy, "succeeded"), run=script("running", 2 * busy, "completed")
    )
    flow, _ = pipeline.graph.create_inbound_flow(
        file_format="schoolDataSyncV1",
        readiness=script("notReady", busy * PREPARING, "ready"),
        validation=script("running", busy, "succeeded"),
    )
    return {"target": kind, "inboundFlowId": flow}


@pytest.mark.parametrize(("kind", "state"), MOST)
def test_a_clean_run_takes_no_more_episodes_and_messages_than_these(
    pipeline: Pipeline, kind: str, state: str
) -> None:
    settings = target(pipeline, kind, state)
    pipeline.drop(CLEAN)
    # Started by hand and by nothing else, because every event of a blob asks for a start.
    host = pipeline.start(existing=False, follow=True, **settings)
    start = f"{host.url}/durabletask/orchestrators/sync_feed/sync-{pipeline.feed}"
    httpx.post(start, json=f'{{"feed": "{pipeline.feed}"}}', trust_env=False).raise_for_status()
    assert pipeline.await_outcome("started", "refused", "failed")["outcome"] == "started"
    pipeline.await_end()
    taken = counts(pipeline)
    assert all(count <= most for count, most in zip(taken, MOST[kind, state], strict=True)), taken
