"""The cost of a clean run: episodes and messages, as the durable engine counts them."""

import httpx
import pytest

from local.durable.model import Tally
from local.durable.store import Store
from tests.e2e.conftest import CLEAN, Pipeline
from tests.e2e.targets import target

MOST = {
    ("classic", "ready"): Tally(11, 11, 9),
    ("classic", "prepared"): Tally(21, 21, 14),
    ("industry-data", "ready"): Tally(16, 16, 12),
    ("industry-data", "prepared"): Tally(30, 30, 19),
}
"""Upper limits for a run, by target and by whether it is ready at once or after some polls."""


def counts(pipeline: Pipeline) -> Tally:
    """The counts of the pipeline's task hub since it was created."""
    store = Store(pipeline.cloud.folder / "state" / "durable.db")
    try:
        return store.tally()
    finally:
        store.close()


@pytest.mark.parametrize(("kind", "state"), MOST)
def test_a_clean_run_takes_no_more_episodes_and_messages_than_these(
    pipeline: Pipeline, kind: str, state: str
) -> None:
    settings = target(pipeline, kind, state)
    pipeline.drop(CLEAN)
    # Started by the test only, because each blob event would also request a start.
    host = pipeline.start(existing=False, follow=True, **settings)
    start = f"{host.url}/durabletask/orchestrators/sync_feed/sync-{pipeline.feed}"
    httpx.post(start, json=f'{{"feed": "{pipeline.feed}"}}', trust_env=False).raise_for_status()
    assert pipeline.await_outcome("started", "refused", "failed")["outcome"] == "started"
    pipeline.await_end()
    taken = counts(pipeline)
    assert all(count <= most for count, most in zip(taken, MOST[kind, state], strict=True)), taken
