"""The engine's state in one SQLite file.

Write-ahead logging with `synchronous=NORMAL`: a committed transaction survives a killed process
(only a power failure can lose the last ones). Every call is made from the event loop's thread. It
blocks the loop, but the rows are few and local, so no call takes long.

Messages behave as on a storage queue: a fetched message is hidden from every other process until
`visible_at`. A message that a killed process had fetched becomes visible again only then.
"""

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from local.durable.history import parse_timestamp, timer_fired, timestamp
from local.durable.model import ActivityItem, Event, Instance, Tally
from local.durable.rows import INSTANCE_COLUMNS, instance_from_row, instance_to_row

_SCHEMA = """
CREATE TABLE IF NOT EXISTS instance (
  instance_id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT,
  input TEXT NOT NULL, output TEXT, custom_status TEXT, state TEXT NOT NULL,
  suspended INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  parent_id TEXT, parent_execution_id TEXT, parent_task INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS history (
  position INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL,
  event TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS history_of ON history (instance_id, position);
CREATE TABLE IF NOT EXISTS inbox (
  position INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL,
  event TEXT NOT NULL, holder TEXT, visible_at TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX IF NOT EXISTS inbox_of ON inbox (instance_id, position);
CREATE TABLE IF NOT EXISTS timer (
  instance_id TEXT NOT NULL, timer_id INTEGER NOT NULL, fire_at TEXT NOT NULL,
  visible_at TEXT NOT NULL, PRIMARY KEY (instance_id, timer_id)) STRICT;
CREATE INDEX IF NOT EXISTS timer_due ON timer (visible_at);
CREATE TABLE IF NOT EXISTS activity (
  position INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL,
  execution_id TEXT NOT NULL, task_id INTEGER NOT NULL, name TEXT NOT NULL,
  input TEXT NOT NULL, holder TEXT, visible_at TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE IF NOT EXISTS tally (kind TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class Store:
    def __init__(self, path: Path) -> None:
        self._holder = uuid.uuid4().hex
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits everything in the block, or nothing on an error. Cannot be nested."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # --- instances ---------------------------------------------------------------------------

    def instance(self, instance_id: str) -> Instance | None:
        row = self._db.execute(
            f"SELECT {INSTANCE_COLUMNS} FROM instance WHERE instance_id = ?",  # noqa: S608 - a constant
            (instance_id,),
        ).fetchone()
        return None if row is None else instance_from_row(row)

    def instances(self) -> list[Instance]:
        """All instances, oldest first."""
        rows = self._db.execute(
            f"SELECT {INSTANCE_COLUMNS} FROM instance ORDER BY created_at, instance_id"  # noqa: S608 - a constant
        )
        return [instance_from_row(row) for row in rows]

    def save(self, instance: Instance) -> None:
        row = instance_to_row(instance)
        marks = ", ".join("?" * len(row))
        self._db.execute(
            f"INSERT OR REPLACE INTO instance ({INSTANCE_COLUMNS}) VALUES ({marks})",  # noqa: S608 - constants
            row,
        )

    def erase(self, instance_id: str) -> None:
        """Removes an instance with its history, messages, timers and activities."""
        self._db.execute("DELETE FROM instance WHERE instance_id = ?", (instance_id,))
        self.erase_history(instance_id)
        self.drop_waiting(instance_id)

    def drop_waiting(self, instance_id: str) -> None:
        """Removes the messages and timers of an instance that has ended."""
        self._db.execute("DELETE FROM inbox WHERE instance_id = ?", (instance_id,))
        self._db.execute("DELETE FROM timer WHERE instance_id = ?", (instance_id,))

    # --- history and inbox -------------------------------------------------------------------

    def history(self, instance_id: str) -> list[Event]:
        rows = self._db.execute(
            "SELECT event FROM history WHERE instance_id = ? ORDER BY position", (instance_id,)
        )
        return [json.loads(event) for (event,) in rows]

    def append_history(self, instance_id: str, events: Iterable[Event]) -> None:
        self._db.executemany(
            "INSERT INTO history (instance_id, event) VALUES (?, ?)",
            [(instance_id, json.dumps(event)) for event in events],
        )

    def erase_history(self, instance_id: str) -> None:
        self._db.execute("DELETE FROM history WHERE instance_id = ?", (instance_id,))

    def send(self, instance_id: str, event: Event) -> None:
        self._db.execute(
            "INSERT INTO inbox (instance_id, event) VALUES (?, ?)",
            (instance_id, json.dumps(event)),
        )
        self.count("control_messages")

    def fetch_messages(self, now: datetime, until: datetime) -> None:
        """Fetches every visible message and hides it from other processes until `until`."""
        self._db.execute(
            "UPDATE inbox SET holder = ?, visible_at = ? WHERE visible_at <= ? AND holder IS NOT ?",
            (self._holder, timestamp(until), timestamp(now), self._holder),
        )

    def messages(self, instance_id: str) -> list[tuple[int, Event]]:
        """All messages of an instance with their positions, hidden ones too, oldest first."""
        return self._messages("instance_id = ?", instance_id)

    def fetched_messages(self, instance_id: str) -> list[tuple[int, Event]]:
        """The messages that this process has fetched, with positions, oldest first."""
        return self._messages("instance_id = ? AND holder = ?", instance_id, self._holder)

    def _messages(self, condition: str, *values: str) -> list[tuple[int, Event]]:
        rows = self._db.execute(
            f"SELECT position, event FROM inbox WHERE {condition} ORDER BY position",  # noqa: S608 - constants
            values,
        )
        return [(position, json.loads(event)) for position, event in rows]

    def consume(self, positions: Iterable[int]) -> None:
        self._db.executemany("DELETE FROM inbox WHERE position = ?", [(one,) for one in positions])

    def ready(self) -> list[str]:
        """The instances with fetched messages that can run now, longest waiting first.

        A suspended instance cannot run, nor one whose start message is still hidden.
        """
        rows = self._db.execute(
            "SELECT instance_id FROM inbox JOIN instance USING (instance_id) "
            "WHERE suspended = 0 AND holder = ? GROUP BY instance_id "
            "HAVING min(json_extract(event, '$.EventType')) = 0 "
            "OR EXISTS (SELECT 1 FROM history WHERE history.instance_id = inbox.instance_id) "
            "ORDER BY min(position)",
            (self._holder,),
        )
        return [instance_id for (instance_id,) in rows]

    # --- timers ------------------------------------------------------------------------------

    def set_timer(
        self, instance_id: str, timer_id: int, fire_at: datetime, visible_at: datetime
    ) -> None:
        self._db.execute(
            "INSERT INTO timer (instance_id, timer_id, fire_at, visible_at) VALUES (?, ?, ?, ?)",
            (instance_id, timer_id, timestamp(fire_at), timestamp(visible_at)),
        )

    def next_due(self, now: datetime) -> datetime | None:
        """When the next timer fires, or the next hidden message becomes visible."""
        (due,) = self._db.execute(
            "SELECT min(due) FROM (SELECT min(visible_at) AS due FROM timer "
            "UNION ALL SELECT min(visible_at) FROM inbox "
            "WHERE holder IS NOT :me AND visible_at > :now "
            "UNION ALL SELECT min(visible_at) FROM activity "
            "WHERE holder IS NOT :me AND visible_at > :now)",
            {"me": self._holder, "now": timestamp(now)},
        ).fetchone()
        return None if due is None else parse_timestamp(due)

    def fire_due(self, now: datetime) -> list[tuple[str, str]]:
        """Turns due timers into messages. Returns instance ids and names, earliest first."""
        due = self._db.execute(
            "SELECT instance_id, name, timer_id, fire_at FROM timer JOIN instance "
            "USING (instance_id) WHERE visible_at <= ? ORDER BY visible_at, fire_at",
            (timestamp(now),),
        ).fetchall()
        for instance_id, _, timer_id, fire_at in due:
            self.send(instance_id, timer_fired(now, timer_id, fire_at))
        self._db.execute("DELETE FROM timer WHERE visible_at <= ?", (timestamp(now),))
        return [(instance_id, name) for instance_id, name, _, _ in due]

    # --- activities --------------------------------------------------------------------------

    def queue_activity(self, instance: Instance, task_id: int, name: str, text: str) -> None:
        self._db.execute(
            "INSERT INTO activity (instance_id, execution_id, task_id, name, input) "
            "VALUES (?, ?, ?, ?, ?)",
            (instance.instance_id, instance.execution_id, task_id, name, text),
        )
        self.count("activity_messages")

    def fetch_activities(self, limit: int, now: datetime, until: datetime) -> list[ActivityItem]:
        """Fetches the oldest visible activities and hides them until `until`."""
        rows = self._db.execute(
            "UPDATE activity SET holder = :me, visible_at = :until WHERE position IN "
            "(SELECT position FROM activity WHERE visible_at <= :now AND holder IS NOT :me "
            "ORDER BY position LIMIT :limit) "
            "RETURNING position, instance_id, execution_id, task_id, name, input",
            {
                "me": self._holder,
                "until": timestamp(until),
                "now": timestamp(now),
                "limit": limit,
            },
        )
        return [ActivityItem(*row) for row in sorted(rows)]

    def renew_activity(self, position: int, until: datetime) -> None:
        self._db.execute(
            "UPDATE activity SET visible_at = ? WHERE position = ?", (timestamp(until), position)
        )

    def finish_activity(self, position: int) -> None:
        self._db.execute("DELETE FROM activity WHERE position = ?", (position,))

    # --- counts ------------------------------------------------------------------------------

    def count(self, kind: str) -> None:
        """Adds one to a field of Tally."""
        self._db.execute(
            "INSERT INTO tally VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1", (kind,)
        )

    def tally(self) -> Tally:
        return Tally(**dict(self._db.execute("SELECT kind, count FROM tally")))

    # --- the clock's offset ------------------------------------------------------------------

    def clock_offset(self) -> timedelta:
        row = self._db.execute("SELECT value FROM setting WHERE name = 'clock_offset'").fetchone()
        return timedelta(microseconds=int(row[0])) if row else timedelta()

    def save_clock_offset(self, offset: timedelta) -> None:
        microseconds = offset // timedelta(microseconds=1)
        self._db.execute(
            "INSERT OR REPLACE INTO setting (name, value) VALUES ('clock_offset', ?)",
            (str(microseconds),),
        )
