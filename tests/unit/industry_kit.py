"""The Industry Data API as an httpx transport: scripted answers by call, and the requests.

Every feed is named `northwind`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import httpx

from sync_core.model.feeds import Feed
from sync_core.targets import UploadFile
from sync_core.targets.blob_upload import UploadAddressRule
from sync_core.targets.graph import GraphClient, Tokens
from sync_core.targets.industry_data.adapter import IndustryData
from sync_core.targets.industry_data.api import ROOT
from tests.unit.classic_kit import answered

GRAPH = "http://127.0.0.1:1"
"""A root on this machine, so that uploads to the simulated Data Lake are allowed."""

FLOW, CONNECTOR = "6d1a4e3f-flow", "9c0e5b7a-connector"
FLOW_CALL = f"GET /inboundFlows/{FLOW}"
SESSION_CALL = (
    f"GET /dataConnectors/{CONNECTOR}"
    "/microsoft.graph.industryData.azureDataLakeConnector/getUploadSession"
)
VALIDATE_CALL = f"POST /dataConnectors/{CONNECTOR}/validate"

Answers = Mapping[str, Iterable[httpx.Response]]


def industry_feed(**fields: Any) -> Feed:
    """A feed `northwind` with the inbound flow FLOW, or with the `inbound_flow_name` given."""
    if "inbound_flow_name" not in fields:
        fields["inbound_flow_id"] = fields.pop("flow", FLOW)
    return Feed(name="northwind", target="industry-data", **fields)


def flow_document(status: Any = "ready", code: Any = "schoolDataSyncV1") -> dict[str, Any]:
    """An `inboundFlow` document with its connector expanded."""
    connector = {"id": CONNECTOR, "fileFormat": {"code": code}}
    return {"id": FLOW, "readinessStatus": status, "dataConnector": connector}


def flow_answer(status: Any = "ready", code: Any = "schoolDataSyncV1") -> httpx.Response:
    return answered(flow_document(status, code))


def accepted(location: str | None) -> httpx.Response:
    """A 202 response, with the address of its operation unless that is None."""
    return httpx.Response(202, headers={} if location is None else {"Location": location})


def runs(*ids: str) -> httpx.Response:
    """The runs of a tenant, the oldest first."""
    found = [
        {"id": run, "startDateTime": f"2026-03-0{day}T02:00:00Z"} for day, run in enumerate(ids, 1)
    ]
    return answered({"value": found})


def upload_file(name: str, *blocks: bytes) -> UploadFile:
    return UploadFile(name, sum(map(len, blocks)), lambda: iter(blocks))


def ignore(_file: str) -> None:
    """The callback of an upload without a log."""


class OneToken:
    """A token source that always returns the same token."""

    def __init__(self, text: str) -> None:
        self._text = text

    def token(self, *, renew: bool = False) -> str:
        return self._text


def industry_target(
    feed: Feed, graph_root: str, tokens: Tokens, transport: httpx.BaseTransport | None = None
) -> IndustryData:
    client = GraphClient(graph_root, tokens, transport)
    return IndustryData(feed, client, UploadAddressRule("127.0.0.1", graph_root))


class IndustryService:
    """A tenant whose calls give these answers, in turn.

    A call is a method and the path below the API's root, without its query.
    """

    token = "canary-token"

    def __init__(self, answers: Answers, **feed: Any) -> None:
        self.requests: list[httpx.Request] = []
        self._answers: dict[str, Iterator[httpx.Response]] = {
            call: iter(given) for call, given in answers.items()
        }
        transport = httpx.MockTransport(self._answer)
        self.target = industry_target(industry_feed(**feed), GRAPH, OneToken(self.token), transport)

    @property
    def calls(self) -> list[str]:
        """The calls received, in order."""
        return [_call(request) for request in self.requests]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return next(self._answers[_call(request)])


def _call(request: httpx.Request) -> str:
    return f"{request.method} {request.url.path.removeprefix(ROOT)}"
