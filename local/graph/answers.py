"""Responses to successful operations, in both APIs."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from aiohttp import web

from local.graph.graph_errors import bad_request, request_ids
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
    """A JSON response. `context` is the part of `@odata.context` after `$metadata#`."""
    request[ENTRY].effective = effective
    document = {"@odata.context": f"{request.url.origin()}/beta/$metadata#{context}", **body}
    given = {**request_ids(request), **(headers or {})}
    return web.json_response(document, status=status, headers=given)


def page_of(request: web.Request, entries: Sequence[object], size: int) -> Document:
    """The entries of one page, and the address of the next one with the same query."""
    begin = number(request.query.get("$skiptoken", "0"))
    page: Document = {"value": entries[begin : begin + size]}
    if begin + size < len(entries):
        following = request.rel_url.update_query({"$skiptoken": str(begin + size)})
        page["@odata.nextLink"] = str(request.url.origin().join(following))
    return page


def number(text: str) -> int:
    if not text.isdecimal():
        raise bad_request(f"'{text}' is not a number that this query option takes.")
    return int(text)


def timestamp(moment: datetime) -> str:
    """An ISO 8601 time with seven decimals, as in Graph."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
