"""`python -m local.acceptance`: acceptance checks of the app on any Functions host.

It starts the storage emulator and the Microsoft Graph simulator, starts the host or waits for one
that you start, and checks results from outside. The exit code is 0 if all checks pass, else 1.
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
        print("No host is given. Use --host-command, or --host-url for a host that you start.")
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
    """The report: first the outcome, then what to do, then each scenario."""
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
    _progress("starting the storage emulator and the Microsoft Graph simulator")
    with local_cloud(folder) as cloud:
        feeds = made_feeds(cloud.graph, given.only)
        # For the Core Tools; other hosts ignore it.
        environment = cloud.environment(
            [feed.setting for feed in feeds], FUNCTIONS_WORKER_RUNTIME="python"
        )

        def checked(url: str) -> list[Verdict]:
            webhook = Webhook(url, given.key)
            try:
                _progress(f"waiting for the host at {url}")
                webhook.await_handshake(given.start_seconds)
                return run(cloud, webhook, feeds, _progress, given.seconds)
            finally:
                webhook.close()

        if given.host_url:
            _write_settings(folder, environment)
            return checked(given.host_url)
        with started_host(given.host_command, environment, folder) as url:
            return checked(url)


def _write_settings(folder: Path, environment: Mapping[str, str]) -> None:
    """Write the settings for a host that the user starts, and print where they are."""
    values = {name: text for name, text in environment.items() if name.startswith(SETTINGS)}
    path = folder / "local.settings.json"
    path.write_text(json.dumps({"IsEncrypted": False, "Values": values}, indent=2) + "\n")
    print(f"Start the host now, with the settings in {path}", flush=True)


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        print(f"… {line}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("local.acceptance", description=__doc__)
    parser.add_argument(
        "--host-command", help="command that starts the host; {port} and {state} are replaced"
    )
    parser.add_argument(
        "--host-url", help="address of a host that you start after its settings are written"
    )
    parser.add_argument(
        "--key", default=os.environ.get("HOST_KEY"), help="the system key blobs_extension, if any"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=FOLDER,
        help="folder for the host's log: new, empty, or one used before",
    )
    parser.add_argument("--only", nargs="+", default=(), choices=[one.feed for one in SCENARIOS])
    parser.add_argument("--seconds", type=float, default=60, help="time limit for the results")
    parser.add_argument(
        "--start-seconds", type=float, default=120, help="time limit for the start of the host"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
