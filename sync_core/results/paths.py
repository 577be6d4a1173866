"""The names of all blobs in the results container. `store` describes their contents."""

from sync_core.landing.fileset import FileSet

FEEDS_COPY = "_settings/feeds.json"
"""The last valid feeds, if they are in a blob. No feed's name begins with an underscore."""


def run_folder(files: FileSet) -> str:
    """The folder of a run."""
    return f"{files.feed}/{files.run}"


def result(files: FileSet) -> str:
    """The final result. A run is final once this blob exists."""
    return f"{run_folder(files)}/result.json"


def messages(files: FileSet) -> str:
    return f"{run_folder(files)}/messages.jsonl"


def sync_end(files: FileSet) -> str:
    """How the sync itself ended, if it is followed."""
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
    """A copy of the newest result whose sync started. The next file set is compared with it."""
    return f"{feed}/started.json"
