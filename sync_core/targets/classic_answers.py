"""The meaning of the classic API's answers: to a start, and about the status of a sync."""

from collections.abc import Mapping
from typing import Any, Literal

import httpx

from sync_core.model.errors import AnswerLostError
from sync_core.model.masking import kept_code
from sync_core.model.messages import VerificationMessage, severity
from sync_core.targets import StartAnswer
from sync_core.targets.graph import Call, GraphAnswer
from sync_core.targets.json_fields import text_of
from sync_core.targets.times import moment

PROGRESS: dict[str, Literal["running", "succeeded", "failed"]] = {
    "inProgress": "running",
    "extracting": "running",
    "validating": "running",
    "success": "succeeded",
    "error": "failed",
    "validationError": "failed",
    "quarantined": "failed",
    "paused": "failed",
}
"""Every documented `status` of a sync. Any other counts as running."""

STATUSES = {*PROGRESS, "unknownFutureValue"}
RUNNING = frozenset(status for status, state in PROGRESS.items() if state == "running")
IDLE = {None, *PROGRESS.keys() - RUNNING}
"""The values of `status` while no sync is running; null before the first sync."""

STATUS_FIELDS = ("status", "lastSynchronizationDateTime", "lastActivityDateTime")
"""The fields of a status that are stored. The others may contain free text."""

LOST_PROCESS_SECONDS = 30.0
"""How long after the claim a sync may begin to count as ours, if the process was lost."""

DATE_RESOLUTION = 1.0
"""In seconds: the header `Date` has no fractions."""


def read_start_answer(answer: GraphAnswer, call: Call) -> StartAnswer:
    """The answer in a response of `start` with the status 2xx or 400: the body decides.

    docs/service-facts.md#start-of-a-profile
    """
    messages = verification_messages(answer.body)
    if answer.status == httpx.codes.BAD_REQUEST:
        return StartAnswer(started=False, messages=messages, note=_graph_error(answer.body))
    if not answer.empty and not _documented(answer.body):
        raise AnswerLostError(
            f"Microsoft Graph answered {answer.status} to {call.what} without the expected body,"
            " so its outcome is not known."
        )
    refused = any(severity(message) == "error" for message in messages)
    return StartAnswer(started=not refused, messages=messages)


def verification_messages(body: Any) -> tuple[VerificationMessage, ...]:
    """The messages in a body, unchanged: `{"value": [...]}` or an array."""
    items = body.get("value") if isinstance(body, dict) else body
    if not isinstance(items, list):
        return ()
    return tuple(_message(item) for item in items if isinstance(item, dict))


def proves_start(
    before: Mapping[str, Any], now: Mapping[str, Any], under_way: float | None
) -> bool:
    """Whether a status shows a sync that began while a start after `before` was under way.

    A sync that was, or may have been, running before proves nothing. One that began earlier may
    have been missing from a status that lags behind, and one that began later may be somebody
    else's. All times are by the service's own clock.
    """
    asked_at = before.get("askedAt")
    if asked_at is None or "status" not in before or before["status"] not in IDLE:
        return False
    seen_at = _active_at(before, now)
    longest = LOST_PROCESS_SECONDS if under_way is None else under_way
    return seen_at is not None and asked_at <= seen_at <= asked_at + longest + DATE_RESOLUTION


def _active_at(before: Mapping[str, Any], now: Mapping[str, Any]) -> float | None:
    """When the current sync started or the last one ended; None if neither is known."""
    status = now.get("status")
    if status in RUNNING:
        name = "lastActivityDateTime"
    elif status == "success":
        name = "lastSynchronizationDateTime"
    else:
        return None
    return moment(now.get(name)) if now.get(name) != before.get(name) else None


def has_changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return any(before.get(name) != now.get(name) for name in STATUS_FIELDS)


def _documented(body: Any) -> bool:
    if isinstance(body, dict):
        annotated = all(name.startswith("@") for name in body)
        body = [] if annotated else None if "error" in body else body.get("value")
    return isinstance(body, list) and all(isinstance(item, dict) for item in body)


def _message(item: dict[str, Any]) -> VerificationMessage:
    # Older pages of the documentation spell it `filename`.
    return VerificationMessage(
        type=text_of(item, "type"),
        file_name=text_of(item, "fileName") or text_of(item, "filename"),
        description=text_of(item, "description"),
    )


def _graph_error(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    code = kept_code(text_of(error, "code"))
    return f"The service refused the start with the code {code}." if code else ""
