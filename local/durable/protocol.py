"""The messages between the host and the SDK's orchestrator: the context and the reply."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from local.durable.history import as_sent
from local.durable.model import Event, Instance

FAILURE_MARK = "$OutOfProcData$:"


class _Action(msgspec.Struct, frozen=True, rename="camel", tag_field="actionType"):
    """One thing that an orchestrator has yielded."""


class RetryOptions(msgspec.Struct, frozen=True, rename="camel"):
    first_retry_interval_in_milliseconds: int
    max_number_of_attempts: int


class CallActivity(_Action, frozen=True, tag=0):
    function_name: str
    input: str | None = None


class CallActivityWithRetry(_Action, frozen=True, tag=1):
    function_name: str
    retry_options: RetryOptions
    input: str | None = None


class CallSubOrchestrator(_Action, frozen=True, tag=2):
    function_name: str
    input: str | None = None
    instance_id: str | None = None
    version: str | None = None


class CallSubOrchestratorWithRetry(_Action, frozen=True, tag=3):
    function_name: str
    retry_options: RetryOptions
    input: str | None = None
    instance_id: str | None = None
    version: str | None = None


class ContinueAsNew(_Action, frozen=True, tag=4):
    input: str | None = None


class CreateTimer(_Action, frozen=True, tag=5):
    fire_at: datetime
    is_canceled: bool = False


class WaitForExternalEvent(_Action, frozen=True, tag=6):
    external_event_name: str


class CallEntity(_Action, frozen=True, tag=7):
    """Not supported. Declared so that the error names it."""


class CallHttp(_Action, frozen=True, tag=8):
    """Not supported. Declared so that the error names it."""


class SignalEntity(_Action, frozen=True, tag=9):
    """Not supported. Declared so that the error names it."""


class WhenAny(_Action, frozen=True, tag=11):
    compound_actions: list["Action"]


class WhenAll(_Action, frozen=True, tag=12):
    compound_actions: list["Action"]


Action = (
    CallActivity
    | CallActivityWithRetry
    | CallSubOrchestrator
    | CallSubOrchestratorWithRetry
    | ContinueAsNew
    | CreateTimer
    | WaitForExternalEvent
    | CallEntity
    | CallHttp
    | SignalEntity
    | WhenAny
    | WhenAll
)


class Reply(msgspec.Struct, frozen=True, rename="camel"):
    """An orchestrator's reply; `actions` holds one list of everything that it has yielded."""

    is_done: bool
    actions: list[list[Action]]
    output: Any = None
    error: str | None = None
    custom_status: Any = None


def decode_reply(text: str) -> Reply:
    return msgspec.json.decode(text, type=Reply)


def decode_failure(message: str) -> Reply | None:
    """The reply in the error message of a failed orchestrator; None if the SDK itself failed."""
    _, mark, reply = message.partition(FAILURE_MARK)
    return decode_reply(reply) if mark else None


def build_context(instance: Instance, past: Iterable[Event], new: Iterable[Event]) -> str:
    """The JSON text of the orchestration trigger."""
    history = as_sent(past, new)
    return json.dumps(
        {
            "history": history,
            "input": json.loads(instance.input),
            "instanceId": instance.instance_id,
            "isReplaying": history[0]["IsPlayed"],
            "parentInstanceId": instance.parent.instance_id if instance.parent else None,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 3,
            "longRunningTimerIntervalDuration": "3.00:00:00",
            "maximumShortTimerDuration": "6.00:00:00",
            "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
        }
    )
