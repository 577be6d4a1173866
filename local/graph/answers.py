"""How an operation that was carried out is answered, in both APIs."""

from collections.abc import Mapping
from datetime import datetime

from aiohttp import web

from local.graph.graph_errors import request_ids
from local.graph.journal import ENTRY

Document = dict[str, object]


def answer(
    request: web.Request,
    context: str,
    body: Document,
    *,
    status: int = 200,
    effective: bool = True,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """`context` is what follows `$metadata#` in the address of the answer's type."""
    request[ENTRY].effective = effective
    document = {"@odata.context": f"{request.url.origin()}/beta/$metadata#{context}", **body}
    given = {**request_ids(request), **(headers or {})}
    return web.json_response(document, status=status, headers=given)


def timestamp(moment: datetime) -> str:
    """Seven digits of a second, as Graph writes them."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
