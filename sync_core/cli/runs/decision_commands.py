"""`sis-sync approve`, `reject`, `settle`, `pause` and `resume`: what operators decide."""

import time
from typing import Annotated

import msgspec
import typer

from sync_core.cli.options import Account, AsJson, By, Feed, Reason, Run, Settings, Until
from sync_core.cli.printing import echo, print_json
from sync_core.cli.runs import deciding
from sync_core.cli.runs.listing import NamedRun
from sync_core.cli.runs.operating import operating
from sync_core.guards.decisions import Signed
from sync_core.model.commands import RunCommands
from sync_core.model.documents import rfc3339
from sync_core.model.holds import approved_run

SWEEP_MINUTES = 10
"""How often the app looks for new decisions: the schedule of its timer `sweep`."""

WITHIN_MINUTES = f"within {SWEEP_MINUTES} minutes"
WHEN_RESUMED = "once the pause of the feed has ended"
AGAIN = "To sync its files, deliver them again:"
NOT_CHECKED = (
    "You may not list exports, so it was not checked here whether the files have changed. The app"
    " checks it before it starts the run."
)
NO_RUNS = (
    "There is no result of a feed {feed} yet. If the name is wrong, the pause has no effect: resume"
    " this feed, and pause the right one."
)


def approve(
    feed: Feed,
    run: Run,
    *,
    by: By,
    reason: Reason = "",
    account: Account = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Approve a held run. The app then starts a second run of exactly the same files, once.

    Look at the result and at preview.jsonl first. Exits with 0 if the approval is recorded, with 1
    if it is too late, was decided before or the files have changed, with 2 if the call is wrong.
    """
    with operating(account, settings, as_json=as_json) as records:
        recorded = deciding.decide(records, NamedRun(feed, run), "approved", _signed(by, reason))
    soon = WHEN_RESUMED if recorded.paused else WITHIN_MINUTES
    _tell_decision(
        recorded,
        f"Approved: the run {run} of the feed {feed}. The app starts the run {approved_run(run)}"
        f" with the same files {soon}. If a newer export lands before that, the approval is void.",
        as_json=as_json,
    )


def reject(
    feed: Feed,
    run: Run,
    *,
    by: By,
    reason: Reason = "",
    account: Account = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Reject a held run. Its files are never synced, and the reminders about it end.

    Exits with 0 if the rejection is recorded, with 1 if it is too late, was decided before or the
    files have changed, with 2 if the call is wrong.
    """
    with operating(account, settings, as_json=as_json) as records:
        recorded = deciding.decide(records, NamedRun(feed, run), "rejected", _signed(by, reason))
    _tell_decision(
        recorded,
        f"Rejected: the run {run} of the feed {feed}. Nothing of this export is synced. Have the"
        " export corrected and delivered again.",
        as_json=as_json,
    )


def settle(
    feed: Feed,
    run: Run,
    *,
    started: Annotated[
        bool,
        typer.Option(
            "--started/--not-started", help="Whether School Data Sync shows a sync of this run."
        ),
    ],
    by: By,
    reason: Reason = "",
    account: Account = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Record whether the sync of an unknown run started. Look in School Data Sync first.

    Exits with 0 if the settlement is recorded, with 1 if the run is not unknown or was settled
    before, with 2 if the call is wrong.
    """
    with operating(account, settings, as_json=as_json) as records:
        made = deciding.settle(records, NamedRun(feed, run), _signed(by, reason), started=started)
    _tell(
        made,
        f"Settled as {'started' if started else 'not started'}: the run {run} of the feed {feed}."
        + ("" if started else f" {AGAIN} {RunCommands(feed, run).redeliver}"),
        as_json=as_json,
    )


def pause(
    feed: Feed,
    *,
    by: By,
    until: Until = None,
    reason: Reason = "",
    account: Account = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Pause a feed: its exports are validated, compared and reported, but not synced.

    The end of a pause can be changed by another call. Exits with 0 if the pause is recorded, with 1
    if that is not possible, with 2 if the call is wrong.
    """
    with operating(account, settings, as_json=as_json) as records:
        known = deciding.has_runs(records, feed)
        made = deciding.pause(records, feed, _signed(by, reason), until)
    _tell(
        made,
        f"The feed {feed} is paused until {until or 'it is resumed'}. Exports that land are"
        " validated, compared and reported, but not synced. A run that has begun to upload"
        " continues.",
        as_json=as_json,
    )
    if not known:
        echo(NO_RUNS.format(feed=feed), err=True)


def resume(
    feed: Feed,
    *,
    by: By,
    reason: Reason = "",
    account: Account = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """End the pause of a feed. The next export is synced.

    Exits with 0 if the end is recorded, with 1 if the feed is not paused, with 2 if the call is
    wrong.
    """
    with operating(account, settings, as_json=as_json) as records:
        made = deciding.resume(records, feed, _signed(by, reason))
    _tell(
        made,
        f"The feed {feed} is resumed. The next export is synced. A run that was held meanwhile can"
        f" be approved: sis-sync show {feed}",
        as_json=as_json,
    )


def _signed(by: str, reason: str) -> Signed:
    return Signed(by, rfc3339(time.time()), reason)


def _tell_decision(recorded: deciding.Recorded, text: str, *, as_json: bool) -> None:
    _tell(recorded.decision, text, as_json=as_json)
    if recorded.files == "not-checked":
        echo(NOT_CHECKED, err=True)


def _tell(record: msgspec.Struct, text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(record)
    else:
        echo(text)
