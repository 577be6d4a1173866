"""The names of all blobs in the results container. `store` describes their contents."""

from typing import Protocol

from sync_core.model.holds import first_run


class RunKey(Protocol):
    """A feed and the id of one of its runs, as file sets and results have both."""

    @property
    def feed(self) -> str: ...

    @property
    def run(self) -> str: ...


FEEDS_COPY = "_settings/feeds.json"
"""The last valid feeds, if they are in a blob. No feed's name begins with an underscore."""


def run_folder(run: RunKey) -> str:
    """The folder of a run."""
    return f"{run.feed}/{run.run}"


def result(run: RunKey) -> str:
    """The final result. A run is final once this blob exists."""
    return f"{run_folder(run)}/result.json"


def messages(run: RunKey) -> str:
    return f"{run_folder(run)}/messages.jsonl"


def report(run: RunKey) -> str:
    """What people read about the run."""
    return f"{run_folder(run)}/report.html"


def problems(run: RunKey) -> str:
    """Every finding and message, without cell values, for a spreadsheet."""
    return f"{run_folder(run)}/problems.csv"


def sync_end(run: RunKey) -> str:
    """How the sync itself ended, if it is followed."""
    return f"{run_folder(run)}/sync.json"


def validation_record(run: RunKey) -> str:
    return f"{run_folder(run)}/steps/validation.json"


def guard_record(run: RunKey) -> str:
    """What the guards found."""
    return f"{run_folder(run)}/steps/guards.json"


def report_record(run: RunKey) -> str:
    """What the report needs besides the result and the messages."""
    return f"{run_folder(run)}/steps/report.json"


def preview(run: RunKey) -> str:
    """What a held export would change."""
    return f"{run_folder(run)}/preview.jsonl"


def upload_record(run: RunKey) -> str:
    return f"{run_folder(run)}/steps/upload.json"


def verification_record(run: RunKey) -> str:
    return f"{run_folder(run)}/steps/verify.json"


def start_record(run: RunKey) -> str:
    """The record of the start. The runs of one generation share it, so only one of them can start.

    It is in the folder of the generation's first run.
    """
    return f"{run.feed}/{first_run(run.run)}/steps/start.json"


def latest(feed: str) -> str:
    """A copy of the newest result of a feed."""
    return f"{feed}/latest.json"


def started(feed: str) -> str:
    """A copy of the newest result whose sync started. The next file set is compared with it."""
    return f"{feed}/started.json"


def hold(feed: str) -> str:
    """The feed's open hold. Deleted once the next complete export, or its approval, has run."""
    return f"{feed}/hold.json"


def unknown(feed: str) -> str:
    """A copy of the newest result that ended as `unknown`, until somebody settles it."""
    return f"{feed}/unknown.json"


def attempt(feed: str) -> str:
    """The last run that sent something to the target, or failed before it could."""
    return f"{feed}/attempt.json"
