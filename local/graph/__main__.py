"""python -m local.graph: the simulator as a process of its own, on loopback only."""

import argparse
import asyncio
import os
import signal
import sys

import msgspec
from aiohttp import web

from local.graph.documents import Announcement
from local.graph.server import IDENTITY_PATH, Simulator

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
        "--until-stdin-closes", action="store_true", help="end when the starting process is gone"
    )
    arguments = parser.parse_args()
    if not arguments.connection_string:
        parser.error(f"no storage is named. Give --connection-string or set {CONNECTION_SETTING}.")
    asyncio.run(
        run(arguments.connection_string, arguments.port, follow=arguments.until_stdin_closes)
    )


async def run(connection_string: str, port: int, *, follow: bool) -> None:
    """Serves until SIGTERM or SIGINT, or with `follow` until standard input closes."""
    stop = _stop_event(follow=follow)
    simulator = Simulator(connection_string)
    # Scripted delays may still be running when the end comes; nobody waits for them.
    runner = web.AppRunner(simulator.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        print(_announcement(runner.addresses[0][1], simulator), flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()
        await simulator.uploads.close()


def _announcement(port: int, simulator: Simulator) -> str:
    url = f"http://127.0.0.1:{port}"
    line = Announcement(url, url + IDENTITY_PATH, simulator.identity.header)
    return msgspec.json.encode(line).decode()


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
