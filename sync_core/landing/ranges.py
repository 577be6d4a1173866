"""A blob's bytes in order, several ranges of it on their way at once.

One range after another waits most of the time. Each of them is pinned by `If-Match`, so that a blob
that changes midway fails instead of giving half of one night and half of another.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from azure.core import MatchConditions
from azure.storage.blob import BlobClient

RANGE_BYTES = 4 * 1024 * 1024
IN_FLIGHT = 4
"""So many ranges, and with that so many times RANGE_BYTES of memory, at any time."""


def ranged(
    blob: BlobClient, etag: str, size: int, *, range_bytes: int = RANGE_BYTES
) -> Iterator[bytes]:
    """The `size` bytes of a pinned blob. What the SDK raises passes through."""

    def fetch(offset: int) -> bytes:
        return blob.download_blob(
            offset=offset,
            length=min(range_bytes, size - offset),
            etag=etag,
            match_condition=MatchConditions.IfNotModified,
        ).readall()

    if not size:
        # There is no range of nothing to ask for, and yet it must not have changed.
        blob.get_blob_properties(etag=etag, match_condition=MatchConditions.IfNotModified)
    pool = ThreadPoolExecutor(IN_FLIGHT, "ranges")
    flying: deque[Future[bytes]] = deque()
    try:
        for offset in range(0, size, range_bytes):
            flying.append(pool.submit(fetch, offset))
            if len(flying) == IN_FLIGHT:
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()
    finally:
        # Whoever stops reading early waits for no more than what is on its way.
        pool.shutdown(cancel_futures=True)
