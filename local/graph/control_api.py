"""The control API under /sim/: how tests and demonstrations set the scene and look behind it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from aiohttp import web

from local.graph.documents import Fault, IdentitySettings, ProfileSettings
from local.graph.profiles import Profile

if TYPE_CHECKING:
    from local.graph.server import Simulator

PATH = "/sim/"
_Document = TypeVar("_Document")


def routes(simulator: Simulator) -> list[web.RouteDef]:
    control = _Control(simulator)
    return [
        web.post(PATH + "profiles", control.create_profile),
        web.patch(PATH + "profiles/{id}", control.change_profile),
        web.get(PATH + "profiles/{id}/uploaded", control.uploaded),
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

    async def uploaded(self, request: web.Request) -> web.Response:
        files = await self._simulator.uploads.read(request.match_info["id"])
        return _json({name: base64.b64encode(content).decode() for name, content in files.items()})

    async def push_fault(self, request: web.Request) -> web.Response:
        fault = await _read(request, Fault)
        if fault.operation not in request.app.router.named_resources():
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
    """The request's JSON as `kind`, laid over `base` when there is one."""
    below: dict[str, Any] = {} if base is None else msgspec.to_builtins(base)
    try:
        changes = msgspec.json.decode(await request.read(), type=dict[str, Any])
        return msgspec.convert({**below, **changes}, kind)
    except msgspec.DecodeError as error:
        raise web.HTTPBadRequest(text=f"{kind.__name__}: {error}") from error


def _json(value: object, *, status: int = 200) -> web.Response:
    body = msgspec.json.encode(value)
    return web.Response(status=status, body=body, content_type="application/json")
