"""Lists that Microsoft Graph sends in pages."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx

MAX_PAGES = 50
"""Of a hundred entries each, as the service sends them unless it is asked for fewer."""


def pages(get: Callable[[str], Any], path: str) -> Iterator[Any]:
    """The bodies of a list, as `get` fetches them: all, or the first MAX_PAGES.

    Only the paging is taken from a link to the next page: a token goes to the Graph root, wherever
    a link points.
    """
    address = path
    for _ in range(MAX_PAGES):
        body = get(address)
        yield body
        paging = _query(next_link(body))
        if not paging:
            return
        address = f"{path}?{paging}"


def next_link(body: Any) -> str:
    """Where a page says that the next one is; empty on the last."""
    link = body.get("@odata.nextLink") if isinstance(body, dict) else None
    return link if isinstance(link, str) else ""


def _query(link: str) -> str:
    try:
        return httpx.URL(link).query.decode()
    except httpx.InvalidURL:
        return ""
