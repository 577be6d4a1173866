"""`sis-sync redeliver`: delivers the files of an earlier run again."""

from datetime import UTC, datetime

from sync_core.cli.options import Account, AsJson, Feed, MaybeBy, Reason, Run, Settings
from sync_core.cli.printing import echo, print_json
from sync_core.cli.runs.listing import NamedRun
from sync_core.cli.runs.operating import operating
from sync_core.model.documents import rfc3339


def redeliver(
    feed: Feed,
    run: Run,
    *,
    by: MaybeBy = None,
    reason: Reason = "",
    account: Account = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Deliver the files of an earlier run again, as a new export of the feed.

    Storage copies the files into a new folder of the feed, the marker last. For example after a run
    that ended as not_ready, failed or refused, or to go back to an earlier export. Who did it is
    recorded beside the decisions. Needs the role of an exporter. Exits with 0 if everything was
    delivered, with 1 if the files were changed or deleted or cannot be delivered again, with 2 if
    the call is wrong.
    """
    with operating(account, settings, as_json=as_json) as records:
        # Imported here: the other commands do not need storage.
        from sync_core.cli.runs.redelivering import SignedBy, delivery_of, redeliver

        now = datetime.now(UTC)
        delivery = delivery_of(records, NamedRun(feed, run), now)
        redeliver(records, delivery, SignedBy(by, rfc3339(now.timestamp()), reason))
    files = [copy.name.rpartition("/")[2] for copy in delivery.copies]
    if as_json:
        print_json({"feed": feed, "run": run, "folder": delivery.place, "files": files})
        return
    count = f"{len(files)} file{'s' * (len(files) != 1)}"
    echo(f"Delivered {count} of the run {run} to {delivery.place}.")
    echo(f"The new run's result will be in sis-results/{feed}/latest.json.")
