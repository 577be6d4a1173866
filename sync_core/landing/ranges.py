"""Reads a blob in order, with several range requests at a time.

Sequential requests would spend most of the time waiting. Each request carries `If-Match`: if the
blob changes during the read, the read fails instead of mixing the files of two nights.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from azure.core import MatchConditions
from azure.storage.blob import BlobClient

RANGE_BYTES = 4 * 1024 * 1024
IN_FLIGHT = 4
"""The number of parallel requests. Memory use is at most IN_FLIGHT times RANGE_BYTES."""


def ranged(
    blob: BlobClient, etag: str, size: int, *, range_bytes: int = RANGE_BYTES
) -> Iterator[bytes]:
    """The `size` bytes of a pinned blob. Raises the SDK's own errors."""

    def fetch(offset: int) -> bytes:
        return blob.download_blob(
            offset=offset,
            length=min(range_bytes, size - offset),
            etag=etag,
            match_condition=MatchConditions.IfNotModified,
        ).readall()

    if not size:
        # An empty blob has no range to request, but its ETag must be checked too.
        blob.get_blob_properties(etag=etag, match_condition=MatchConditions.IfNotModified)
        return
    if size <= range_bytes:
        yield fetch(0)
        return
    pool = ThreadPoolExecutor(IN_FLIGHT, "ranges")
    pending: deque[Future[bytes]] = deque()
    try:
        for offset in range(0, size, range_bytes):
            pending.append(pool.submit(fetch, offset))
            if len(pending) == IN_FLIGHT:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        # A caller that stops early waits only for the requests that have been sent.
        pool.shutdown(cancel_futures=True)
