"""HTTP triggers on loopback: `/{routePrefix}/{route}`.

Authorisation levels are not checked, because only processes on this machine can call.
"""

import re
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web
from azure.functions.meta import Datum

from local.host.functions import Function
from local.host.invoke import TriggerData
from local.host.paths import members
from local.host.trigger import Runner
from local.worker import FunctionFailed

Handler = Callable[[web.Request], Coroutine[Any, Any, web.Response]]

_PARAMETER = re.compile(r"\{(\*?)(\w+)(?::(\w+))?\??\}")
_OPTIONAL = re.compile(r"/\{\w+(?::\w+)?\?\}$")
_CONSTRAINTS = {
    "alpha": "[A-Za-z]+",
    "guid": "[0-9A-Fa-f-]{36}",
    "int": r"-?\d+",
    "long": r"-?\d+",
}


def routes(function: Function, prefix: str, runner: Runner) -> list[web.RouteDef]:
    """The function's routes for each method, also without an optional last parameter."""
    settings = function.trigger.settings
    handler = _handler(function, runner)
    return [
        web.route(str(method), path, handler)
        for method in settings.get("methods") or ["*"]
        for path in _paths(prefix, settings["route"])
    ]


def _paths(prefix: str, route: str) -> list[str]:
    whole = "/" + "/".join(part.strip("/") for part in (prefix, route) if part)
    both = dict.fromkeys((whole, _OPTIONAL.sub("", whole)))
    return [_PARAMETER.sub(_parameter, one) for one in both]


def _parameter(found: re.Match[str]) -> str:
    """An ASP.NET route parameter in aiohttp's syntax."""
    star, name, constraint = found.groups()
    if star:
        return f"{{{name}:.*}}"
    return f"{{{name}:{_CONSTRAINTS.get(constraint, '[^/]+')}}}"


def _handler(function: Function, runner: Runner) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        trigger_data = _trigger_data(request, await request.read())
        try:
            outcome = await runner.run(function, trigger_data)
        except FunctionFailed:
            return web.Response(status=500)
        return _response(outcome.returned)

    return handle


def _trigger_data(request: web.Request, body: bytes) -> TriggerData:
    value = {
        "method": Datum(request.method, "string"),
        "url": Datum(str(request.url), "string"),
        "headers": {name.lower(): Datum(text, "string") for name, text in request.headers.items()},
        "query": {name: Datum(text, "string") for name, text in request.query.items()},
        "params": {name: Datum(text, "string") for name, text in request.match_info.items()},
        "body": Datum(body, "bytes"),
    }
    data = members(body.decode(errors="replace")) | dict(request.query) | dict(request.match_info)
    return TriggerData(Datum(value, "http"), data=data)


def _response(returned: Datum) -> web.Response:
    if returned.type is None:
        return web.Response(status=204)
    if returned.type != "http":
        return web.Response(text=str(returned.value))
    answer = returned.value
    response = web.Response(status=int(answer.status_code), body=answer.body.bytes)
    for name, text in answer.headers.items():
        response.headers[name] = text
    for cookie in answer.cookies or ():
        response.set_cookie(cookie.name, cookie.value)
    return response
