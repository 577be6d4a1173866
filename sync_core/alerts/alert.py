"""Posts an alert card for each run that needs attention, from the events on the results queue.

The request body works with a Teams workflow ("When a Teams webhook request is received"), which
posts the card, and with any webhook that reads JSON: `event` contains the same facts. Neither
contains a message of the service, a cell value or a signature; only outcome, counts, file names,
findings of validation and what to do.
"""

import logging
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from sync_core.model.documents import MessageLine
from sync_core.model.errors import ServiceUnreachableError, UnexpectedAnswerError
from sync_core.model.event_documents import HoldReminderEvent, RunFinishedEvent, SyncEndedEvent
from sync_core.model.file_names import shown_name
from sync_core.model.messages import level_of
from sync_core.model.outcomes import Outcome
from sync_core.results.store import ResultsStore

log = logging.getLogger("sis_sync")

Event = RunFinishedEvent | SyncEndedEvent | HoldReminderEvent

KNOWN: Mapping[str, type[Event]] = {
    field.default: kind
    for kind in (RunFinishedEvent, SyncEndedEvent, HoldReminderEvent)
    for field in msgspec.structs.fields(kind)
    if field.name == "type"
}
"""The event types that this version can read, by name."""

ALERTING = frozenset({"error", "critical"})
"""The severities that cause an alert. Alerts for successful runs would soon be ignored."""

COLOURS: Mapping[str, str] = {"critical": "attention", "error": "warning"}
TIMEOUT_SECONDS = 20.0

PROBLEMS_SHOWN = 3
"""How many findings a card shows, each of another rule. Teams accepts cards up to 28 KB."""


class Webhook:
    """The webhook that cards are posted to. Its address is a secret: whoever knows it can post."""

    def __init__(self, address: str, transport: httpx.BaseTransport | None = None) -> None:
        self._address = address
        # httpx logs the address of every request, and this one is a secret, so its log is turned
        # off even if an operator has enabled debug logging.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        # trust_env=False: the secret address must not go to a proxy from the environment.
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, transport=transport)

    def post(self, body: Mapping[str, Any]) -> None:
        """Post once; the queue retries. Raises ServiceUnreachableError if it was not accepted."""
        try:
            response = self._http.post(self._address, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _refused(type(error).__name__) from None
        if not response.is_success:
            raise _refused(str(response.status_code))


def alert_on_event(body: bytes, webhook: Webhook, results: ResultsStore) -> bool:
    """Post a card for one event; False if it needs no alert, or its card was already posted.

    Queues deliver at least once, so a record beside the result says that the card was posted.
    """
    event = _event(body)
    if event is None or event.data.severity not in ALERTING:
        return False
    posted = f"{event.data.feed}/{event.data.run}/steps/alerted-{_kind(event)}.json"
    if results.has(posted):
        return False
    webhook.post(message(event))
    results.create(posted, msgspec.json.encode({"id": event.id}))
    log.info("feed %s: posted an alert card for run %s", event.data.feed, event.data.run)
    return True


def _kind(event: Event) -> str:
    match event:
        case SyncEndedEvent():
            return "sync"
        case HoldReminderEvent():
            return f"reminder-{event.data.number}"
        case _:
            return "run"


def message(event: Event) -> dict[str, Any]:
    """The request body: an Adaptive Card for Teams, and the same facts as JSON."""
    return {
        "type": "message",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "content": card(event)}
        ],
        "event": {
            "id": event.id,
            "type": event.type,
            "time": event.time,
            **_facts(event),
            "problems": [_problem_facts(problem) for problem in _problems(event)],
        },
    }


def card(event: Event) -> dict[str, Any]:
    """The card: which feed, how its run ended, what to do, and where the result is."""
    facts = _facts(event)
    shown = [{"title": name, "value": str(value)} for name, value in facts.items() if value != ""]
    title = f"{event.data.feed}: {facts.get('outcome') or facts['status']}"
    title += " (nothing was sent)" if facts.get("outcome") == Outcome.DRY_RUN else ""
    colour = COLOURS.get(event.data.severity, "default")
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            _text_block(title, size="Large", weight="Bolder", color=colour),
            _text_block(event.data.summary),
            *(_problem_block(problem) for problem in _problems(event)),
            {"type": "FactSet", "facts": shown},
        ],
    }


def _problems(event: Event) -> list[MessageLine]:
    """The most important error of each of the first rules whose errors stopped the run."""
    lines = event.data.messages if isinstance(event, RunFinishedEvent) else ()
    first: dict[str, MessageLine] = {}
    for line in lines:
        if line.rule and line.source == "validation" and level_of(line.type) == "error":
            first.setdefault(line.rule, line)
    return list(first.values())[:PROBLEMS_SHOWN]


def _problem_block(problem: MessageLine) -> dict[str, Any]:
    # A text run shows a text as it is. A text block would read Markdown in the name of a file.
    runs: list[dict[str, Any]] = [
        {"type": "TextRun", "text": f"{shown_name(problem.file_name)}: ", "weight": "Bolder"},
        {"type": "TextRun", "text": f"{problem.description.removesuffix('.')}. "},
        {"type": "TextRun", "text": problem.advice or "", "italic": True},
    ]
    return {"type": "RichTextBlock", "inlines": [run for run in runs if run["text"]]}


def _problem_facts(problem: MessageLine) -> dict[str, Any]:
    return {
        "file": shown_name(problem.file_name),
        "rule": problem.rule,
        "finding": problem.description,
        "advice": problem.advice,
        "rows": problem.rows,
    }


def _text_block(text: str, **style: str) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **style}


def _facts(event: Event) -> dict[str, Any]:
    data = event.data
    common = {
        "feed": data.feed,
        "run": data.run,
        "severity": data.severity,
        "result": data.result,
        "report": data.report or "",
    }
    if isinstance(event, HoldReminderEvent):
        data = event.data
        number = f"{data.number} of {data.last}"
        return {**common, "outcome": "held", "reminder": number, "action": data.action}
    if isinstance(event, SyncEndedEvent):
        return {**common, "status": event.data.status, "errors": sum(event.data.errors.values())}
    return {
        **common,
        "outcome": str(event.data.outcome),
        "action": event.data.action,
        "errors": event.data.counts.errors,
        "warnings": event.data.counts.warnings,
        "missing": ", ".join(event.data.missing),
        "error": event.data.error.message if event.data.error else "",
    }


def _event(body: bytes) -> Event | None:
    """The event, or None if this version does not know its type."""
    try:
        known = KNOWN.get(msgspec.json.decode(body, type=_Typed).type)
        return None if known is None else msgspec.json.decode(body, type=known)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UnexpectedAnswerError(
            "A message on the results queue is not an event of this app. Inspect the message in"
            " the poison queue, and make sure that only the app writes to the results queue."
        ) from None


class _Typed(msgspec.Struct):
    type: str


def _refused(how: str) -> ServiceUnreachableError:
    return ServiceUnreachableError(
        f"The webhook in SIS_ALERT_WEBHOOK did not accept a card ({how}); retrying. If this"
        " continues, check that its workflow is turned on and that the setting has its current"
        " address."
    )
