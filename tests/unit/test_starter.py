"""Starting a feed's orchestration, or leaving the running one alone."""

import asyncio
import logging
from typing import Any

import pytest
from azure.durable_functions import OrchestrationRuntimeStatus as Status
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus

from sync_core.intake.start_feed import RUNNING, start_or_leave_running
from sync_core.model.errors import TransientError


class Client:
    """The durable client at the edge: statuses in turn, and an extension that may refuse."""

    def __init__(self, *statuses: Status | None, refuses: bool = False) -> None:
        self.started: list[tuple[str, str, dict[str, Any]]] = []
        self.asked: list[str] = []
        self._statuses = list(statuses)
        self._refuses = refuses

    async def get_status(self, instance: str) -> Any:
        self.asked.append(instance)
        status = self._statuses.pop(0)
        if status is None:
            return DurableOrchestrationStatus()
        return DurableOrchestrationStatus(
            instanceId=instance, createdTime="2026-03-01T02:00:00Z", runtimeStatus=status.name
        )

    async def start_new(self, orchestrator: str, instance: str, given: dict[str, Any]) -> str:
        if self._refuses:
            raise Exception("sig=canary")  # noqa: TRY002 - as the SDK does it
        self.started.append((orchestrator, instance, given))
        return instance


def start(client: Client) -> bool:
    return asyncio.run(start_or_leave_running(client, "northwind"))


def test_a_feed_that_was_never_run_is_started_under_its_own_instance() -> None:
    client = Client(None)
    assert start(client)
    assert client.started == [("sync_feed", "sync-northwind", {"feed": "northwind"})]
    assert client.asked == ["sync-northwind"]


@pytest.mark.parametrize("status", [one for one in Status if one.name not in RUNNING])
def test_a_feed_whose_last_run_has_ended_is_started_again(status: Status) -> None:
    client = Client(status)
    assert start(client)
    assert len(client.started) == 1


@pytest.mark.parametrize("status", [one for one in Status if one.name in RUNNING])
def test_a_feed_that_runs_is_left_alone(status: Status) -> None:
    client = Client(status)
    assert not start(client)
    assert client.started == []


def test_a_start_is_logged_for_the_alert_on_stuck_runs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "sis_sync")
    start(Client(Status.Running))
    start(Client(None, Status.Running, refuses=True))
    with pytest.raises(TransientError):
        start(Client(None, None, refuses=True))
    assert caplog.messages == []
    start(Client(None))
    assert caplog.messages == ["run requested feed=northwind"]


def test_every_way_of_running_is_one_that_the_sdk_knows() -> None:
    assert {one.name for one in Status if one.name in RUNNING} == RUNNING


def test_two_events_at_once_are_one_start() -> None:
    assert not start(Client(None, Status.Running, refuses=True))


def test_a_start_that_fails_is_the_events_to_try_again() -> None:
    with pytest.raises(TransientError, match="feed northwind could not be started") as caught:
        start(Client(None, None, refuses=True))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
