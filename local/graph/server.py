"""The simulator as two web applications with a journal and scripted faults.

One is Graph with the identity endpoint, the other is the Data Lake on a separate host, as in the
cloud.
"""

import time
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local.graph import control_api, datalake
from local.graph.documents import Entry, Fault
from local.graph.faults import apply
from local.graph.graph_errors import GraphError, bad_request, envelope
from local.graph.journal import ENTRY
from local.graph.simulator import Simulator

IDENTITY_PATH = "/msi/token"
LARGEST_FAULT = 64 * 2**20
"""The maximum size of a scripted answer in bytes, larger than a caller should accept."""

_CONTROL = ""


def graph_application(simulator: Simulator) -> web.Application:
    """Graph, the identity endpoint and the control API."""
    serving = _serving(simulator, _route_name)
    application = web.Application(middlewares=[serving], client_max_size=LARGEST_FAULT)
    application.add_routes(control_api.routes(simulator))
    application.add_routes([web.get(IDENTITY_PATH, simulator.identity.token, name="token")])
    application.add_routes(simulator.classic.routes())
    application.add_routes(simulator.industry.routes())
    application.add_routes([web.route("*", "/{anything:.*}", _no_such_segment)])
    return application


def lake_application(simulator: Simulator) -> web.Application:
    """The Data Lake that files of the Industry Data API are uploaded to."""
    serving = _serving(simulator, datalake.operation)
    application = web.Application(middlewares=[serving], client_max_size=datalake.LARGEST_BODY)
    application.add_routes([web.route("*", "/{anything:.*}", simulator.lake.serve)])
    return application


def _serving(simulator: Simulator, name_of: Callable[[web.Request], str]) -> Middleware:
    """Middleware that records each request in the journal and applies scripted faults."""

    @web.middleware
    async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
        operation = name_of(request)
        if operation == _CONTROL:
            return await handler(request)
        entry = request[ENTRY] = simulator.journal.open(request, operation)
        fault = simulator.faults.take(operation)
        response = await _answer(request, handler, fault)
        _close(entry, fault, response.status)
        return response

    return serve


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
