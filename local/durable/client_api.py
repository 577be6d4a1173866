"""The HTTP API that the SDK's durable client calls.

Statuses, headers and bodies are those of the extension's `HttpApiHandler`, as observed on durable
extension 3.19.0.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web

from local.durable.client import Client, Filter, Refused
from local.durable.model import Event, Instance
from local.durable.status_documents import listed_document, shown_history, status_document

ROOT = "/durabletask"
_ONE = ROOT + "/instances/{id}"
_NEXT_PAGE = "x-ms-continuation-token"
_KEY = "local"
"""The system key in management URLs. On Azure it grants access; here it is not checked."""

RETRY_AFTER_SECONDS = {"start": 10, "status": 5}

Handler = Callable[[web.Request], Awaitable[web.Response]]


def routes(client: Client, hub: str) -> list[web.RouteDef]:
    api = _ClientApi(client, hub)
    return [
        web.post(ROOT + "/orchestrators/{name}", _with_refusals(api.start)),
        web.post(ROOT + "/orchestrators/{name}/{id}", _with_refusals(api.start)),
        web.get(ROOT + "/instances", _with_refusals(api.list_all)),
        web.get(ROOT + "/instances/", _with_refusals(api.list_all)),
        web.delete(ROOT + "/instances", _with_refusals(api.purge_many)),
        web.delete(ROOT + "/instances/", _with_refusals(api.purge_many)),
        web.get(_ONE, _with_refusals(api.status)),
        web.delete(_ONE, _with_refusals(api.purge_one)),
        web.post(_ONE + "/raiseEvent/{event}", _with_refusals(api.raise_event)),
        web.post(_ONE + "/terminate", _with_refusals(api.terminate)),
        web.post(_ONE + "/suspend", _with_refusals(api.suspend)),
        web.post(_ONE + "/resume", _with_refusals(api.resume)),
        web.post(_ONE + "/rewind", _with_refusals(api.unsupported)),
        web.post(_ONE + "/restart", _with_refusals(api.unsupported)),
    ]


def _with_refusals(handler: Handler) -> Handler:
    """The handler, which answers a Refused error in the host's format."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except Refused as refusal:
            if not str(refusal):
                return web.Response(status=refusal.status)
            return web.json_response({"Message": str(refusal)}, status=refusal.status)

    return answer


class _ClientApi:
    def __init__(self, client: Client, hub: str) -> None:
        self._client = client
        self._hub = hub

    async def start(self, request: web.Request) -> web.Response:
        instance_id = self._client.start(
            request.match_info["name"],
            request.match_info.get("id"),
            await _json_text(request),
            request.query.get("version"),
        )
        root = str(request.url.origin()) + ROOT
        urls = management_urls(root, self._hub, instance_id)
        return _accepted(urls, urls["statusQueryGetUri"], "start")

    async def status(self, request: web.Request) -> web.Response:
        instance = self._client.find(request.match_info["id"])
        document = status_document(
            instance,
            show_input=_flag(request, "showInput", default=True),
            history=self._history(request, instance),
        )
        if instance.state.final:
            return web.json_response(document)
        return _accepted(document, str(request.url), "status")

    def _history(self, request: web.Request, instance: Instance) -> list[Event] | None:
        if not _flag(request, "showHistory", default=False):
            return None
        events = self._client.store.history(instance.instance_id)
        return shown_history(events, show_output=_flag(request, "showHistoryOutput", default=False))

    async def list_all(self, request: web.Request) -> web.Response:
        show_input = _flag(request, "showInput", default=True)
        page, following = _page(request, self._client.select(_filter(request)))
        return web.json_response(
            [listed_document(each, show_input=show_input) for each in page],
            headers={_NEXT_PAGE: following},
        )

    async def raise_event(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            raise Refused(400, "Only application/json request content is supported")
        self._client.raise_event(
            request.match_info["id"], request.match_info["event"], await _json_text(request)
        )
        return web.Response(status=202)

    async def terminate(self, request: web.Request) -> web.Response:
        self._client.terminate(request.match_info["id"], request.query.get("reason", ""))
        return web.Response(status=202)

    async def suspend(self, request: web.Request) -> web.Response:
        self._client.suspend(request.match_info["id"], request.query.get("reason", ""))
        return web.Response(status=202)

    async def resume(self, request: web.Request) -> web.Response:
        self._client.resume(request.match_info["id"], request.query.get("reason", ""))
        return web.Response(status=202)

    async def purge_one(self, request: web.Request) -> web.Response:
        return self._purged([self._client.find(request.match_info["id"])])

    async def purge_many(self, request: web.Request) -> web.Response:
        if _moment(request, "createdTimeFrom") is None:
            missing = "Please provide value for 'createdTimeFrom' parameter."
            return web.json_response(missing, status=400)
        return self._purged(self._client.select(_filter(request)))

    def _purged(self, instances: list[Instance]) -> web.Response:
        count = self._client.purge(instances)
        if not count:
            raise Refused(404)
        return web.json_response({"instancesDeleted": count})

    async def unsupported(self, request: web.Request) -> web.Response:
        verb = request.path.rpartition("/")[2]
        raise Refused(501, f"This local durable engine does not {verb} instances; start a new one.")


def _accepted(document: object, where: str, what: str) -> web.Response:
    headers = {"Location": where, "Retry-After": str(RETRY_AFTER_SECONDS[what])}
    return web.json_response(document, status=202, headers=headers)


def _page(request: web.Request, found: list[Instance]) -> tuple[list[Instance], str]:
    """At most `top` instances, and the token of the next page (empty on the last page)."""
    start = int(request.headers.get(_NEXT_PAGE) or 0)
    top = request.query.get("top", "")
    end = start + int(top) if top.isdecimal() and int(top) else len(found)
    return found[start:end], str(end) if end < len(found) else ""


async def _json_text(request: web.Request) -> str:
    """The body as JSON text; an empty body is null."""
    text = await request.text()
    try:
        json.loads(text or "null")
    except ValueError:
        raise Refused(400, "The request's body is not JSON; send JSON or nothing.") from None
    return text or "null"


def _flag(request: web.Request, name: str, *, default: bool) -> bool:
    text = request.query.get(name)
    return default if text is None else text.lower() == "true"


def _filter(request: web.Request) -> Filter:
    states = request.query.get("runtimeStatus")
    return Filter(
        created_from=_moment(request, "createdTimeFrom"),
        created_to=_moment(request, "createdTimeTo"),
        states=None if states is None else frozenset(states.split(",")),
        id_prefix=request.query.get("instanceIdPrefix"),
    )


def _moment(request: web.Request, name: str) -> datetime | None:
    text = request.query.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, f"{name} is {text!r}; give an ISO 8601 time in UTC.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def management_urls(root: str, hub: str, instance_id: str) -> dict[str, str]:
    """Where one instance is managed, under the names that the SDK hands out."""
    one = f"{root}/instances/{instance_id}"
    suffix = f"taskHub={hub}&connection=Storage&code={_KEY}"
    return {
        "id": instance_id,
        "statusQueryGetUri": f"{one}?{suffix}",
        "sendEventPostUri": f"{one}/raiseEvent/{{eventName}}?{suffix}",
        "terminatePostUri": f"{one}/terminate?reason={{text}}&{suffix}",
        "suspendPostUri": f"{one}/suspend?reason={{text}}&{suffix}",
        "resumePostUri": f"{one}/resume?reason={{text}}&{suffix}",
        "rewindPostUri": f"{one}/rewind?reason={{text}}&{suffix}",
        "restartPostUri": f"{one}/restart?{suffix}",
        "purgeHistoryDeleteUri": f"{one}?{suffix}",
    }


def client_binding(base_url: str, hub: str) -> str:
    """The JSON text that a durable client binding carries; the host serves at `base_url`."""
    base = base_url.rstrip("/")
    start = f"{base}{ROOT}/orchestrators/{{functionName}}[/{{instanceId}}]"
    return json.dumps(
        {
            "taskHubName": hub,
            "creationUrls": {
                "createNewInstancePostUri": start,
                "createAndWaitOnNewInstancePostUri": start,
            },
            "managementUrls": management_urls(base + ROOT, hub, "INSTANCEID"),
            "baseUrl": base + ROOT,
            "requiredQueryStringParameters": f"code={_KEY}",
            "rpcBaseUrl": f"{base}{ROOT}/",
        }
    )
