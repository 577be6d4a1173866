"""The host's admin endpoints: its status, running a timer function now, and the clock."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from local.clock import Clock, DrivenClock
from local.host.app import App
from local.host.timer_trigger import TimerTrigger


def routes(app: App, clock: Clock, timers: Mapping[str, TimerTrigger]) -> list[web.RouteDef]:
    """`/admin/host/status` and `/admin/functions/{name}` as in the real host, and `/admin/clock`.

    GET /admin/clock returns {"now"}. POST {"advance": seconds} first advances a driven clock.
    """

    async def status(_: web.Request) -> web.Response:
        functions = {one.name: one.trigger.type for one in app.functions.values()}
        return web.json_response({"state": "Running", "functions": functions})

    async def run(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in app.functions:
            return _problem(404, f'There is no function "{name}".')
        if name not in timers:
            return _problem(400, f'"{name}" is not a timer function; only those can be run here.')
        timers[name].run_now()
        return web.Response(status=202)

    async def now(_: web.Request) -> web.Response:
        return _now(clock)

    async def advance(request: web.Request) -> web.Response:
        seconds = _seconds(await request.json())
        if not isinstance(clock, DrivenClock):
            return _problem(409, "The clock runs by itself; start the host with --clock driven.")
        if seconds is None:
            return _problem(400, 'Send {"advance": seconds}, a number that is not negative.')
        clock.advance(timedelta(seconds=seconds))
        return _now(clock)

    return [
        web.get("/admin/host/status", status),
        web.post("/admin/functions/{name}", run),
        web.get("/admin/clock", now),
        web.post("/admin/clock", advance),
    ]


def _now(clock: Clock) -> web.Response:
    return web.json_response({"now": clock.now().isoformat()})


def _seconds(body: Any) -> float | None:
    seconds = body.get("advance") if isinstance(body, dict) else None
    return seconds if isinstance(seconds, int | float) and seconds >= 0 else None


def _problem(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)
