"""Telling people: a card for each run that needs somebody, from what lies on the results queue.

The body suits a Teams workflow ("when a webhook request is received"), which posts its card, and
any webhook that reads JSON: there the same facts stand in `event`. Neither holds a message of the
service, a cell value or a signature: outcome, counts, names of files, and what to do.
"""

import logging
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from sync_core.model.documents import RunFinishedEvent, SyncEndedEvent
from sync_core.model.errors import ServiceUnreachableError, UnexpectedAnswerError
from sync_core.model.outcomes import Outcome
from sync_core.results.store import ResultsStore

log = logging.getLogger("sis_sync")

Event = RunFinishedEvent | SyncEndedEvent

KNOWN: Mapping[str, type[Event]] = {
    field.default: kind
    for kind in (RunFinishedEvent, SyncEndedEvent)
    for field in msgspec.structs.fields(kind)
    if field.name == "type"
}
"""The types of events that this version reads, by their names."""

TELLING = frozenset({"error", "critical"})
"""The severities that somebody is told of. A mail for every good night is soon read by nobody."""

COLOURS: Mapping[str, str] = {"critical": "attention", "error": "warning"}
TIMEOUT_SECONDS = 20.0


class Webhook:
    """Where cards go. The address is a secret: whoever knows it can post. It is never shown."""

    def __init__(self, address: str, transport: httpx.BaseTransport | None = None) -> None:
        self._address = address
        # httpx logs each address that it calls, and this one is a secret, path and all: even where
        # an operator has asked for every log.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        # Proxies and .netrc of the environment have no business with the address.
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, transport=transport)

    def post(self, body: Mapping[str, Any]) -> None:
        """Post once; the queue tries again. ServiceUnreachableError: it was not taken."""
        try:
            response = self._http.post(self._address, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _refused(type(error).__name__) from None
        if not response.is_success:
            raise _refused(str(response.status_code))


def alert_on_event(body: bytes, webhook: Webhook, results: ResultsStore) -> bool:
    """Tell of one event of the results queue; False where nobody has to be told, or was already.

    Queues deliver at least once, so what was told is kept beside the result, by the event's id.
    """
    event = _event(body)
    if event is None or event.data.severity not in TELLING:
        return False
    told = f"{event.data.feed}/{event.data.run}/steps/told-{_kind(event)}.json"
    if results.has(told):
        return False
    webhook.post(message(event))
    results.create(told, msgspec.json.encode({"id": event.id}))
    log.info("told of run %s of feed %s", event.data.run, event.data.feed)
    return True


def message(event: Event) -> dict[str, Any]:
    """What is posted: an Adaptive Card as Teams takes it, and the facts of it as plain JSON."""
    return {
        "type": "message",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "content": card(event)}
        ],
        "event": {"id": event.id, "type": event.type, "time": event.time, **_facts(event)},
    }


def card(event: Event) -> dict[str, Any]:
    """One glance: how it ended, for whom, what to do, and where the result lies."""
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
            {"type": "FactSet", "facts": shown},
        ],
    }


def _text_block(text: str, **style: str) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **style}


def _facts(event: Event) -> dict[str, Any]:
    data = event.data
    common = {"feed": data.feed, "run": data.run, "severity": data.severity, "result": data.result}
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


def _kind(event: Event) -> str:
    return "sync" if isinstance(event, SyncEndedEvent) else "run"


def _event(body: bytes) -> Event | None:
    """The event, or None where it is of a type that this version does not know."""
    try:
        known = KNOWN.get(msgspec.json.decode(body, type=_Typed).type)
        return None if known is None else msgspec.json.decode(body, type=known)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UnexpectedAnswerError(
            "A message on the results queue is not an event of this program. Look at its poison"
            " queue, and let nobody else write to it."
        ) from None


class _Typed(msgspec.Struct):
    type: str


def _refused(how: str) -> ServiceUnreachableError:
    return ServiceUnreachableError(
        f"The webhook of SIS_ALERT_WEBHOOK did not take a card ({how}); it is tried again. If this"
        " lasts, check that its workflow is on and that the setting holds its newest address."
    )
