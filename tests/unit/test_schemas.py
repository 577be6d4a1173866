"""The published schemas: the committed ones are the types', and every document keeps to its own."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, ValidationError

from sync_core.guards.decisions import (
    HeldRun,
    RunReference,
    Signed,
    decided,
    paused,
    resumed,
    settled,
)
from sync_core.model.documents import (
    MessageCounts,
    RunError,
    Step,
    TargetReference,
    message_line,
    rfc3339,
)
from sync_core.model.holds import Hold, PreviewLine, Redelivery, Trip
from sync_core.model.messages import Finding, VerificationMessage
from sync_core.model.outcomes import Outcome
from sync_core.model.validation_document import (
    ValidatedExport,
    ValidatedFile,
    ValidationDocument,
)
from sync_core.orchestration.steps import Publication, Verdict
from sync_core.results.building import GuardFacts, run_result, sync_end
from sync_core.results.events import ended_event, finished_event, reminder_event
from sync_core.results.schemas import DOCUMENTS, rendered, schema, write
from sync_core.targets import Progress
from tests.unit.product_kit import PROFILE, file_set

COMMITTED = Path(__file__).parents[2] / "schemas"

MESSAGES = (
    VerificationMessage(type="odd", file_name="", description="x"),
    Finding(type="Error", file_name="a.csv", description="y", rule="r", rows=(2,), count=3),
    Finding(type="Warning", description="z", rule="r", field="SIS ID"),
)


SIGNED = Signed("ann@example.org", rfc3339(1.0), "asked the school")
PAUSE = paused("northwind", SIGNED)
HOLD = Hold(
    feed="northwind",
    run=file_set().run,
    generation=file_set().generation,
    trips=(
        Trip(
            guard="removed", count=200, of=400, kind="student", sentence="Missing.", advice="Look."
        ),
    ),
    held_at=rfc3339(0),
)
HELD_RUN = HeldRun("northwind", HOLD.run, HOLD, None, HOLD.run, HOLD.generation)
DECISION = decided(HELD_RUN, "approved", SIGNED)
ENDED_RUN = RunReference("northwind", HOLD.run, HOLD.generation)
SETTLEMENT = settled(ENDED_RUN, Outcome.UNKNOWN, None, SIGNED, started=True)
REDELIVERY = Redelivery(
    feed="northwind",
    run=HOLD.run,
    generation=HOLD.generation,
    folder="northwind/redelivered",
    by=SIGNED.by,
    redelivered_at=SIGNED.at,
)
VALIDATION = ValidationDocument(
    app_version="1",
    exit_code=2,
    fail_on="error",
    rules={"duplicate": "error"},
    counts=MessageCounts(errors=2, warnings=1),
    exports=(
        ValidatedExport(
            path="export",
            format="sds-v1",
            files=(ValidatedFile(name="a.csv", rows=3),),
            counts=MessageCounts(errors=2, warnings=1),
            findings=tuple(map(message_line, MESSAGES)),
        ),
        ValidatedExport(path="nowhere", error="nowhere does not exist."),
    ),
)
PREVIEW = PreviewLine(
    kind="student",
    file="student.csv",
    whole_feed=True,
    before=400,
    now=200,
    removed=200,
    moved=0,
    changed_role=0,
    added=0,
)


def documents(verdict: Verdict, progress: Progress) -> dict[str, list[Any]]:
    """One run's documents as JSON, by the name of their schema."""
    step = Step(name="start", started_at=rfc3339(0), ended_at=rfc3339(1.5), seconds=1.5)
    publication = Publication(
        feed="northwind",
        since=0.0,
        now=1.5,
        files=file_set(),
        verdict=verdict,
        steps=(step,),
        started_at=0.0,
    )
    target = TargetReference(kind="classic", id=PROFILE)
    result = run_result(
        publication, MESSAGES, {"school.csv": 3}, target=target, format_name="sds-v1"
    )
    held = run_result(
        msgspec.structs.replace(publication, verdict=Verdict(outcome=Outcome.HELD)),
        (),
        {},
        target=target,
        format_name="sds-v1",
        guards=GuardFacts("r", HOLD, DECISION),
    )
    lines = [message_line(message) for message in MESSAGES]
    end = sync_end(file_set(), progress, now=2.0, overdue=progress.state == "running")
    found: dict[str, list[msgspec.Struct]] = {
        "result": [result, held],
        "message": list(lines),
        "sync": [end],
        "run-finished-event": [finished_event(result, lines, "https://a.example/r")],
        "sync-ended-event": [ended_event(file_set(), end, "https://a.example/s")],
        "run-reminder-event": [
            reminder_event(HOLD, "https://a.example/r", number=2, last=7, now=3.0)
        ],
        "preview": [PREVIEW],
        "decision": [DECISION],
        "settlement": [SETTLEMENT],
        "redelivery": [REDELIVERY, msgspec.structs.replace(REDELIVERY, by=None)],
        "pause": [paused("northwind", SIGNED), resumed("northwind", PAUSE, SIGNED)],
        "validation": [VALIDATION],
    }
    return {
        name: [msgspec.json.decode(msgspec.json.encode(each)) for each in these]
        for name, these in found.items()
    }


ENDED = Progress(status="error", state="failed", errors={"UnmatchedEntry": 2})
EVERY = documents(Verdict(outcome=Outcome.STARTED), ENDED)
EACH_DOCUMENT = pytest.mark.parametrize("name", sorted(DOCUMENTS))


def check(name: str, document: Any) -> None:
    Draft202012Validator(
        msgspec.json.decode((COMMITTED / f"{name}.schema.json").read_bytes())
    ).validate(document)


@EACH_DOCUMENT
def test_the_committed_schema_is_the_types(name: str) -> None:
    committed = (COMMITTED / f"{name}.schema.json").read_text(encoding="utf-8")
    assert committed == rendered(name), "run `make schemas`, and commit what it writes"


def test_no_schema_is_committed_that_no_document_has(tmp_path: Path) -> None:
    write(tmp_path / "schemas")
    written = {path.name for path in (tmp_path / "schemas").iterdir()}
    assert {path.name for path in COMMITTED.iterdir()} == written
    assert len(written) == len(DOCUMENTS)


@EACH_DOCUMENT
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema(name)["$id"] == f"urn:sis-sync:schema:{name}:1"


@pytest.mark.parametrize("outcome", Outcome)
def test_every_document_of_every_outcome_keeps_to_its_schema(outcome: Outcome) -> None:
    error = RunError(code="x", message="y") if outcome is Outcome.FAILED else None
    verdict = Verdict(outcome=outcome, error=error, missing=("a.csv",), sent=True)
    for name, found in documents(verdict, ENDED).items():
        for document in found:
            check(name, document)


@pytest.mark.parametrize(
    "progress",
    [
        ENDED,
        Progress(status="success", state="succeeded"),
        Progress(status="unknown", state="running"),
    ],
)
def test_every_end_of_a_sync_keeps_to_its_schema(progress: Progress) -> None:
    found = documents(Verdict(outcome=Outcome.STARTED), progress)
    for name in ("sync", "sync-ended-event"):
        check(name, found[name][0])


@EACH_DOCUMENT
def test_a_field_of_a_later_version_does_not_break_a_reader(name: str) -> None:
    document = EVERY[name][0]
    check(name, {**document, "addedLater": True})
    if "data" in document:
        check(name, {**document, "data": {**document["data"], "addedLater": True}})


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("result", "outcome"),
        ("result", "version"),
        ("result", "sent"),
        ("message", "type"),
        ("sync", "ended"),
        ("run-finished-event", "id"),
        ("run-finished-event", "type"),
        ("run-finished-event", "specversion"),
        ("sync-ended-event", "data"),
    ],
)
def test_a_document_without_what_readers_rely_on_is_none(name: str, field: str) -> None:
    document = {key: value for key, value in EVERY[name][0].items() if key != field}
    with pytest.raises(ValidationError, match=f"'{field}' is a required property"):
        check(name, document)


@pytest.mark.parametrize(
    ("field", "value"),
    [("outcome", "splendid"), ("severity", "bad"), ("startedAt", "yesterday"), ("version", 2)],
)
def test_a_word_that_is_not_agreed_is_not_let_through(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        check("result", {**EVERY["result"][0], field: value})
