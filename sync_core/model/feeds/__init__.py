"""Settings and feeds, read from the environment. All faults are reported together.

`feed` defines one feed, `checks` validates one entry, `document` reads a document of entries and
reports faults with their line, `settings` reads the environment.
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
