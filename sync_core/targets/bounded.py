"""Limits of an HTTP call: its total duration, and the size of its answer.

httpx limits only each read, so a server that sends a byte now and then never times out. It also
decompresses without a limit: a megabyte of gzip can take a gigabyte of memory.
"""

import socket
import threading
import zlib
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from typing import Any, NamedTuple, Self

import httpx

TOO_LARGE = "too_large"
"""The response extension that tells whether the body exceeded a limit and was dropped."""

ZLIB_OR_GZIP = 47
"""`wbits` of zlib: the header says which of the two it is (docs.python.org/3/library/zlib.html)."""

TRANSFER_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})
COMPRESSIONS = frozenset({"gzip", "x-gzip", "deflate"})
NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Bounds(NamedTuple):
    """`seconds` for a whole call, from connecting to the last byte; `size` in bytes.

    `size` limits an answer both as it is sent and after decompression. `entries` limits the objects
    and lists in its JSON: empty ones take a hundred times their size in memory.
    """

    seconds: float = 180.0
    size: int = 16 * 1024 * 1024
    entries: int = 250_000


class BoundedTransport(httpx.BaseTransport):
    """Reads the complete answers of another transport, within bounds.

    Raises httpx.ReadTimeout if an answer takes too long, and httpx.DecodingError if it cannot be
    decompressed.
    """

    def __init__(self, inner: httpx.BaseTransport, bounds: Bounds) -> None:
        self._inner, self._bounds = inner, bounds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with _Deadline(self._bounds.seconds) as deadline:
            request.extensions = {**request.extensions, "trace": deadline.trace}
            response = self._inner.handle_request(request)
            with closing(response):
                body = _body(response, self._bounds.size)
        if body and body.count(b"{") + body.count(b"[") > self._bounds.entries:
            body = None
        headers = [
            each for each in response.headers.multi_items() if each[0] not in TRANSFER_HEADERS
        ]
        return httpx.Response(
            response.status_code,
            headers=headers,
            content=body or b"",
            extensions={TOO_LARGE: body is None},
        )

    def close(self) -> None:
        self._inner.close()


class _Deadline:
    """Ends the connection of a call that takes too long, whatever its thread is waiting for."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._passed = False
        self._connection: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._timer.cancel()
        if self._connection is not None:
            self._connection.close()
        # Without a Content-Length, a closed connection looks like the end of a complete answer.
        if self._passed and not isinstance(error, NOTHING_SENT):
            raise httpx.ReadTimeout(f"no complete answer within {self._seconds:g} s") from None

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """The trace extension of httpx, which reports every new connection."""
        if event == "connection.connect_tcp.complete":
            # A duplicate, because TLS takes over the original, and another thread reads from it.
            self._connection = info["return_value"].get_extra_info("socket").dup()
            if self._passed:
                raise httpx.ConnectTimeout(f"no connection within {self._seconds:g} s")

    def _end(self) -> None:
        self._passed = True
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)


def _body(response: httpx.Response, size: int) -> bytes | None:
    """The decompressed body; None if it is larger than `size`."""
    body = _joined(_raw(response), size)
    for encoding in reversed(response.headers.get_list("content-encoding", split_commas=True)):
        if body:
            body = _decompressed(body, encoding.strip().lower(), size)
    return body


def _raw(response: httpx.Response) -> Iterable[bytes]:
    if not isinstance(response.stream, httpx.SyncByteStream):
        raise TypeError("A synchronous transport gives a synchronous stream.")
    return response.stream


def _joined(pieces: Iterable[bytes], size: int) -> bytes | None:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > size:
            return None
    return bytes(body)


def _decompressed(body: bytes, encoding: str, size: int) -> bytes | None:
    if encoding in {"", "identity"}:
        return body
    if encoding not in COMPRESSIONS:
        raise httpx.DecodingError(f"compressed as {encoding}, which was not requested")
    decompressor = zlib.decompressobj(ZLIB_OR_GZIP)
    try:
        found = decompressor.decompress(body, size + 1)
    except zlib.error:
        raise httpx.DecodingError("cannot be decompressed") from None
    if len(found) > size:
        return None
    if not decompressor.eof:
        raise httpx.DecodingError("was cut off")
    return found
