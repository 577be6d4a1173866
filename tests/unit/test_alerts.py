"""Who is told of what, how often, and what is never told."""

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import msgspec
import pytest
from azure.storage.blob import ContainerClient

from sync_core.alerts.alert import Webhook, alert_on_event, message
from sync_core.formats.rules import RULES
from sync_core.model.documents import RunError, TargetReference, message_line, rfc3339
from sync_core.model.errors import ServiceUnreachableError, UnexpectedAnswerError
from sync_core.model.event_documents import HoldReminderEvent, RunFinishedEvent, SyncEndedEvent
from sync_core.model.holds import Hold, Trip
from sync_core.model.messages import Finding, VerificationMessage
from sync_core.model.outcomes import OUTCOMES, Outcome
from sync_core.orchestration.steps import Publication, Verdict
from sync_core.results.building import run_result, sync_end
from sync_core.results.events import ended_event, finished_event, reminder_event
from sync_core.results.store import ResultsStore
from sync_core.targets import Progress
from tests.unit.product_kit import PROFILE, file_set

ADDRESS = "https://hooks.example/workflows/SECRETPATH?sig=SECRETSIGNATURE"
RESULT = "https://a.blob.core.windows.net/sis-results/northwind/run/result.json"
REPORT = RESULT.replace("result.json", "report.html")
SENTINEL = "Zoe Sentinel"
SAID = VerificationMessage(type="Error", file_name="student.csv", description=SENTINEL)


class Receiver:
    """The far end of a webhook: answers as told, and keeps what was posted."""

    def __init__(self, *answers: int | Exception) -> None:
        self.posted: list[dict[str, Any]] = []
        self._answers = list(answers) or [202]
        self.webhook = Webhook(ADDRESS, httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.posted.append(json.loads(request.content))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer)


@pytest.fixture
def store(results_container: ContainerClient) -> ResultsStore:
    return ResultsStore(results_container)


def finished(
    outcome: Outcome,
    error: RunError | None = None,
    said: Sequence[VerificationMessage] = (SAID,),
) -> RunFinishedEvent:
    publication = Publication(
        feed="northwind",
        since=0,
        now=60,
        files=file_set(),
        verdict=Verdict(outcome=outcome, error=error),
        steps=(),
        started_at=0,
    )
    result = run_result(
        publication,
        said,
        {},
        target=TargetReference(kind="classic", id=PROFILE),
        format_name="sds-v1",
    )
    return finished_event(result, [*map(message_line, said)], RESULT)


def ended(state: Any, status: str = "quarantined") -> SyncEndedEvent:
    progress = Progress(status=status, state=state, errors={"Invalid": 3})
    end = sync_end(file_set(), progress, now=0, overdue=False)
    return ended_event(file_set(), end, RESULT, report=REPORT)


def reminder(number: int) -> HoldReminderEvent:
    trip = Trip(guard="removed", count=200, of=400, sentence="Missing: 200.", advice="Look at it.")
    hold = Hold(
        feed="northwind",
        run=file_set().run,
        generation=file_set().generation,
        trips=(trip,),
        held_at=rfc3339(0),
    )
    return reminder_event(hold, RESULT, report=REPORT, number=number, last=7, now=86_400.0)


def body(event: RunFinishedEvent | SyncEndedEvent | HoldReminderEvent) -> bytes:
    return msgspec.json.encode(event)


@pytest.mark.parametrize("outcome", Outcome)
def test_people_are_alerted_to_what_needs_them_and_to_nothing_else(
    outcome: Outcome, store: ResultsStore
) -> None:
    receiver = Receiver()
    told = alert_on_event(body(finished(outcome)), receiver.webhook, store)
    assert told is (OUTCOMES[outcome].severity in ("error", "critical"))
    assert len(receiver.posted) == told


def test_people_are_reminded_of_a_hold_once_by_each_reminder(store: ResultsStore) -> None:
    receiver = Receiver()
    for event in (reminder(1), reminder(1), reminder(2)):
        alert_on_event(body(event), receiver.webhook, store)
    first, second = receiver.posted
    assert (first["event"]["reminder"], second["event"]["reminder"]) == ("1 of 7", "2 of 7")
    assert "sis-sync approve northwind" in first["event"]["action"]
    card = str(first["attachments"])
    assert "northwind: held" in card
    assert REPORT in card
    assert "Missing: 200." in card


@pytest.mark.parametrize(("state", "count"), [("failed", 1), ("succeeded", 0)])
def test_people_are_alerted_to_a_sync_that_ended_badly(
    state: str, count: int, store: ResultsStore
) -> None:
    receiver = Receiver()
    alert_on_event(body(ended(state)), receiver.webhook, store)
    assert [REPORT in str(card["attachments"]) for card in receiver.posted] == [True] * count


def test_a_message_that_comes_twice_is_reported_once(store: ResultsStore) -> None:
    receiver = Receiver()
    event = body(finished(Outcome.FAILED))
    assert alert_on_event(event, receiver.webhook, store)
    assert not alert_on_event(event, receiver.webhook, store)
    assert len(receiver.posted) == 1


def test_the_end_of_a_run_and_of_its_sync_are_two_things_to_tell(store: ResultsStore) -> None:
    receiver = Receiver()
    alert_on_event(body(finished(Outcome.UNKNOWN)), receiver.webhook, store)
    alert_on_event(body(ended("failed")), receiver.webhook, store)
    assert len(receiver.posted) == 2


@pytest.mark.parametrize("answer", [400, 429, 500, httpx.ConnectError("SECRETPATH")])
def test_what_was_not_taken_is_tried_again_by_the_queue(
    answer: int | Exception, store: ResultsStore
) -> None:
    receiver = Receiver(answer, 202)
    event = body(finished(Outcome.FAILED))
    with pytest.raises(ServiceUnreachableError, match="SIS_ALERT_WEBHOOK") as caught:
        alert_on_event(event, receiver.webhook, store)
    assert "SECRET" not in f"{caught.value!r}"
    assert alert_on_event(event, receiver.webhook, store)


def test_a_redirect_is_not_followed(store: ResultsStore) -> None:
    with pytest.raises(ServiceUnreachableError, match="302"):
        alert_on_event(body(finished(Outcome.FAILED)), Receiver(302).webhook, store)


def test_the_address_is_in_no_log(every_log: pytest.LogCaptureFixture, store: ResultsStore) -> None:
    alert_on_event(body(finished(Outcome.FAILED)), Receiver().webhook, store)
    assert "SECRET" not in every_log.text
    assert logging.getLogger("httpx").level == logging.WARNING


@pytest.mark.parametrize("make", [lambda: finished(Outcome.REFUSED), lambda: ended("failed")])
def test_no_message_of_the_service_is_passed_on(
    make: Callable[[], RunFinishedEvent | SyncEndedEvent],
) -> None:
    assert SENTINEL not in json.dumps(message(make()))


def test_the_card_says_what_happened_to_whom_and_what_to_do() -> None:
    error = RunError(code="access-denied", message="Grant the permission.")
    event = finished(Outcome.FAILED, error)
    (attachment,) = message(event)["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    title, summary, facts = card["body"]
    assert title["text"] == "northwind: failed"
    assert title["color"] == "attention"
    assert summary["text"] == event.data.summary
    shown = {fact["title"]: fact["value"] for fact in facts["facts"]}
    assert shown["action"] == event.data.action
    assert shown["error"] == "Grant the permission."
    assert shown["result"] == RESULT
    assert shown["errors"] == "1"
    assert "missing" not in shown


def rejected(*findings: Finding) -> RunFinishedEvent:
    return finished(Outcome.REJECTED, said=findings)


def finding(rule: str, file: str = "student.csv", kind: str = "Error") -> Finding:
    return Finding(type=kind, file_name=file, description=f"{rule} found", rule=rule, rows=(4,))


def test_a_card_about_a_rejected_export_says_what_was_found_and_what_to_do() -> None:
    event = rejected(
        finding("date-format"),
        finding("header-misspelt", kind="Warning"),
        finding("date-format", "teacher.csv"),
        finding("duplicate"),
        finding("quotes"),
        finding("value-missing"),
    )
    posted = message(event)
    body = posted["attachments"][0]["content"]["body"]
    blocks = [block for block in body if block["type"] == "RichTextBlock"]
    texts = ["".join(run["text"] for run in block["inlines"]) for block in blocks]
    assert texts == [
        f"student.csv: {rule} found. {RULES[rule].advice}"
        for rule in ("date-format", "duplicate", "quotes")
    ]
    problem = posted["event"]["problems"][0]
    assert problem["rule"] == "date-format"
    assert problem["advice"] == RULES["date-format"].advice
    assert problem["rows"] == (4,)


def test_the_name_of_a_file_is_text_in_a_card_whatever_it_contains() -> None:
    event = rejected(finding("clever", "[x](https://evil.example)\u202e<b>.csv"))
    block = message(event)["attachments"][0]["content"]["body"][2]
    assert block["inlines"][0] == {
        "type": "TextRun",
        "text": "[x](https://evil.example)\\u202e<b>.csv: ",
        "weight": "Bolder",
    }


def test_a_card_with_the_longest_findings_is_small_enough_for_teams() -> None:
    rules = ("duplicate", "quotes", "nul", "footer")
    found = [
        Finding(type="Error", file_name="\U0001f392" * 5_000, description="x" * 5_000, rule=rule)
        for rule in rules
    ]
    assert len(json.dumps(message(rejected(*found)), ensure_ascii=False).encode()) < 28_000


def test_a_card_about_a_sync_names_its_status() -> None:
    card = message(ended("failed"))["attachments"][0]["content"]
    assert card["body"][0]["text"] == "northwind: quarantined"
    assert {"title": "errors", "value": "3"} in card["body"][2]["facts"]


def test_a_plain_webhook_finds_the_same_facts() -> None:
    event = finished(Outcome.HELD)
    facts = message(event)["event"]
    assert facts["id"] == event.id
    assert (facts["outcome"], facts["severity"], facts["errors"]) == ("held", "error", 1)


def test_an_event_of_a_later_version_is_let_pass(store: ResultsStore) -> None:
    receiver = Receiver()
    later = b'{"type": "org.sis-sync.run.finished.v2", "data": 7}'
    assert not alert_on_event(later, receiver.webhook, store)
    assert receiver.posted == []


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"Zoe", b"\xff"])
def test_what_is_no_event_is_refused_and_not_quoted(text: bytes, store: ResultsStore) -> None:
    with pytest.raises(UnexpectedAnswerError, match="results queue") as caught:
        alert_on_event(text, Receiver().webhook, store)
    assert "Zoe" not in str(caught.value)
