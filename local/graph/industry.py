"""The Industry Data API under /beta/external/industryData."""

import asyncio
import re
from collections.abc import Set as AbstractSet

from aiohttp import web

from local.graph.answers import Document, answer, number, page_of
from local.graph.datalake import DataLake
from local.graph.graph_errors import bad_request, not_found, request_ids
from local.graph.identity import Identity
from local.graph.industry_flows import Flow
from local.graph.industry_operations import Operation
from local.graph.industry_runs import Run, Runs, retry_after
from local.graph.journal import ENTRY
from local.graph.movable_clock import MovableClock

PATH = "/beta/external/industryData"
FLOW_READERS = frozenset(
    {"IndustryData-InboundFlow.Read.All", "IndustryData-InboundFlow.ReadWrite.All"}
)
CONNECTOR_WRITERS = frozenset({"IndustryData-DataConnector.ReadWrite.All"})
CONNECTOR_READERS = CONNECTOR_WRITERS | {"IndustryData-DataConnector.Read.All"}
UPLOADERS = CONNECTOR_WRITERS | {"IndustryData-DataConnector.Upload"}
OPERATION_READERS = frozenset({"IndustryData.ReadBasic.All"})
RUN_READERS = frozenset({"IndustryData-Run.Read.All"})
RUN_STARTERS = frozenset({"IndustryData-Run.Start"})
_NAMESPACE = "microsoft.graph.industryData"
# Both forms of an entity's address, /set/{id} and /set('{id}'), and the short and the full name of
# a function or action, with or without parentheses.
_KEY = r"{key:/[^/()']+|\('[^/()']+'\)}"
_SESSION = r"{call:(?:microsoft\.graph\.industryData\.)?[gG]etUploadSession(?:\(\))?}"
_VALIDATE = r"{call:(?:microsoft\.graph\.industryData\.)?validate(?:\(\))?}"
_START = r"{call:(?:microsoft\.graph\.industryData\.)?start(?:\(\))?}"
_STATISTICS = r"{call:(?:microsoft\.graph\.industryData\.)?getStatistics(?:\(\))?}"
_NAME_FILTER = re.compile(r"displayName eq '((?:[^']|'')*)'")


class IndustryApi:
    """The nightly operations of an unattended app. The control API creates flows."""

    def __init__(self, identity: Identity, lake: DataLake, clock: MovableClock) -> None:
        self.flows: dict[str, Flow] = {}
        self.runs = Runs(clock)
        self._operations: dict[str, Operation] = {}
        self._identity = identity
        self._lake = lake

    def forget(self) -> None:
        self.flows.clear()
        self.runs.forget()
        self._operations.clear()

    def routes(self) -> list[web.RouteDef]:
        """The routes. A route's name is the operation's name in faults and in the journal."""
        flows, connectors, runs = (f"{PATH}/{name}" for name in _SETS)
        flow, connector, run = flows + _KEY, connectors + _KEY, runs + _KEY
        session = f"{connector}/{_NAMESPACE}.azureDataLakeConnector/{_SESSION}"
        own_validate = f"{flow}/dataConnector/{_VALIDATE}"
        return [
            web.get(flows, self.list_flows, name="list_inbound_flows"),
            web.get(flow, self.get_flow, name="get_inbound_flow"),
            web.get(connectors, self.list_connectors, name="list_data_connectors"),
            web.get(connector, self.get_connector, name="get_data_connector"),
            web.get(session, self.upload_session, name="get_upload_session"),
            web.post(f"{connector}/{_VALIDATE}", self.validate, name="validate"),
            web.post(own_validate, self.validate_flow, name="validate_inbound_flow"),
            web.get(f"{PATH}/operations{_KEY}", self.get_operation, name="get_operation"),
            web.post(f"{runs}/{_START}", self.start, name="runs_start"),
            web.get(runs, self.list_runs, name="list_runs"),
            web.get(run, self.get_run, name="get_run"),
            web.get(f"{run}/{_STATISTICS}", self.statistics, name="get_statistics"),
        ]

    async def list_flows(self, request: web.Request) -> web.Response:
        self._identity.require(request, FLOW_READERS)
        expand = _expands(request, "dataConnector")
        value = [
            flow.describe(flow.readiness.look().word, with_connector=expand)
            for flow in self.flows.values()
        ]
        return _listed(request, "inboundFlows", _filtered(request, value))

    async def get_flow(self, request: web.Request) -> web.Response:
        self._identity.require(request, FLOW_READERS)
        flow = self._flow(request)
        expand = _expands(request, "dataConnector")
        document = flow.describe(flow.readiness.poll().word, with_connector=expand)
        return answer(request, "external/industryData/inboundFlows/$entity", document)

    async def list_connectors(self, request: web.Request) -> web.Response:
        self._identity.require(request, CONNECTOR_READERS)
        value = [flow.describe_connector() for flow in self.flows.values()]
        return _listed(request, "dataConnectors", _filtered(request, value))

    async def get_connector(self, request: web.Request) -> web.Response:
        document = self._connector(request, CONNECTOR_READERS).describe_connector()
        return answer(request, "external/industryData/dataConnectors/$entity", document)

    async def upload_session(self, request: web.Request) -> web.Response:
        flow = self._connector(request, UPLOADERS)
        reset = request.query.get("resetSession", "false").lower() == "true"
        return answer(request, f"{_NAMESPACE}.fileUploadSession", flow.open_session(reset=reset))

    async def validate(self, request: web.Request) -> web.Response:
        return self._accepted(request, self._connector(request, UPLOADERS).validate())

    async def validate_flow(self, request: web.Request) -> web.Response:
        self._identity.require(request, UPLOADERS)
        return self._accepted(request, self._flow(request).validate())

    async def get_operation(self, request: web.Request) -> web.Response:
        self._identity.require(request, OPERATION_READERS)
        operation = self._operations.get(_key(request))
        if operation is None:
            raise not_found(_key(request))
        request[ENTRY].note = operation.early_poll()
        if not operation.seen():
            raise not_found(_key(request))
        wait = {} if operation.ended else retry_after(operation.settings.retry_after)
        document = operation.describe(f"{request.url.origin()}/beta")
        return answer(request, "external/industryData/operations/$entity", document, headers=wait)

    async def start(self, request: web.Request) -> web.Response:
        self._identity.require(request, RUN_STARTERS)
        operation, run = self.runs.start(self.flows.values())
        return self._accepted(request, operation, effective=run is not None)

    async def list_runs(self, request: web.Request) -> web.Response:
        """List the runs, oldest first unless the caller asks for the newest first."""
        self._identity.require(request, RUN_READERS)
        expand = _expands(request, "activities")
        value = [run.look(with_activities=expand) for run in self.runs.all]
        if request.query.get("$orderby") == "startDateTime desc":
            value.reverse()
        return _listed(request, "runs", value, self.runs.settings.page_size)

    async def get_run(self, request: web.Request) -> web.Response:
        document = self._run(request).poll(with_activities=_expands(request, "activities"))
        return answer(request, "external/industryData/runs/$entity", document)

    async def statistics(self, request: web.Request) -> web.Response:
        run = self._run(request)
        document = await asyncio.to_thread(run.statistics, self.runs.settings)
        return answer(request, f"{_NAMESPACE}.industryDataRunStatistics", document)

    def _flow(self, request: web.Request) -> Flow:
        flow = self.flows.get(_key(request))
        if flow is None:
            raise not_found(_key(request))
        return flow

    def _connector(self, request: web.Request, roles: AbstractSet[str]) -> Flow:
        """The flow with the request's data connector."""
        self._identity.require(request, roles)
        flow = self.flow_of(_key(request))
        if flow is None:
            raise not_found(_key(request))
        return flow

    def flow_of(self, connector_id: str) -> Flow | None:
        flows = self.flows.values()
        return next((flow for flow in flows if flow.settings.connector_id == connector_id), None)

    def _run(self, request: web.Request) -> Run:
        self._identity.require(request, RUN_READERS)
        run = self.runs.find(_key(request))
        if run is None:
            raise not_found(_key(request))
        return run

    def _accepted(
        self, request: web.Request, operation: Operation, *, effective: bool = True
    ) -> web.Response:
        """A 202 response with a Location as the settings define it."""
        self._operations[operation.id] = operation
        request[ENTRY].effective = effective
        path = f"{PATH}/operations/{operation.id}"
        places = {
            "absolute": f"{request.url.origin()}{path}",
            "relative": path,
            "foreign": f"{self._lake.origin}{path}",
        }
        headers = {**request_ids(request), **retry_after(operation.settings.retry_after)}
        if operation.settings.location in places:
            headers["Location"] = places[operation.settings.location]
        return web.Response(status=202, headers=headers)


_SETS = ("inboundFlows", "dataConnectors", "runs")


def _key(request: web.Request) -> str:
    return request.match_info["key"].strip("/()'").lower()


def _expands(request: web.Request, name: str) -> bool:
    return name in request.query.get("$expand", "").split(",")


def _filtered(request: web.Request, value: list[Document]) -> list[Document]:
    """The entries with the display name in $filter, the only filter supported here."""
    text = request.query.get("$filter")
    if text is None:
        return value
    match = _NAME_FILTER.fullmatch(text)
    if match is None:
        raise bad_request(f"Invalid filter clause: '{text}'.")
    name = match[1].replace("''", "'")
    return [document for document in value if document["displayName"] == name]


def _listed(
    request: web.Request, entities: str, value: list[Document], page_size: int = 100
) -> web.Response:
    top = number(request.query.get("$top", str(len(value))))
    return answer(
        request, f"external/industryData/{entities}", page_of(request, value[:top], page_size)
    )
