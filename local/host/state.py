"""What the host remembers between its lives: blob events, and when timers last ran.

One small SQLite file in the state folder. Used on the event loop's thread only.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS watched (function TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blobs (
    function TEXT, name TEXT, etag TEXT, pending INTEGER, tries INTEGER,
    PRIMARY KEY (function, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timers (function TEXT PRIMARY KEY, last TEXT) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class BlobEvent:
    """A blob that was written and whose function has not yet succeeded."""

    name: str
    etag: str


class State:
    """The host's own file; every call is one transaction, kept when the process is killed."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        self._db.close()

    def is_watched(self, function: str) -> bool:
        """Whether an earlier look at this function's container is on record."""
        query = "SELECT 1 FROM watched WHERE function = ?"
        return self._db.execute(query, (function,)).fetchone() is not None

    def seen(self, function: str, blobs: list[BlobEvent], *, fire: bool) -> None:
        """Record a look: what is new or changed since the last becomes an event if `fire`."""
        rows = [(function, one.name, one.etag, fire) for one in blobs]
        self._db.execute("BEGIN")
        self._db.execute("INSERT OR IGNORE INTO watched VALUES (?)", (function,))
        self._db.executemany(
            "INSERT INTO blobs VALUES (?, ?, ?, ?, 0) ON CONFLICT DO UPDATE SET"
            " etag = excluded.etag, pending = excluded.pending, tries = 0"
            " WHERE etag != excluded.etag",
            rows,
        )
        self._db.execute("COMMIT")

    def pending(self, function: str) -> list[BlobEvent]:
        query = "SELECT name, etag FROM blobs WHERE function = ? AND pending ORDER BY name"
        return [BlobEvent(*row) for row in self._db.execute(query, (function,))]

    def try_again(self, function: str, event: BlobEvent) -> int:
        """Count one more try of an event, before it is made; which one it is, from 1."""
        query = (
            "UPDATE blobs SET tries = tries + 1 WHERE function = ? AND name = ? AND etag = ?"
            " RETURNING tries"
        )
        row = self._db.execute(query, (function, event.name, event.etag)).fetchone()
        return int(row[0]) if row else 1

    def handled(self, function: str, event: BlobEvent) -> None:
        """The event needs no more tries. A newer version of the blob stays an event."""
        self._db.execute(
            "UPDATE blobs SET pending = 0 WHERE function = ? AND name = ? AND etag = ?",
            (function, event.name, event.etag),
        )

    def timer(self, function: str) -> datetime | None:
        """When a timer last ran, or was first seen."""
        query = "SELECT last FROM timers WHERE function = ?"
        row = self._db.execute(query, (function,)).fetchone()
        return datetime.fromisoformat(row[0]) if row else None

    def set_timer(self, function: str, last: datetime) -> None:
        row = (function, last.isoformat())
        self._db.execute("INSERT OR REPLACE INTO timers VALUES (?, ?)", row)
