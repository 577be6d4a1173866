"""Writes the engine's events to a file as JSON lines."""

import json
from collections.abc import Callable
from pathlib import Path

from local.durable import EngineEvent


def to_file(path: Path) -> Callable[[EngineEvent], None]:
    """An observer that appends one line per event: kind, instanceId, name, at, detail."""
    path.parent.mkdir(parents=True, exist_ok=True)

    def append(event: EngineEvent) -> None:
        line = {
            "kind": event.kind,
            "instanceId": event.instance_id,
            "name": event.name,
            "at": event.at.isoformat(),
            "detail": event.detail,
        }
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    return append
