"""Graph's error response, and the exception that is turned into it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from aiohttp import web


class GraphError(Exception):
    """Answered as Graph's error response with `status`, `code` and `message`."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def not_found(what: str) -> GraphError:
    return GraphError(404, "Request_ResourceNotFound", f"Resource '{what}' does not exist.")


def bad_request(message: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", message)


def request_ids(request: web.Request) -> dict[str, str]:
    """The two request-id headers of every Graph answer. The caller's own id is returned."""
    own = str(uuid4())
    return {
        "request-id": own,
        "client-request-id": request.headers.get("client-request-id", own),
    }


def envelope(request: web.Request, error: GraphError) -> web.Response:
    ids = request_ids(request)
    inner = {"date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"), **ids}
    body = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
    return web.json_response(body, status=error.status, headers={**error.headers, **ids})
