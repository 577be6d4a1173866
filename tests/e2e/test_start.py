"""Starting the app: a bad setting stops it with one message that says what to change."""

from typing import Any

import pytest

from local.cloud import HostFailedToStart
from tests.e2e.conftest import ACTIVITIES, Pipeline


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SIS_FEEDS", "", "SIS_FEEDS is not set"),
        ("SIS_FEEDS", '[{"name": "north", "target": "classic"}]', "feed 1 (north)"),
        ("GRAPH_ROOT", "http://graph.microsoft.com", "GRAPH_ROOT must be an https address"),
        (
            "SIS_RESULTS_CONTAINER",
            "Sis_Results",
            "SIS_RESULTS_CONTAINER is not a valid storage name",
        ),
        ("SIS_STORAGE", "", "SIS_STORAGE is not set"),
    ],
)
def test_a_bad_setting_stops_the_start(
    pipeline: Pipeline, name: str, value: str, said: str
) -> None:
    with pytest.raises(HostFailedToStart) as stopped:
        pipeline.start(environment={name: value})
    (told,) = (line for line in str(stopped.value).splitlines() if "cannot start" in line)
    assert said in told
    assert "Example: " in told


def test_the_app_registers_its_functions(pipeline: Pipeline) -> None:
    import httpx

    host = pipeline.start(existing=False)
    status: Any = httpx.get(f"{host.url}/admin/host/status", trust_env=False).json()
    triggers = status["functions"].items()
    assert {name for name, kind in triggers if kind == "activityTrigger"} == set(ACTIVITIES)
    assert status["functions"] == {
        "export_landed": "blobTrigger",
        "sweep": "timerTrigger",
        "sync_feed": "orchestrationTrigger",
        "poll_step": "orchestrationTrigger",
        "gather_file_set": "activityTrigger",
        "validate_file_set": "activityTrigger",
        "compare_with_baseline": "activityTrigger",
        "check_readiness": "activityTrigger",
        "upload_file_set": "activityTrigger",
        "verify_upload": "activityTrigger",
        "start_sync": "activityTrigger",
        "publish_result": "activityTrigger",
        "check_progress": "activityTrigger",
    }
