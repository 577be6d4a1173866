"""Scripted faults: a queue for each operation, in which each fault applies `times` times."""

import asyncio
import socket
import struct
from collections import defaultdict, deque

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from local.graph.documents import Fault


class Faults:
    """The queues. A fault is taken when its request arrives, so concurrent requests share none."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Fault]] = defaultdict(deque)

    def push(self, fault: Fault) -> None:
        self._queues[fault.operation].append(fault)

    def clear(self) -> None:
        self._queues.clear()

    def take(self, operation: str) -> Fault | None:
        queue = self._queues[operation]
        if not queue:
            return None
        fault = queue.popleft()
        if fault.times > 1:
            queue.appendleft(msgspec.structs.replace(fault, times=fault.times - 1))
        return fault


async def apply(fault: Fault, request: web.Request) -> web.Response | None:
    """Apply the fault. Returns the answer that replaces the real one, or None."""
    await asyncio.sleep(fault.delay)
    if fault.drop:
        _close_connection(request, reset=fault.drop == "reset")
        return web.Response()
    if fault.status is None:
        return None
    headers = CIMultiDict({"Content-Type": "application/json"})
    headers.update(fault.headers)
    return web.Response(status=fault.status, body=fault.body.encode(), headers=headers)


def _close_connection(request: web.Request, *, reset: bool) -> None:
    transport = request.transport
    if transport is None:
        return
    if reset:
        # With a linger time of 0 the close is a TCP reset instead of an orderly end.
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
