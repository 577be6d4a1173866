"""The Industry Data API: an inbound flow, whose data connector accepts one file set per session.

Paths, enums and limits are those of the API's documentation (Graph beta, `/external/industryData`).
Verification and start are operations that are polled. An operation is polled by its id below the
Graph root, whatever host its `Location` names, because the bearer token is sent to no other host.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import httpx

from sync_core.model.errors import (
    AccessPendingError,
    AnswerLostError,
    TargetNotFoundError,
    TerminalError,
    UnexpectedAnswerError,
)
from sync_core.model.feeds import Feed, Settings
from sync_core.model.masking import kept, kept_code
from sync_core.model.statistics import RunStatistics
from sync_core.model.target_kinds import (
    DATA_CONNECTOR_UPLOAD,
    INBOUND_FLOW_READ,
    READ_BASIC,
    RUN_READ,
    RUN_START,
)
from sync_core.targets import (
    Progress,
    Readiness,
    StartAnswer,
    UploadFile,
    UploadLog,
    Verification,
)
from sync_core.targets.blob_upload import UploadAddressRule, UploadExpiredError, address_renewed
from sync_core.targets.graph import GraphClient
from sync_core.targets.industry_data.api import FlowApi
from sync_core.targets.industry_data.enums import ADVICE, FORMAT_CODES, READINESS, RUN
from sync_core.targets.industry_data.operations import NOT_FOUND, ended_operation, operation_of
from sync_core.targets.industry_data.public_errors import messages_of
from sync_core.targets.industry_data.runs import ServiceRun, run_after, runs_of
from sync_core.targets.industry_data.start_limit import start_not_taken
from sync_core.targets.industry_data.statistics import statistics_of
from sync_core.targets.industry_data.upload import upload_files
from sync_core.targets.json_fields import text_of
from sync_core.targets.paging import pages
from sync_core.targets.times import moment
from sync_core.targets.tokens import ManagedIdentityTokens

FLOWS, UPLOAD = INBOUND_FLOW_READ.name, DATA_CONNECTOR_UPLOAD.name
OPERATIONS = READ_BASIC.name
START, RUNS = RUN_START.name, RUN_READ.name


class IndustryData:
    """An inbound flow. `id` is its id, or its display name if the feed has `inboundFlowName`."""

    def __init__(self, feed: Feed, graph: GraphClient, addresses: UploadAddressRule) -> None:
        self.id = feed.target_id or ""
        self._by_name = feed.inbound_flow_id is None
        self._format = feed.format
        self._api = FlowApi(graph, self.id)
        self._addresses = addresses
        self._connector_id: str | None = None

    def readiness(self) -> Readiness:
        """Whether the flow is ready and its connector accepts this feed's format."""
        flow = self._flow()
        connector = flow.get("dataConnector")
        # A flow that was deleted and created again with the same name has another connector.
        self._connector_id = text_of(connector, "id") or None
        status = text_of(flow, "readinessStatus")
        detail = f"The inbound flow {self.id} has status {kept(status, READINESS) or 'unknown'}."
        state = READINESS.get(status, "waiting")
        if state == "failed":
            return Readiness("failed", f"{detail} {ADVICE[status]}")
        expected = FORMAT_CODES.get(self._format)
        file_format = connector.get("fileFormat") if isinstance(connector, dict) else None
        code = kept(text_of(file_format, "code"), FORMAT_CODES.values())
        if code and code != expected:
            return Readiness(
                "failed",
                f"{detail} Its connector expects {code}, but the feed's format is {self._format}."
                " Change the feed's format in SIS_FEEDS, or name another inbound flow.",
            )
        return Readiness(state, detail)

    def upload(self, files: Sequence[UploadFile], log: UploadLog) -> None:
        """Upload every file into a session, or the remaining files into the current session.

        A session that expires during the upload is replaced by a new, empty one, once.
        """
        session = self._session(log)
        left = [file for file in files if not log.has(file.name)]
        try:
            upload_files(session, left, log.done)
        except UploadExpiredError:
            with address_renewed():
                upload_files(self._new_session(log), files, log.done)

    def verify(self) -> str:
        """Start the verification of the uploaded files. Returns the id of its operation."""
        path = f"/dataConnectors/{self._connector()}/validate"
        operation = operation_of(self._api.post(path, UPLOAD, "the verification of"))
        if operation is None:
            raise UnexpectedAnswerError(
                f"Microsoft Graph accepted the verification for inbound flow {self.id} but returned"
                " no operation, so its result cannot be read. Deliver the export again; if this"
                " repeats, report it to Microsoft."
            )
        return operation

    def verification(self, operation: str) -> Verification:
        """The result of the verification. Errors refuse the files, whatever the status is.

        docs/service-facts.md#validation-operation
        """
        body, state = self._ended_operation(operation)
        errors = messages_of(body.get("errors"), "Error")
        messages = (*errors, *messages_of(body.get("warnings"), "Warning"))
        refused = bool(errors) or state == "failed"
        note = "School Data Sync's verification of the files failed." if refused else ""
        return Verification(
            state="refused" if refused else "verified", messages=messages, note=note
        )

    def before_start(self) -> dict[str, Any]:
        """The newest run before a start, and the time of this request by the service's clock."""
        runs, asked_at = self._runs()
        newest = runs[-1] if runs else ServiceRun("", "")
        return {"run": newest.id, "began": newest.began, "askedAt": asked_at}

    def start(self) -> StartAnswer:
        """Request a run. Raises AnswerLostError if it may have been started."""
        answer = self._api.post(
            "/runs/start", START, "the start of a run for", also={httpx.codes.TOO_MANY_REQUESTS}
        )
        if answer.status == httpx.codes.TOO_MANY_REQUESTS:
            return start_not_taken(answer, self.id)
        operation = operation_of(answer)
        if operation is None:
            raise AnswerLostError(
                f"Microsoft Graph accepted the start for inbound flow {self.id} but returned no"
                " operation; checking the list of runs."
            )
        return StartAnswer(started=True, operation=operation)

    def started(self, operation: str) -> StartAnswer:
        """The outcome of an accepted start."""
        body, state = self._ended_operation(operation)
        errors = messages_of(body.get("errors"), "Error")
        if state == "failed" or errors:
            note = "School Data Sync accepted the start but did not start a run."
            return StartAnswer(started=False, messages=errors, note=note)
        return StartAnswer(started=True)

    def evidence(
        self,
        before: Mapping[str, Any],
        under_way: float | None,  # noqa: ARG002 - part of the interface
    ) -> StartAnswer | None:
        """A run that began after the start was sent. It reads the files, whoever started it."""
        run, asked_at = self._run_after(before), before.get("askedAt")
        began = moment(run.began) if run else None
        if began is None or asked_at is None or began < asked_at:
            return None
        return StartAnswer(
            started=True,
            note="The answer to the start was lost, but School Data Sync shows a new run.",
        )

    def progress(self, before: Mapping[str, Any]) -> Progress:
        """The run that was started after `before`, with its statistics once it has ended."""
        run = self._run_after(before)
        if not run:
            return Progress(status="not started yet", state="running")
        found = self._api.get(f"/runs/{run.id}", RUNS, "the run of")
        status = text_of(found, "status")
        state, meaning = RUN.get(status, ("running", ""))
        status = kept(status, RUN)
        if state == "running":
            return Progress(status=status, state="running")
        blocking = kept_code(text_of(found.get("blockingError"), "code"))
        meaning = f"{meaning} ({blocking})" if blocking else meaning
        return Progress(
            status=status, state=state, note=meaning, statistics=self._statistics(run.id)
        )

    def _statistics(self, run: str) -> RunStatistics | None:
        try:
            body = self._api.get(f"/runs/{run}/getStatistics", RUNS, "the statistics of the run of")
        except (TerminalError, AccessPendingError):
            # A run may have no statistics. Its end is reported without them.
            return None
        return statistics_of(body)

    def _flow(self) -> dict[str, Any]:
        if self._by_name:
            return self._flow_named()
        return self._api.get(
            f"/inboundFlows/{self.id}?$expand=dataConnector", FLOWS, "the state of"
        )

    def _flow_named(self) -> dict[str, Any]:
        name = self.id.replace("'", "''")
        query = httpx.QueryParams(
            {"$filter": f"displayName eq '{name}'", "$expand": "dataConnector"}
        )
        body = self._api.get(f"/inboundFlows?{query}", FLOWS, "the state of")
        found = [flow for flow in _items(body) if text_of(flow, "displayName") == self.id]
        if len(found) != 1:
            raise TargetNotFoundError(
                f"{len(found)} inbound flows are named {self.id!r}. Set inboundFlowId in SIS_FEEDS"
                " to the id of one of them."
            )
        return found[0]

    def _connector(self) -> str:
        if self._connector_id is None:
            connector = text_of(self._flow().get("dataConnector"), "id")
            if not connector:
                raise UnexpectedAnswerError(
                    f"Microsoft Graph returned no data connector for inbound flow {self.id}. Check"
                    " in School Data Sync that the flow accepts CSV files."
                )
            self._connector_id = connector
        return self._connector_id

    def _session(self, log: UploadLog) -> str:
        """The session that was begun for these files, if it is still the current one."""
        if log.place:
            place, address = self._upload_session(reset=False)
            if place == log.place:
                return address
        return self._new_session(log)

    def _new_session(self, log: UploadLog) -> str:
        place, address = self._upload_session(reset=True)
        log.begin(place)
        return address

    def _upload_session(self, *, reset: bool) -> tuple[str, str]:
        """The container's id and the session's address, which is checked."""
        path = (
            f"/dataConnectors/{self._connector()}/microsoft.graph.industryData"
            f".azureDataLakeConnector/getUploadSession?resetSession={str(reset).lower()}"
        )
        body = self._api.get(path, UPLOAD, "an upload session of")
        return text_of(body, "containerId"), self._addresses.named_in(body, "sessionUrl")

    def _ended_operation(
        self, operation: str
    ) -> tuple[dict[str, Any], Literal["succeeded", "failed"]]:
        path = f"/operations/{operation}"
        answer = self._api.answer(path, OPERATIONS, "an operation of", also={NOT_FOUND})
        return ended_operation(answer, self.id)

    def _runs(self) -> tuple[list[ServiceRun], float | None]:
        """The service's runs, oldest first, and the time of the answer by its own clock.

        The time is in epoch seconds.
        """
        asked_at: list[float | None] = []

        def page(path: str) -> Any:
            answer = self._api.answer(path, RUNS, "the runs of")
            asked_at.append(answer.date)
            return answer.body

        runs = runs_of(pages(page, "/runs"))
        return runs, asked_at[-1]

    def _run_after(self, before: Mapping[str, Any]) -> ServiceRun | None:
        """The first run after a start, None if there is none yet."""
        return run_after(before, self._runs()[0])


def industry_data_target(feed: Feed, settings: Settings) -> IndustryData:
    """The adapter for a feed, with the app's managed identity."""
    tokens = ManagedIdentityTokens(settings.graph_root, settings.identity_client_id)
    addresses = UploadAddressRule(settings.upload_suffix, settings.graph_root)
    return IndustryData(feed, GraphClient(settings.graph_root, tokens), addresses)


def _items(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = body.get("value")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
