"""Settings: from the environment to feeds, with every fault named at once.

`feed` is one feed; `checks` says what is wrong with an entry, `document` with a document of
entries, line by line; `settings` reads the environment.
"""

from sync_core.model.feeds.document import Fault, FeedsDocument, UnreadableFeedsError, read_feeds
from sync_core.model.feeds.feed import EXAMPLE, Feed
from sync_core.model.feeds.settings import Settings, load_settings

__all__ = [
    "EXAMPLE",
    "Fault",
    "Feed",
    "FeedsDocument",
    "Settings",
    "UnreadableFeedsError",
    "load_settings",
    "read_feeds",
]
