"""Generates the JSON Schemas of all documents from their types.

`python -m sync_core.results.schemas FOLDER` writes them. A test fails if the committed schemas
differ.
"""

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from sync_core.model import documents, event_documents, holds, validation_document

DIALECT = "https://json-schema.org/draft/2020-12/schema"

DOCUMENTS: dict[str, type[msgspec.Struct]] = {
    "result": documents.RunResult,
    "message": documents.MessageLine,
    "sync": documents.SyncEnd,
    "run-finished-event": event_documents.RunFinishedEvent,
    "sync-ended-event": event_documents.SyncEndedEvent,
    "run-reminder-event": event_documents.HoldReminderEvent,
    "preview": holds.PreviewLine,
    "decision": holds.Decision,
    "settlement": holds.Settlement,
    "redelivery": holds.Redelivery,
    "pause": holds.Pause,
    "validation": validation_document.ValidationDocument,
}
"""Every published document, by the name of its schema."""


def schema(name: str) -> dict[str, Any]:
    """The schema of one document. It allows additional fields: readers must ignore them."""
    head = {"$schema": DIALECT, "$id": f"urn:sis-sync:schema:{name}:1"}
    body = msgspec.json.schema(DOCUMENTS[name])
    for definition in body["$defs"].values():
        _tidy(definition)
    return head | body


def _tidy(definition: dict[str, Any]) -> None:
    definition["description"] = inspect.cleandoc(definition.get("description", ""))
    properties = definition.get("properties", {})
    # Constants have defaults in Python, but are always written, so they are required.
    constants = [name for name, field in properties.items() if len(field.get("enum", [])) == 1]
    required = definition.get("required", [])
    names = [name for name in properties if name in required or name in constants]
    if names and definition.get("title") != documents.MessageLine.__name__:
        definition["required"] = names


def rendered(name: str) -> str:
    """The schema as it is committed."""
    return json.dumps(schema(name), indent=2, sort_keys=False) + "\n"


def write(folder: Path) -> None:
    """Write every schema into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in DOCUMENTS:
        (folder / f"{name}.schema.json").write_text(rendered(name), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
