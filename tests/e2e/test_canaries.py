"""Sentinels go in as pupils' data and as secrets; no place that anybody reads gives one back.

Logs run at DEBUG for every library. What is searched: the host's standard error, everything in its
state folder (durable history, inbox, receipts), the results container, the results queue, the cards
made from it and what a console shows. The landing container and the service's upload container hold
the data itself, as they must; a text of the service that quotes a cell stands in `messages.jsonl`,
and in the records of the steps that `messages.jsonl` is made from.
"""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from local.graph.documents import Step, SyncError
from local.graph.industry_documents import ErrorDetail, InnerError, PublicError
from local.narration import Narrator, print_messages, print_verdict
from local.storage import KEY
from sync_core.alerts import alert as alerts
from tests.e2e.conftest import CLEAN, Pipeline
from tests.e2e.targets import INDUSTRY_DATA_ROLES

CANARY = "Zqxcanary"
SCHOOL = "Zqxschool"
"""Begins the names of schools, which the feeds of these tests show in reports."""
PASSWORD = f"{CANARY}-P4ssw0rd!"
DATA = re.compile(CANARY.encode())
SCHOOL_NAME = re.compile(SCHOOL.encode())
ACCOUNT_KEY = re.compile(re.escape(KEY).encode())
SIGNATURE = re.compile(rb"sig=(?!REDACTED)[^\s&\"']", re.IGNORECASE)
TOKEN = re.compile(rb"eyJ[\w-]{8,}\.")
DEBUG = {"SIS_LOCAL_LOG_LEVEL": "Debug"}

Scenario = Callable[[Pipeline], str]


QUOTING = (
    f"The value {CANARY}6 in GradeLevelCode for {CANARY}3110_10 isn't found in RefGradeLevel."
    " Correct source system."
)
QUOTED = "The value … in GradeLevelCode for … isn't found in RefGradeLevel. Correct source system."
UNKNOWN = f"{CANARY} Ann Bell was already here."
VERBATIM = ("/messages.jsonl", "/steps/start.json", "/steps/verify.json")
"""Where a text of the service may quote a cell: the messages, and the records they come from."""


def messages_of(kind: str) -> str:
    """The body of a start's answer with texts of the service that quote cells."""
    told = [
        {"type": kind, "fileName": "student.csv", "description": QUOTING},
        {"type": kind, "fileName": f"{CANARY}.csv", "description": UNKNOWN},
        {
            "type": kind,
            "fileName": "student.csv",
            "description": f"5 row(s) have missing data for the field - {CANARY}",
        },
    ]
    return json.dumps({"value": told})


def started(pipeline: Pipeline) -> str:
    pipeline.graph.change_profile(
        pipeline.profile,
        states=[Step(CANARY, polls=1), "provisioned"],
        sync=[Step(CANARY, polls=1), "error"],
        status_message=UNKNOWN,
        sync_errors=[
            SyncError(
                error_code=f"{CANARY}Code",
                joining_value=f"{CANARY}-id",
                error_message=f"{CANARY} was not found.",
            )
        ],
    )
    return "started"


def started_with_warnings(pipeline: Pipeline) -> str:
    pipeline.graph.fault("start", when="after", status=200, body=messages_of("Warning"))
    return "started_with_warnings"


def refused_with_messages(pipeline: Pipeline) -> str:
    pipeline.graph.fault("start", status=400, body=messages_of("Error"))
    return "refused"


def refused_with_an_unknown_type(pipeline: Pipeline) -> str:
    pipeline.graph.fault("start", status=200, body=messages_of(CANARY))
    return "refused"


def rejected_by_validation(pipeline: Pipeline) -> str:
    return "rejected"


def refused_by_the_service(pipeline: Pipeline) -> str:
    error = f'{{"error": {{"code": "{CANARY}Code", "message": "{CANARY} is not a value"}}}}'
    pipeline.graph.fault("start", status=400, body=error)
    return "refused"


def lost_on_the_way(pipeline: Pipeline) -> str:
    pipeline.graph.fault("start", drop="before")
    return "unknown"


def refused_at_the_upload(pipeline: Pipeline) -> str:
    pipeline.graph.change_profile(pipeline.profile, sas_seconds=-60)
    return "failed"


def an_answer_that_is_not_one(pipeline: Pipeline) -> str:
    pipeline.graph.fault("get_profile", status=418, body=f"<p>{CANARY}</p>")
    return "failed"


def industry_data(pipeline: Pipeline, scenario: Scenario) -> dict[str, str]:
    pipeline.graph.change_identity(roles=INDUSTRY_DATA_ROLES)
    error = PublicError(f"{CANARY}Code", f"{CANARY} in a text of the service")
    pipeline.graph.change_runs(run=[Step(CANARY, polls=1), "failed"], blocking_error=error)
    flow, _ = pipeline.graph.create_inbound_flow(
        file_format="schoolDataSyncV1",
        readiness=[Step(CANARY, polls=1), "ready"],
        **_verification(scenario),
    )
    return {"target": "industry-data", "inboundFlowId": flow}


def _verification(scenario: Scenario) -> dict[str, Any]:
    """What the service finds in the files, quoting cells in every field that holds a text."""
    quoting = PublicError(
        f"{CANARY}Code",
        QUOTING,
        f"{CANARY}.csv",
        details=[ErrorDetail(f"{CANARY}Code", UNKNOWN, "student.csv")],
        inner_error=InnerError(CANARY, QUOTING, CANARY),
    )
    return {
        "industry_data_refused": {"errors": [quoting], "warnings": [quoting]},
        "industry_data_warned": {"warnings": [quoting]},
    }.get(scenario.__name__, {})


def industry_data_started(pipeline: Pipeline) -> str:
    statistics = {
        "inboundTotals": {"matchedPeopleByRole": [{"role": f"{CANARY}role", "count": 2}]},
        "activityStatistics": [{"displayName": CANARY, "status": CANARY}],
    }
    pipeline.graph.fault("get_statistics", status=200, body=json.dumps(statistics))
    return "started"


def industry_data_refused(pipeline: Pipeline) -> str:
    return "refused"


def industry_data_warned(pipeline: Pipeline) -> str:
    return "started_with_warnings"


def industry_data_upload_refused(pipeline: Pipeline) -> str:
    pipeline.graph.fault("lake_append", status=403, body=f"<Error>{CANARY}</Error>", times=99)
    return "failed"


def industry_data_start_lost(pipeline: Pipeline) -> str:
    pipeline.graph.fault("runs_start", drop="before")
    return "unknown"


QUOTING_CELLS = [
    started_with_warnings,
    refused_with_messages,
    refused_with_an_unknown_type,
    industry_data_refused,
    industry_data_warned,
]
SCENARIOS = [
    *QUOTING_CELLS,
    started,
    rejected_by_validation,
    refused_by_the_service,
    lost_on_the_way,
    refused_at_the_upload,
    an_answer_that_is_not_one,
    industry_data_started,
    industry_data_upload_refused,
    industry_data_start_lost,
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_sentinel_is_found_anywhere(pipeline: Pipeline, scenario: Scenario) -> None:
    outcome = scenario(pipeline)
    on_industry_data = scenario.__name__.startswith("industry_data")
    options: dict[str, Any] = industry_data(pipeline, scenario) if on_industry_data else {}
    for path in CLEAN.glob("*.csv"):
        content = _with_canaries(path, broken=scenario is rejected_by_validation)
        pipeline.cloud.drop(f"{pipeline.feed}/{path.name}", content)
    host = pipeline.start(environment=DEBUG, follow=True, showSchoolNames=True, **options)
    pipeline.await_outcome(outcome)
    pipeline.await_end()
    host.stop()
    places = _places(pipeline)
    assert b"DEBUG" in places["log"]
    leaks = {
        (name, sentinel.pattern)
        for name, content in places.items()
        for sentinel in (DATA, SCHOOL_NAME, ACCOUNT_KEY, SIGNATURE, TOKEN)
        if sentinel.search(content)
    }
    leaks -= {(name, SCHOOL_NAME.pattern) for name in places if name.endswith("/report.html")}
    if scenario in QUOTING_CELLS:
        kept = {name for name, _ in leaks if name.endswith(VERBATIM)}
        assert any(name.endswith("/messages.jsonl") for name in kept)
        leaks -= {(name, DATA.pattern) for name in kept}
        assert QUOTED in places["queue"].decode()
        assert QUOTED in places["console"].decode()
    assert leaks == set()
    assert pipeline.graph.leaks() == []


def test_the_sentinels_did_go_in(pipeline: Pipeline) -> None:
    for path in CLEAN.glob("*.csv"):
        pipeline.cloud.drop(f"{pipeline.feed}/{path.name}", _with_canaries(path, broken=False))
    pipeline.start()
    pipeline.await_outcome("started")
    uploaded = pipeline.graph.uploaded(pipeline.profile)
    assert CANARY.encode() in uploaded["student.csv"]
    assert PASSWORD.encode() in uploaded["student.csv"]
    assert SCHOOL.encode() in uploaded["school.csv"]


@pytest.mark.parametrize(
    ("sentinel", "leak"),
    [
        (SIGNATURE, b"PUT /c/student.csv?sv=1&sig=abc%2F"),
        (TOKEN, b"Authorization: Bearer eyJhbGciOiJub25lIn0.x.y"),
    ],
)
def test_the_search_would_find_one(sentinel: re.Pattern[bytes], leak: bytes) -> None:
    assert sentinel.search(leak)


def _with_canaries(path: Path, *, broken: bool) -> bytes:
    """A file of the sample with sentinels for names, ids and passwords, still consistent."""
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    heading = rows[0]
    if path.name == "student.csv":
        heading = [*heading, "Password"]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(heading)
    for row in rows[1:]:
        cells = [_canary(name, cell) for name, cell in zip(rows[0], row, strict=True)]
        writer.writerow([*cells, PASSWORD][: len(heading)])
    if broken:
        # Every way in which a cell gets near a message: a lone quote, a field too many, a value
        # of the wrong kind, a reference to nobody.
        writer.writerow([f"{CANARY} with spaces", f'{CANARY}"quote', CANARY, *[CANARY] * 20])
        out.write(f'"{CANARY} never closed\r\n')
    return out.getvalue().encode()


def _canary(column: str, cell: str) -> str:
    if column == "Name":
        return f"{SCHOOL}{cell}"
    people = {"First Name", "Last Name", "Username", "Middle Name"}
    personal = column in people or column.endswith("SIS ID")
    return f"{CANARY}{cell}" if cell and personal else cell


def _places(pipeline: Pipeline) -> dict[str, bytes]:
    cloud = pipeline.cloud
    places = {"log": pipeline.log().encode()}
    for path in (cloud.folder / "state").rglob("*"):
        if path.is_file():
            places[path.name] = path.read_bytes()
    for blob in cloud.results.list_blobs():
        places[f"results/{blob.name}"] = cloud.results.download_blob(blob.name).readall()
    events = cloud.events()
    places["queue"] = json.dumps(events, ensure_ascii=False).encode()
    places["cards"] = json.dumps(_cards(events)).encode()
    places["console"] = _console(pipeline, events).encode()
    places["poison"] = _poison(pipeline)
    return places


def _cards(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is posted for the events that somebody is told of."""
    return [
        alerts.message(msgspec.convert(event, alerts.KNOWN[event["type"]]))
        for event in events
        if event["data"]["severity"] in alerts.ALERTING
    ]


def _console(pipeline: Pipeline, events: list[dict[str, Any]]) -> str:
    """What the demonstration prints of a run."""
    console = Console(file=io.StringIO(), width=250)
    narrator = Narrator(console)
    for told in pipeline.engine_events():
        narrator.tell(told)
    print_verdict(console, pipeline.latest())
    messages = [line for event in events for line in event["data"].get("messages", [])]
    print_messages(console, messages)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _poison(pipeline: Pipeline) -> bytes:
    from azure.core.exceptions import ResourceNotFoundError
    from azure.storage.queue import QueueClient

    connection: Any = pipeline.cloud.storage.connection_string
    with QueueClient.from_connection_string(connection, "webjobs-blobtrigger-poison") as queue:
        try:
            return repr([message.content for message in queue.peek_messages(32)]).encode()
        except ResourceNotFoundError:
            return b""
