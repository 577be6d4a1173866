"""What a clean run costs: episodes and messages, as the durable engine counts them."""

import httpx
import pytest

from local.durable.model import Tally
from local.durable.store import Store
from tests.e2e.conftest import CLEAN, Pipeline
from tests.e2e.targets import target

MOST = {
    ("classic", "ready"): Tally(11, 11, 9),
    ("classic", "prepared"): Tally(21, 21, 14),
    ("industry-data", "ready"): Tally(15, 15, 11),
    ("industry-data", "prepared"): Tally(29, 29, 18),
}
"""What a run may take, by target and whether that is ready at once or first has to be prepared.

With a sub-orchestration for every step it was (28, 28, 10), (38, 38, 15), (32, 32, 12) and
(46, 46, 19).
"""


def counts(pipeline: Pipeline) -> Tally:
    """What the pipeline's task hub has done since it was made."""
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
    # Started by hand and by nothing else, because every event of a blob asks for a start.
    host = pipeline.start(existing=False, follow=True, **settings)
    start = f"{host.url}/durabletask/orchestrators/sync_feed/sync-{pipeline.feed}"
    httpx.post(start, json=f'{{"feed": "{pipeline.feed}"}}', trust_env=False).raise_for_status()
    assert pipeline.await_outcome("started", "refused", "failed")["outcome"] == "started"
    pipeline.await_end()
    taken = counts(pipeline)
    assert all(count <= most for count, most in zip(taken, MOST[kind, state], strict=True)), taken
