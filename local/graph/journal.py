"""The journal of received requests, in order. It never contains secrets."""

import time
from collections import defaultdict

from aiohttp import web

from local.graph.documents import Counter, Entry

ENTRY = web.RequestKey("entry", Entry)
# Values of other query parameters may be secrets, so only their names are kept.
_HARMLESS = frozenset(
    {
        *("$top", "$count", "$select", "$expand", "$orderby", "api-version", "resource"),
        *("resetSession", "action", "position", "flush", "retainUncommittedData"),
    }
)


class Journal:
    """The entries in order of arrival, and counts of them."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def open(self, request: web.Request, operation: str) -> Entry:
        entry = Entry(
            sequence=len(self.entries) + 1,
            time=time.time(),
            operation=operation,
            method=request.method,
            path=_path(request),
            client_request_id=request.headers.get("client-request-id", ""),
        )
        self.entries.append(entry)
        return entry

    def clear(self) -> None:
        self.entries.clear()

    def counters(self) -> dict[str, Counter]:
        counters: dict[str, Counter] = defaultdict(Counter)
        for entry in self.entries:
            counters[entry.operation].requests += 1
            counters[entry.operation].effective += entry.effective
        return dict(counters)


def _path(request: web.Request) -> str:
    query = "&".join(
        f"{name}={value if name in _HARMLESS else '…'}" for name, value in request.query.items()
    )
    return f"{request.path}?{query}" if query else request.path
