"""python -m local.graph: runs the simulator, on loopback only."""

import argparse
import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack

import msgspec
from aiohttp import web

from local.graph.documents import Announcement
from local.graph.server import IDENTITY_PATH, graph_application, lake_application
from local.graph.simulator import Simulator

CONNECTION_SETTING = "AZURITE_CONNECTION"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.graph", description=__doc__)
    parser.add_argument(
        "--connection-string",
        default=os.environ.get(CONNECTION_SETTING),
        help=f"of the storage that takes the uploads; default: {CONNECTION_SETTING}",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--identity-header", help="the app's IDENTITY_HEADER; a new one if not given"
    )
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end when the starting process is gone"
    )
    arguments = parser.parse_args()
    if not arguments.connection_string:
        parser.error(f"no storage is named. Give --connection-string or set {CONNECTION_SETTING}.")
    asyncio.run(
        run(
            arguments.connection_string,
            arguments.port,
            header=arguments.identity_header,
            follow=arguments.until_stdin_closes,
        )
    )


async def run(connection_string: str, port: int, *, header: str | None, follow: bool) -> None:
    """Serve until SIGTERM or SIGINT, or with `follow` until standard input closes."""
    stop = _stop_event(follow=follow)
    simulator = Simulator(connection_string)
    simulator.identity.header = header or simulator.identity.header
    async with AsyncExitStack() as stack:
        stack.push_async_callback(simulator.uploads.close)
        simulator.lake.origin = await _listen(stack, lake_application(simulator), 0)
        url = await _listen(stack, graph_application(simulator), port)
        print(_announcement(url, simulator), flush=True)
        await stop.wait()


async def _listen(stack: AsyncExitStack, application: web.Application, port: int) -> str:
    """Serve the application until the stack is closed. Returns its address."""
    # Scripted delays may still be running at the end; do not wait for them.
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


def _announcement(url: str, simulator: Simulator) -> str:
    header, lake = simulator.identity.header, simulator.lake.origin
    return msgspec.json.encode(Announcement(url, url + IDENTITY_PATH, header, lake)).decode()


def _stop_event(*, follow: bool) -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if follow:
        loop.add_reader(sys.stdin.fileno(), stop.set)
    return stop


if __name__ == "__main__":
    main()
