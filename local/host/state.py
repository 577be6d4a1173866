"""State that the host keeps across restarts: when timers last ran.

One small SQLite file in the state folder. Used on the event loop's thread only.
"""

import sqlite3
from datetime import datetime
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS timers (function TEXT PRIMARY KEY, last TEXT) WITHOUT ROWID;
"""


class State:
    """The host's state file. Every call is one transaction, which survives a kill."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        self._db.close()

    def timer(self, function: str) -> datetime | None:
        """When a timer last ran, or was first registered."""
        query = "SELECT last FROM timers WHERE function = ?"
        row = self._db.execute(query, (function,)).fetchone()
        return datetime.fromisoformat(row[0]) if row else None

    def set_timer(self, function: str, last: datetime) -> None:
        row = (function, last.isoformat())
        self._db.execute("INSERT OR REPLACE INTO timers VALUES (?, ?)", row)
