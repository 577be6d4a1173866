"""Lists that Microsoft Graph sends in pages."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx

MAX_PAGES = 50
"""Of a hundred entries each, as the service sends them unless it is asked for fewer."""


def pages(get: Callable[[str], Any], path: str) -> Iterator[Any]:
    """The bodies of a list, as `get` fetches them: all, or the first MAX_PAGES.

    A link to a page that was read already ends the list, or it would never end. Where the last body
    has a `next_link`, the list is not whole. Only the paging is taken from a link: a token goes to
    the Graph root, wherever a link points.
    """
    paging, read = "", {""}
    for _ in range(MAX_PAGES):
        body = get(f"{path}?{paging}" if paging else path)
        yield body
        paging = _query(next_link(body))
        if paging in read:
            return
        read.add(paging)


def next_link(body: Any) -> str:
    """Where a page says that the next one is; empty on the last."""
    link = body.get("@odata.nextLink") if isinstance(body, dict) else None
    return link if isinstance(link, str) else ""


def _query(link: str) -> str:
    try:
        return httpx.URL(link).query.decode()
    except httpx.InvalidURL:
        return ""
