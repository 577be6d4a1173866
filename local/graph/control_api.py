"""The control API under /sim/, through which tests change and inspect the simulator."""

import base64
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from local.graph import datalake
from local.graph.documents import Fault, IdentitySettings, ProfileSettings
from local.graph.industry_documents import Advance, InboundFlowSettings, RunSettings
from local.graph.industry_flows import Flow
from local.graph.profiles import Profile
from local.graph.simulator import Simulator

PATH = "/sim/"
_Document = TypeVar("_Document")


def routes(simulator: Simulator) -> list[web.RouteDef]:
    control = _Control(simulator)
    return [
        web.post(PATH + "profiles", control.create_profile),
        web.patch(PATH + "profiles/{id}", control.change_profile),
        web.post(PATH + "profiles/{id}/sync", control.begin_sync),
        web.post(PATH + "inbound-flows", control.create_flow),
        web.patch(PATH + "inbound-flows/{id}", control.change_flow),
        web.patch(PATH + "runs", control.change_runs),
        web.post(PATH + "runs", control.begin_run),
        web.post(PATH + "clock", control.advance_clock),
        web.get(PATH + "uploaded/{id}", control.uploaded),
        web.post(PATH + "faults", control.push_fault),
        web.patch(PATH + "identity", control.change_identity),
        web.post(PATH + "tokens/revoke", control.revoke_tokens),
        web.get(PATH + "journal", control.journal),
        web.get(PATH + "counters", control.counters),
        web.post(PATH + "reset", control.reset),
    ]


class _Control:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def create_profile(self, request: web.Request) -> web.Response:
        settings = await _read(request, ProfileSettings)
        self._simulator.classic.profiles[settings.id] = Profile(settings)
        return _json(settings, status=201)

    async def change_profile(self, request: web.Request) -> web.Response:
        profile = self._profile(request)
        profile.change(await _read(request, ProfileSettings, profile.settings))
        return _json(profile.settings)

    async def begin_sync(self, request: web.Request) -> web.Response:
        self._profile(request).start_sync()
        return _json({}, status=201)

    async def uploaded(self, request: web.Request) -> web.Response:
        """The uploaded files of the profile or data connector with this id."""
        owner = request.match_info["id"]
        flow = self._simulator.industry.flow_of(owner)
        files = flow.uploaded() if flow else await self._simulator.uploads.read(owner)
        return _json({name: base64.b64encode(content).decode() for name, content in files.items()})

    async def create_flow(self, request: web.Request) -> web.Response:
        simulator, settings = self._simulator, await _read(request, InboundFlowSettings)
        simulator.industry.flows[settings.id] = Flow(settings, simulator.lake, simulator.clock)
        return _json(settings, status=201)

    async def change_flow(self, request: web.Request) -> web.Response:
        flow = self._simulator.industry.flows.get(request.match_info["id"])
        if flow is None:
            raise web.HTTPNotFound(text=f"There is no flow '{request.match_info['id']}'.")
        flow.change(await _read(request, InboundFlowSettings, flow.settings))
        return _json(flow.settings)

    async def change_runs(self, request: web.Request) -> web.Response:
        runs = self._simulator.industry.runs
        runs.settings = await _read(request, RunSettings, runs.settings)
        return _json(runs.settings)

    async def begin_run(self, _request: web.Request) -> web.Response:
        industry = self._simulator.industry
        return _json({"id": industry.runs.begin(industry.flows.values()).id}, status=201)

    async def advance_clock(self, request: web.Request) -> web.Response:
        self._simulator.clock.advance((await _read(request, Advance)).seconds)
        return _json({})

    async def push_fault(self, request: web.Request) -> web.Response:
        fault = await _read(request, Fault)
        named = request.app.router.named_resources()
        if fault.operation not in named and fault.operation not in datalake.OPERATIONS:
            raise web.HTTPBadRequest(text=f"There is no operation '{fault.operation}'.")
        self._simulator.faults.push(fault)
        return _json(fault, status=201)

    async def change_identity(self, request: web.Request) -> web.Response:
        identity = self._simulator.identity
        identity.settings = await _read(request, IdentitySettings, identity.settings)
        return _json(identity.settings)

    async def revoke_tokens(self, _request: web.Request) -> web.Response:
        return _json({"revoked": self._simulator.identity.revoke_all()})

    async def journal(self, _request: web.Request) -> web.Response:
        return _json(self._simulator.journal.entries)

    async def counters(self, _request: web.Request) -> web.Response:
        return _json(self._simulator.journal.counters())

    async def reset(self, _request: web.Request) -> web.Response:
        self._simulator.reset()
        return _json({})

    def _profile(self, request: web.Request) -> Profile:
        profile = self._simulator.classic.profiles.get(request.match_info["id"])
        if profile is None:
            raise web.HTTPNotFound(text=f"There is no profile '{request.match_info['id']}'.")
        return profile


async def _read(
    request: web.Request, kind: type[_Document], base: _Document | None = None
) -> _Document:
    """The request's JSON as `kind`, merged into `base` if that is given."""
    below: dict[str, Any] = {} if base is None else msgspec.to_builtins(base)
    try:
        changes = msgspec.json.decode(await request.read(), type=dict[str, Any])
        return msgspec.convert({**below, **changes}, kind)
    except msgspec.DecodeError as error:
        raise web.HTTPBadRequest(text=f"{kind.__name__}: {error}") from error


def _json(value: object, *, status: int = 200) -> web.Response:
    body = msgspec.json.encode(value)
    return web.Response(status=status, body=body, content_type="application/json")
