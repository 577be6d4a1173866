"""The names of all blobs in the results container. `store` describes what each of them holds."""

from sync_core.landing.fileset import FileSet

FEEDS_COPY = "_settings/feeds.json"
"""The last good feeds, where they live in a blob. No feed's name begins with an underscore."""


def run_folder(files: FileSet) -> str:
    """The folder of a run."""
    return f"{files.feed}/{files.run}"


def result(files: FileSet) -> str:
    """The final result: that this blob exists is what makes a run final."""
    return f"{run_folder(files)}/result.json"


def messages(files: FileSet) -> str:
    return f"{run_folder(files)}/messages.jsonl"


def sync_end(files: FileSet) -> str:
    """How the sync itself ended, where the feed is followed."""
    return f"{run_folder(files)}/sync.json"


def validation_record(files: FileSet) -> str:
    return f"{run_folder(files)}/steps/validation.json"


def upload_record(files: FileSet) -> str:
    return f"{run_folder(files)}/steps/upload.json"


def verification_record(files: FileSet) -> str:
    return f"{run_folder(files)}/steps/verify.json"


def start_record(files: FileSet) -> str:
    return f"{run_folder(files)}/steps/start.json"


def latest(feed: str) -> str:
    """A copy of the newest result of a feed."""
    return f"{feed}/latest.json"


def started(feed: str) -> str:
    """A copy of the newest result whose sync was started. The next file set is compared with it."""
    return f"{feed}/started.json"
