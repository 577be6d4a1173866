"""The host as a program: `python -m local.host --app FOLDER --state FOLDER`.

It prints one JSON line, {"ready": true, "url": ...}, when it serves requests, and logs to standard
error. SIGTERM and SIGINT stop it. Work that still runs after ten seconds ends with the process, as
on the real host. With `useGracefulShutdown` in host.json, activities have this time to finish.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from local.clock import Clock, DrivenClock, RealClock, SkippingClock
from local.host import app, crash
from local.host.errors import HostFailed
from local.host.host import Host, Options
from local.host.settings import AppSettings, HostJson, read_host_json

WEBHOOK_KEY_SETTING = "SIS_LOCAL_WEBHOOK_KEY"
LEVEL_SETTING = "SIS_LOCAL_LOG_LEVEL"

_CLOCKS: dict[str, Callable[[], Clock]] = {
    "real": RealClock,
    "skip": SkippingClock,
    "driven": lambda: DrivenClock(datetime.now(UTC)),
}
_LEVELS = {
    "Trace": logging.DEBUG,
    "Debug": logging.DEBUG,
    "Information": logging.INFO,
    "Warning": logging.WARNING,
    "Error": logging.ERROR,
    "Critical": logging.CRITICAL,
    "None": logging.CRITICAL + 1,
}
STOP_SECONDS = 10
"""The time limit of a stop, as observed on Functions host 4.1037."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the host and return its exit code: 2, with the reason printed, if it cannot start."""
    given = _parser().parse_args(arguments)
    try:
        host_json = read_host_json(given.app)
        _log(host_json)
        return asyncio.run(_serve(given, host_json))
    except HostFailed as error:
        print(f"The host cannot start. {error}", file=sys.stderr)
        return 2


async def _serve(given: argparse.Namespace, host_json: HostJson) -> int:
    settings = AppSettings(os.environ)
    point, doubled = _fault_injection(given)
    options = Options(
        state=given.state,
        clock=_CLOCKS[given.clock](),
        port=given.port,
        webhook_key=os.environ.get(WEBHOOK_KEY_SETTING),
        events=given.events,
        doubled=doubled,
        crash=point,
    )
    host = Host(app.index(given.app.resolve(), settings), host_json, settings, options)
    asked_to_stop = _stop_event(follow=given.until_stdin_closes)
    await host.start()
    print(json.dumps({"ready": True, "url": host.url}), flush=True)
    await asked_to_stop.wait()
    try:
        await asyncio.wait_for(host.stop(), STOP_SECONDS)
    except TimeoutError:
        logging.getLogger("local.host").warning(
            "What still runs ends here, and runs again when its visibility time-out has passed."
        )
    return 0


def _fault_injection(given: argparse.Namespace) -> tuple[crash.CrashPoint, frozenset[str]]:
    """The faults of a test: a crash or freeze point, and activities that run twice."""
    doubled = frozenset(given.double_activity)
    if given.freeze_at:
        point = crash.parse_freeze(given.freeze_at)
        return point, doubled | {point.activity}
    return (crash.parse(given.die_at) if given.die_at else crash.NEVER), doubled


def _stop_event(*, follow: bool) -> asyncio.Event:
    """An event set on SIGTERM and SIGINT, and with `follow` when standard input closes."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    if follow:
        loop.add_reader(sys.stdin.fileno(), asked.set)
    return asked


def _log(host_json: HostJson) -> None:
    """Log to standard error, at the level of the environment or of host.json.

    Python's logs have the level of the category Function in host.json, or else of `default`.
    """
    levels = host_json.logging.log_level
    level = os.environ.get(LEVEL_SETTING) or levels.get("Function") or levels.get("default")
    known = {name.lower(): number for name, number in _LEVELS.items()} | {"info": logging.INFO}
    number = known.get((level or "Information").lower())
    if number is None:
        raise HostFailed(f'"{level}" is not a log level; give one of {", ".join(_LEVELS)}.')
    logging.basicConfig(
        stream=sys.stderr, level=number, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    if number > logging.DEBUG:
        # The storage SDK logs each request at INFO, and the polls would hide the app's own lines.
        logging.getLogger("azure").setLevel(logging.WARNING)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("local.host", description="A Functions host on this machine.")
    parser.add_argument("--app", type=Path, required=True, help="folder of the Functions app")
    parser.add_argument("--state", type=Path, required=True, help="folder kept between starts")
    parser.add_argument("--port", type=int, default=0, help="0, the default, is any free one")
    parser.add_argument("--clock", choices=sorted(_CLOCKS), default="real")
    parser.add_argument("--events", type=Path, help="file that gets the engine's events")
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end when the starting process is gone"
    )
    parser.add_argument(
        "--double-activity",
        action="append",
        default=[],
        metavar="NAME",
        help="run this activity twice at the same time, for tests; may be given again",
    )
    parser.add_argument("--die-at", help="crash point for tests; see local/host/crash.py")
    parser.add_argument(
        "--freeze-at", help="freeze point for tests, where one of two runs of an activity waits"
    )
    return parser
