"""The simulator as two web applications with a journal and scripted faults.

One is Graph with the identity endpoint, the other is the Data Lake on a separate host, as in the
cloud.
"""

import time
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local.graph import control_api, datalake
from local.graph.classic import ClassicApi
from local.graph.datalake import DataLake
from local.graph.documents import Entry, Fault
from local.graph.faults import Faults, apply
from local.graph.graph_errors import GraphError, bad_request, envelope
from local.graph.identity import Identity
from local.graph.industry import IndustryApi
from local.graph.journal import ENTRY, Journal
from local.graph.movable_clock import MovableClock
from local.graph.uploads import Uploads

IDENTITY_PATH = "/msi/token"
LARGEST_FAULT = 64 * 2**20
"""The maximum size of a scripted answer in bytes, larger than a caller should accept."""


class Simulator:
    """One simulated cloud: identity, faults, journal, and the APIs that use them."""

    def __init__(self, connection_string: str) -> None:
        self.identity = Identity()
        self.faults = Faults()
        self.journal = Journal()
        self.uploads = Uploads(connection_string)
        self.classic = ClassicApi(self.identity, self.uploads)
        self.clock = MovableClock()
        self.lake = DataLake(self.clock)
        self.industry = IndustryApi(self.identity, self.lake, self.clock)

    def reset(self) -> None:
        """Clear all state except the identity header. Uploaded files stay in the storage."""
        self.identity.forget()
        self.faults.clear()
        self.journal.clear()
        self.classic.profiles.clear()
        self.clock.reset()
        self.lake.forget()
        self.industry.forget()

    def application(self) -> web.Application:
        serving = self._serving(_route_name)
        application = web.Application(middlewares=[serving], client_max_size=LARGEST_FAULT)
        application.add_routes(control_api.routes(self))
        application.add_routes([web.get(IDENTITY_PATH, self.identity.token, name="token")])
        application.add_routes(self.classic.routes())
        application.add_routes(self.industry.routes())
        application.add_routes([web.route("*", "/{anything:.*}", _no_such_segment)])
        return application

    def lake_application(self) -> web.Application:
        serving = self._serving(datalake.operation)
        application = web.Application(middlewares=[serving], client_max_size=datalake.LARGEST_BODY)
        application.add_routes([web.route("*", "/{anything:.*}", self.lake.serve)])
        return application

    def _serving(self, name_of: Callable[[web.Request], str]) -> Middleware:
        """Middleware that records each request in the journal and applies scripted faults."""

        @web.middleware
        async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
            operation = name_of(request)
            if operation == _CONTROL:
                return await handler(request)
            entry = request[ENTRY] = self.journal.open(request, operation)
            fault = self.faults.take(operation)
            response = await _answer(request, handler, fault)
            _close(entry, fault, response.status)
            return response

        return serve


_CONTROL = ""


def _route_name(request: web.Request) -> str:
    if request.path.startswith(control_api.PATH):
        return _CONTROL
    return request.match_info.route.name or "unknown"


async def _answer(
    request: web.Request, handler: Handler, fault: Fault | None
) -> web.StreamResponse:
    if fault is None:
        return await _handle(request, handler)
    if fault.when == "before":
        instead = await apply(fault, request)
        return await _handle(request, handler) if instead is None else instead
    response = await _handle(request, handler)
    instead = await apply(fault, request)
    return response if instead is None else instead


async def _handle(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except GraphError as error:
        return envelope(request, error)


def _close(entry: Entry, fault: Fault | None, status: int) -> None:
    entry.answered = time.time()
    entry.fault = "" if fault is None else f"{fault.when} {fault.drop or fault.status or 'delay'}"
    entry.status = None if fault and fault.drop else status


async def _no_such_segment(request: web.Request) -> web.Response:
    raise bad_request(f"Resource not found for the segment '{request.path.rsplit('/', 1)[-1]}'.")
