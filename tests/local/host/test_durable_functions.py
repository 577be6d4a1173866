import contextlib
import json
import signal
from collections.abc import Callable

import httpx
import pytest

from tests.local.host.sample import Cloud, RunningHost, eventually


def test_an_orchestration_runs_activities_and_their_outputs(
    host: RunningHost, shared: Cloud, unique_name: Callable[[str], str]
) -> None:
    instance = unique_name("sum")
    host.start("total", instance, [101, 102])
    assert host.output(instance) == 406
    assert shared.wait_for_outputs("doubled 10", 2) == ["doubled 101", "doubled 102"]
    assert shared.blob("shelf", "doubled-102") == "204"


def test_an_activity_that_raises_is_text_in_the_orchestrator_and_writes_nothing(
    host: RunningHost, shared: Cloud, unique_name: Callable[[str], str]
) -> None:
    instance = unique_name("hopeless")
    host.start("hopeless", instance, "order")
    assert "Activity function 'refuse' failed: ValueError: refused order" in host.output(instance)
    assert shared.outputs("this is not written") == []


def test_a_killed_host_continues_where_it_was(cloud: Cloud) -> None:
    _die(cloud, "double:recorded#2")
    # The message of the interrupted activity becomes visible again after five minutes.
    with cloud.host("--clock", "skip") as running:
        assert running.output("sum") == 12
    told = ["doubled 1", "doubled 2", "doubled 2", "doubled 3"]
    assert sorted(cloud.wait_for_outputs("doubled", 4)) == told


@pytest.mark.parametrize(
    ("point", "calls", "messages"),
    [
        ("double:before", 0, 0),
        ("double:after", 1, 0),
        ("double:recorded", 1, 1),
        ("double:call:Doubler.result", 1, 0),
        ("double:return:Doubler.result#2", 2, 1),
    ],
)
def test_a_crash_point_kills_the_host_there(
    cloud: Cloud, point: str, calls: int, messages: int
) -> None:
    _die(cloud, point)
    assert cloud.counted("double") == calls
    assert len(cloud.outputs("doubled")) == messages


def test_what_the_engine_does_is_appended_to_the_events_file(cloud: Cloud) -> None:
    events = cloud.folder / "events.jsonl"
    with cloud.host("--events", str(events)) as running:
        running.start("total", "sum", [1])
        running.output("sum")
        lines = [json.loads(line) for line in events.read_text().splitlines()]
    assert [(line["kind"], line["instanceId"], line["name"]) for line in lines] == [
        ("orchestration_started", "sum", "total"),
        ("activity_started", "sum", "double"),
        ("activity_completed", "sum", "double"),
        ("orchestration_completed", "sum", "total"),
    ]


def test_a_host_ends_cleanly_on_request(cloud: Cloud) -> None:
    with cloud.host() as running:
        running.start("total", "sum", [1, 2, 3])
        eventually(lambda: cloud.counted("double"))
        running.process.terminate()
        assert running.process.wait(15) == 0
    assert "Traceback" not in running.log()


def _die(cloud: Cloud, point: str) -> None:
    with cloud.host("--die-at", point) as running:
        # The host may end before it answers.
        with contextlib.suppress(httpx.TransportError):
            running.start("total", "sum", [1, 2, 3])
        assert running.process.wait(10) == -signal.SIGKILL
