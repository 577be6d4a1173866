"""Lists that Microsoft Graph sends in pages."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx

MAX_PAGES = 50
"""A page has a hundred entries, unless a request asks for fewer."""


def pages(get: Callable[[str], Any], path: str) -> Iterator[Any]:
    """The bodies of a list that `get` fetches page by page, at most MAX_PAGES.

    The list is incomplete if the last body has a `next_link`. A link to a page that was already
    read ends the list, so that it cannot be endless. Only the query of a link is used, because the
    token is sent to the Graph root only, whatever host the link names.
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
    """The address of the next page; empty on the last one."""
    link = body.get("@odata.nextLink") if isinstance(body, dict) else None
    return link if isinstance(link, str) else ""


def _query(link: str) -> str:
    try:
        return httpx.URL(link).query.decode()
    except httpx.InvalidURL:
        return ""
