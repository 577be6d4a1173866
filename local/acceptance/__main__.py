"""`python -m local.acceptance`: one acceptance of the app on any Functions host.

It starts the storage emulator and the Microsoft Graph simulator, starts the host or waits for one
that somebody else starts, and checks from outside. Exit code 0 where everything passed, else 1.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.acceptance.hosts import AcceptanceFailed, Webhook, started_host
from local.acceptance.run import Verdict, run
from local.acceptance.scenarios import SCENARIOS, made_feeds
from local.cloud import local_cloud
from local.folders import HOME, Refused, claimed, emptied
from local.storage import StorageFailed

FOLDER = HOME / "acceptance"
SETTINGS = ("SIS_", "GRAPH_", "IDENTITY_", "AzureWebJobs", "FUNCTIONS_")


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    if not given.host_command and not given.host_url:
        print("No host is named. Give --host-command, or --host-url of one that you start.")
        return 1
    folder: Path = given.folder
    began = time.monotonic()
    try:
        with claimed(folder):
            emptied(folder)
            verdicts = _verdicts(given, folder)
    except Refused as refusal:
        print(refusal)
        return 1
    except (AcceptanceFailed, StorageFailed) as failure:
        print(f"FAILED: the acceptance could not run.\n{failure}\nThe files are in {folder}.")
        return 1
    print(report(verdicts, time.monotonic() - began, folder))
    return 1 if any(verdict.faults for verdict in verdicts) else 0


def report(verdicts: Sequence[Verdict], seconds: float, folder: Path) -> str:
    """First the outcome, then what to do, then each scenario."""
    failed = [verdict for verdict in verdicts if verdict.faults]
    lines = [f"PASSED: all {len(verdicts)} checks, in {seconds:.0f} s."]
    if failed:
        lines = [
            f"FAILED: {len(failed)} of {len(verdicts)} checks, in {seconds:.0f} s.",
            f"Read what was expected below, then the host's log: {folder / 'host.log'}",
        ]
    for verdict in verdicts:
        lines.append(
            f"  {'failed' if verdict.faults else 'passed'}  {verdict.name}: {verdict.seen}"
        )
        lines += [f"          {fault}" for fault in verdict.faults]
    return "\n".join(lines)


def _verdicts(given: argparse.Namespace, folder: Path) -> list[Verdict]:
    _tell("starting the storage emulator and the Microsoft Graph simulator")
    with local_cloud(folder) as cloud:
        feeds = made_feeds(cloud.graph, given.only)
        # Set for the Core Tools; other hosts do not read it.
        environment = cloud.environment(
            [feed.setting for feed in feeds], FUNCTIONS_WORKER_RUNTIME="python"
        )

        def checked(url: str) -> list[Verdict]:
            webhook = Webhook(url, given.key)
            try:
                _tell(f"waiting for the host at {url}")
                webhook.await_handshake(given.start_seconds)
                return run(cloud, webhook, feeds, _tell, given.seconds)
            finally:
                webhook.close()

        if given.host_url:
            _write_settings(folder, environment)
            return checked(given.host_url)
        with started_host(given.host_command, environment, folder) as url:
            return checked(url)


def _write_settings(folder: Path, environment: Mapping[str, str]) -> None:
    """What a host that somebody else starts has to be given."""
    values = {name: text for name, text in environment.items() if name.startswith(SETTINGS)}
    path = folder / "local.settings.json"
    path.write_text(json.dumps({"IsEncrypted": False, "Values": values}, indent=2) + "\n")
    print(f"Start the host now, with the settings in {path}", flush=True)


def _tell(line: str) -> None:
    if sys.stderr.isatty():
        print(f"… {line}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("local.acceptance", description=__doc__)
    parser.add_argument("--host-command", help="starts the host; {port} and {state} are filled in")
    parser.add_argument("--host-url", help="of a host that you start once its settings are written")
    parser.add_argument(
        "--key", default=os.environ.get("HOST_KEY"), help="the system key blobs_extension, if any"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=FOLDER,
        help="for the host's log: new, empty or an earlier one",
    )
    parser.add_argument("--only", nargs="+", default=(), choices=[one.feed for one in SCENARIOS])
    parser.add_argument("--seconds", type=float, default=60, help="how long results may take")
    parser.add_argument("--start-seconds", type=float, default=120, help="the same of the host")
    return parser


if __name__ == "__main__":
    sys.exit(main())
