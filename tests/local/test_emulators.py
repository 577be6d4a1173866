"""The example settings work unchanged: they name the emulators, and the app loads with them."""

import json
from pathlib import Path

from local import emulators
from local.cloud import Names
from local.graph.server import IDENTITY_PATH
from sync_core.model.feeds import load_settings

EXAMPLE = Path(__file__).parents[2] / "local.settings.json.example"
VALUES: dict[str, str] = json.loads(EXAMPLE.read_text(encoding="utf-8"))["Values"]


def test_the_example_names_the_emulators() -> None:
    graph = f"http://127.0.0.1:{emulators.GRAPH_PORT}"
    assert VALUES["GRAPH_ROOT"] == graph
    assert VALUES["IDENTITY_ENDPOINT"] == graph + IDENTITY_PATH
    assert VALUES["IDENTITY_HEADER"] == emulators.IDENTITY_HEADER
    assert VALUES["AzureWebJobsStorage"] == VALUES["SIS_STORAGE"] == "UseDevelopmentStorage=true"
    storage = emulators.STORAGE
    assert (storage.blob, storage.queue, storage.table) == (10000, 10001, 10002)


def test_the_app_loads_with_the_example() -> None:
    settings = load_settings(VALUES)
    (feed,) = settings.feeds.values()
    assert (feed.target, feed.inbound_flow_id) == ("industry-data", emulators.FLOW)
    names = Names(
        landing=settings.landing_container,
        results=settings.results_container,
        decisions=settings.decisions_container,
        state=settings.state_container,
        queue=settings.results_queue,
    )
    assert names == Names()
    assert settings.upload_suffix == "127.0.0.1"
