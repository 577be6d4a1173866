"""The Industry Data API: an inbound flow, whose connector takes a session's worth of files.

Paths, enums and limits are those of the API's documentation (Graph beta, `/external/industryData`).
Files are verified by an operation that is polled; the run that reads them is started by another.
An operation is polled by its id below the Graph root, wherever its `Location` points: the bearer
token goes nowhere else.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import httpx

from sync_core.errors import AnswerLostError, TargetNotFoundError, UnexpectedAnswerError
from sync_core.feeds import Feed, Settings
from sync_core.messages import VerificationMessage
from sync_core.targets import (
    Progress,
    Readiness,
    StartAnswer,
    StartLimit,
    UploadFile,
    UploadLog,
    Verification,
)
from sync_core.targets.blob_upload import UploadAddressRule, UploadExpiredError
from sync_core.targets.datalake_upload import upload_files
from sync_core.targets.graph import Call, GraphAnswer, GraphClient
from sync_core.targets.industry_statistics import statistics_of
from sync_core.targets.permissions import (
    DATA_CONNECTOR_UPLOAD,
    INBOUND_FLOW_READ,
    READ_BASIC,
    RUN_READ,
    RUN_START,
)
from sync_core.targets.tokens import ManagedIdentityTokens

ROOT = "/beta/external/industryData"
FLOWS, UPLOAD = INBOUND_FLOW_READ.name, DATA_CONNECTOR_UPLOAD.name
OPERATIONS = READ_BASIC.name
START, RUNS = RUN_START.name, RUN_READ.name

FORMAT_CODES = {"sds-v1": "schoolDataSyncV1", "sds-v2.1": "schoolDataSyncV2Rev1"}

READINESS: dict[str, Literal["ready", "waiting", "failed"]] = {
    "notReady": "waiting",
    "ready": "ready",
    "failed": "failed",
    "disabled": "failed",
    "expired": "failed",
    "unknownFutureValue": "waiting",
}
"""Every documented `readinessStatus`. One that is not listed is waited for until the deadline."""

ADVICE = {
    "failed": "Open it in School Data Sync, correct what it names, and save it again.",
    "disabled": "Switch it on in School Data Sync.",
    "expired": (
        "The new school year has to be set up: in School Data Sync, create the year and give the"
        " flow its new expiration date, or name a new flow in SIS_FEEDS."
    ),
}

OPERATION: dict[str, Literal["running", "succeeded", "failed"]] = {
    "notStarted": "running",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "unknownFutureValue": "running",
}
"""Every documented `longRunningOperationStatus`. One that is not listed is polled on."""

RUN: dict[str, tuple[Literal["running", "succeeded", "warned", "failed"], str]] = {
    "running": ("running", ""),
    "completed": ("succeeded", "All records were taken."),
    "completedWithWarnings": ("warned", "Some optional values were dropped."),
    "completedWithErrors": ("failed", "Some records were dropped: required data was bad."),
    "failed": ("failed", "The run failed."),
    "unknownFutureValue": ("running", ""),
}
"""Every documented `industryDataRunStatus`, as what became of the records (spec 2.5)."""

LEFT_TO_SCHEDULE = (
    "The files are verified, but the limit of five starts in twelve hours is used up: the automatic"
    " run picks them up within twelve hours."
)
OPERATION_ID = re.compile(r"/operations(?:/|\(')([A-Za-z0-9][A-Za-z0-9._-]{0,127})")
ACCEPTED, TOO_MANY = 202, 429


class IndustryData:
    """An inbound flow. `id` is the flow's id, or its display name where the feed names that."""

    kind = "industry-data"
    required_groups: frozenset[str] = frozenset()
    start_limit: StartLimit | None = StartLimit(starts=5, hours=12)

    def __init__(self, feed: Feed, graph: GraphClient, addresses: UploadAddressRule) -> None:
        self.id = feed.target_id or ""
        self._by_name = feed.inbound_flow_id is None
        self._format = feed.format
        self._graph = graph
        self._addresses = addresses
        self._connector_id: str | None = None

    def readiness(self) -> Readiness:
        """The flow's `readinessStatus`, and whether its connector takes this feed's format."""
        flow = self._flow()
        status = _text(flow, "readinessStatus")
        detail = f"The inbound flow {self.id} is {status or 'of no told status'}."
        state = READINESS.get(status, "waiting")
        if state == "failed":
            return Readiness("failed", f"{detail} {ADVICE[status]}")
        expected = FORMAT_CODES.get(self._format)
        code = _text(flow.get("dataConnector", {}).get("fileFormat"), "code")
        if code and code != expected:
            return Readiness(
                "failed",
                f"{detail} Its connector takes {code}, but the feed's format is {self._format}."
                " Change the feed's format, or name another flow.",
            )
        return Readiness(state, detail)

    def upload(self, files: Sequence[UploadFile], log: UploadLog) -> None:
        """Upload every file into a session, or the rest of them into the one that was begun.

        A session that expires on the way is replaced by a new and empty one, once.
        """
        session = self._session(log)
        left = [file for file in files if not log.has(file.name)]
        try:
            upload_files(session, left, log.done)
        except UploadExpiredError:
            upload_files(self._new_session(log), files, log.done)

    def verify(self) -> str | None:
        """Have the uploaded files verified; the id of the operation that does it."""
        path = f"/dataConnectors/{self._connector()}/validate"
        return self._operation_of(self._post(path, UPLOAD, "the verification of", repeatable=True))

    def verification(self, operation: str) -> Verification:
        """What the operation has found. Errors stand, whatever its status says (spec 2.4)."""
        body = self._operation(operation)
        errors = _messages(body.get("errors"), "Error")
        messages = (*errors, *_messages(body.get("warnings"), "Warning"))
        state = OPERATION.get(_text(body, "status"), "running")
        if state == "running":
            return Verification(state="running")
        refused = bool(errors) or state == "failed"
        note = f"The verification ended as {_text(body, 'status')}." if refused else ""
        return Verification(
            state="refused" if refused else "verified", messages=messages, note=note
        )

    def before_start(self) -> dict[str, Any]:
        """The newest run before a start."""
        return {"run": _text(self._newest_run(), "id")}

    def start(self) -> StartAnswer:
        """Ask for a run. AnswerLostError: it may have been started."""
        answer = self._post(
            "/runs/start", START, "the start of a run for", repeatable=False, also={TOO_MANY}
        )
        if answer.status == TOO_MANY:
            return StartAnswer(started=True, note=LEFT_TO_SCHEDULE, left_to_schedule=True)
        return StartAnswer(started=True, operation=self._operation_of(answer))

    def started(self, operation: str) -> StartAnswer | None:
        """What became of an accepted start; None while that is open."""
        body = self._operation(operation)
        state = OPERATION.get(_text(body, "status"), "running")
        errors = _messages(body.get("errors"), "Error")
        if state == "running":
            return None
        if state == "failed" or errors:
            note = f"The service did not start the run ({_text(body, 'status')})."
            return StartAnswer(started=False, messages=errors, note=note)
        return StartAnswer(started=True)

    def evidence(self, before: Mapping[str, Any]) -> StartAnswer | None:
        """A run that is newer than the start: it reads the files, whoever asked for it."""
        run = _text(self._newest_run(), "id")
        if not run or run == before.get("run"):
            return None
        return StartAnswer(
            started=True,
            note="The answer to the start was lost on the way; the service shows a new run.",
        )

    def progress(self, before: Mapping[str, Any]) -> Progress:
        """The run that was started after `before`, with its statistics once it has ended."""
        newest = self._newest_run()
        run = _text(newest, "id")
        if not run or run == before.get("run"):
            return Progress(status="not started yet", state="running")
        status = _text(newest, "status")
        state, meaning = RUN.get(status, ("running", ""))
        if state == "running":
            return Progress(status=status, state="running")
        body = self._get(f"/runs/{run}/getStatistics", RUNS, "the statistics of the run of")
        return Progress(status=status, state=state, note=meaning, statistics=statistics_of(body))

    def _flow(self) -> dict[str, Any]:
        if self._by_name:
            return self._flow_named()
        return self._get(f"/inboundFlows/{self.id}?$expand=dataConnector", FLOWS, "the state of")

    def _flow_named(self) -> dict[str, Any]:
        name = self.id.replace("'", "''")
        query = httpx.QueryParams(
            {"$filter": f"displayName eq '{name}'", "$expand": "dataConnector"}
        )
        body = self._get(f"/inboundFlows?{query}", FLOWS, "the state of")
        found = [flow for flow in _items(body) if _text(flow, "displayName") == self.id]
        if len(found) != 1:
            raise TargetNotFoundError(
                f"{len(found)} inbound flows are called {self.id!r}. Name one by its id:"
                " inboundFlowId in SIS_FEEDS."
            )
        return found[0]

    def _connector(self) -> str:
        if self._connector_id is None:
            connector = _text(self._flow().get("dataConnector"), "id")
            if not connector:
                raise UnexpectedAnswerError(
                    f"Microsoft Graph names no data connector for the inbound flow {self.id}."
                    " Check in School Data Sync that the flow takes files."
                )
            self._connector_id = connector
        return self._connector_id

    def _session(self, log: UploadLog) -> str:
        """The session that was begun for these files, if it is still the current one."""
        if log.place:
            body = self._upload_session(reset=False)
            if _text(body, "containerId") == log.place:
                return self._addresses.checked(_text(body, "sessionUrl"))
        return self._new_session(log)

    def _new_session(self, log: UploadLog) -> str:
        body = self._upload_session(reset=True)
        log.begin(_text(body, "containerId"))
        return self._addresses.checked(_text(body, "sessionUrl"))

    def _upload_session(self, *, reset: bool) -> dict[str, Any]:
        path = (
            f"/dataConnectors/{self._connector()}/microsoft.graph.industryData"
            f".azureDataLakeConnector/getUploadSession?resetSession={str(reset).lower()}"
        )
        return self._get(path, UPLOAD, "an upload session of")

    def _operation(self, operation: str) -> dict[str, Any]:
        return self._get(f"/operations/{operation}", OPERATIONS, "an operation of")

    def _operation_of(self, answer: GraphAnswer) -> str:
        found = OPERATION_ID.search(answer.location)
        if found is None:
            raise AnswerLostError(
                f"Microsoft Graph accepted a request for the inbound flow {self.id} and named no"
                " operation for it."
            )
        return found.group(1)

    def _newest_run(self) -> dict[str, Any]:
        runs = _items(self._get("/runs", RUNS, "the runs of"))
        return max(runs, key=lambda run: _text(run, "startDateTime"), default={})

    def _get(self, path: str, permission: str, doing: str) -> dict[str, Any]:
        call = Call("GET", ROOT + path, permission, f"{doing} the inbound flow {self.id}")
        body = self._graph.send(call).body
        return body if isinstance(body, dict) else {}

    def _post(
        self,
        path: str,
        permission: str,
        doing: str,
        *,
        repeatable: bool,
        also: frozenset[int] | set[int] = frozenset(),
    ) -> GraphAnswer:
        what = f"{doing} the inbound flow {self.id}"
        call = Call("POST", ROOT + path, permission, what, repeatable=repeatable)
        return self._graph.send(call, expected=frozenset({ACCEPTED, *also}))


def industry_data_target(feed: Feed, settings: Settings) -> IndustryData:
    """The adapter for a feed, with the app's managed identity."""
    tokens = ManagedIdentityTokens(settings.graph_root, settings.identity_client_id)
    addresses = UploadAddressRule(settings.upload_suffix, settings.graph_root)
    return IndustryData(feed, GraphClient(settings.graph_root, tokens), addresses)


def _messages(errors: Any, kind: str) -> tuple[VerificationMessage, ...]:
    """`publicError`s as messages, their details beside them (spec 2.4)."""
    found: list[VerificationMessage] = []
    for error in errors if isinstance(errors, list) else ():
        found.append(
            VerificationMessage(
                type=kind,
                file_name=_text(error, "target"),
                description=_text(error, "message"),
                code=_text(error, "code") or None,
            )
        )
        found += _messages(error.get("details") if isinstance(error, dict) else None, kind)
    return tuple(found)


def _items(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = body.get("value")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _text(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""
