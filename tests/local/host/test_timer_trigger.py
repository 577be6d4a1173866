import json
import time

import pytest

from local.host.errors import HostFailed
from local.host.timer_trigger import Schedule
from tests.local.host.sample import Cloud, RunningHost, eventually

HOURLY = "0 0 * * * *"
HOUR = 3600


def test_a_timer_runs_when_the_clock_gets_there_and_once_for_what_was_missed(cloud: Cloud) -> None:
    cloud.settings["SCHEDULE"] = HOURLY
    with cloud.host("--clock", "driven") as running:
        assert _past_due(cloud, 0) == []
        _advance(running, HOUR)
        assert _past_due(cloud, 1) == [False]
        _advance(running, 3 * HOUR)
        assert _past_due(cloud, 2) == [False, True]


def test_a_timer_receives_the_run_before(cloud: Cloud) -> None:
    # Observed on Functions host 4.1037.
    cloud.settings["SCHEDULE"] = HOURLY
    with cloud.host("--clock", "driven") as running:
        _advance(running, HOUR)
        cloud.wait_for_outputs("pastDue", 1)
        before = running.call("GET", "/admin/clock").json()["now"]
        _advance(running, HOUR)
        first, second = (json.loads(text)["last"] for text in cloud.wait_for_outputs("pastDue", 2))
    assert first.startswith("0001-01-01") or first < before
    assert second == before


def test_a_timer_missed_while_the_host_was_down_runs_at_its_start(cloud: Cloud) -> None:
    cloud.settings["SCHEDULE"] = "* * * * * *"
    with cloud.host():
        assert _past_due(cloud, 1) == [False]
    time.sleep(1)
    with cloud.host():
        eventually(lambda: True in _past_due(cloud, 1))


def test_a_timer_function_runs_on_request(cloud: Cloud) -> None:
    with cloud.host() as running:
        assert running.call("POST", "/admin/functions/ticked", json={}).status_code == 202
        assert _past_due(cloud, 1) == [False]
        assert running.call("POST", "/admin/functions/worked", json={}).status_code == 400
        assert running.call("POST", "/admin/functions/nothing", json={}).status_code == 404


def test_only_a_driven_clock_can_be_moved(host: RunningHost) -> None:
    answer = host.call("POST", "/admin/clock", json={"advance": 5})
    assert (answer.status_code, "--clock driven" in answer.text) == (409, True)
    assert host.call("GET", "/admin/clock").json()["now"].endswith("+00:00")


def test_a_schedule_that_is_invalid_is_reported_with_an_example() -> None:
    with pytest.raises(HostFailed, match=r"ticked.*'soon'.*\*/5"):
        Schedule("soon", "ticked")


def _advance(host: RunningHost, seconds: int) -> None:
    assert host.call("POST", "/admin/clock", json={"advance": seconds}).status_code == 200


def _past_due(cloud: Cloud, number: int) -> list[bool]:
    return [json.loads(text)["pastDue"] for text in cloud.wait_for_outputs("pastDue", number)]
