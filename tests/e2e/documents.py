"""Validation of every document that the app has emitted against the committed schemas."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from local.cloud import LocalCloud

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
BY_NAME = {
    "result.json": "result",
    "latest.json": "result",
    "started.json": "result",
    "unknown.json": "result",
    "sync.json": "sync",
}
BY_LINE = {"messages.jsonl": "message", "preview.jsonl": "preview"}
BY_TYPE = {
    "org.sis-sync.run.finished.v1": "run-finished-event",
    "org.sis-sync.sync.ended.v1": "sync-ended-event",
    "org.sis-sync.run.reminder.v1": "run-reminder-event",
}
EVENT_BYTES = 48 * 1024


def schema_violations(cloud: LocalCloud) -> list[str]:
    """Schema violations of the documents in the results container and on the queue."""
    found: list[str] = []
    for blob in cloud.results.list_blobs():
        name = blob.name.rsplit("/", 1)[-1]
        if name not in BY_NAME and name not in BY_LINE:
            continue
        content: bytes = cloud.results.download_blob(blob.name).readall()
        if name in BY_NAME:
            found += _faults(BY_NAME[name], json.loads(content))
        else:
            for line in content.splitlines():
                found += _faults(BY_LINE[name], json.loads(line))
    for event in cloud.events():
        found += _faults(BY_TYPE[event["type"]], event)
        if len(json.dumps(event, ensure_ascii=False).encode()) > EVENT_BYTES:
            found.append(f"event {event['id']} is too large")
    return found


def _faults(schema: str, document: Any) -> list[str]:
    return [f"{schema}: {error.message}" for error in _validator(schema).iter_errors(document)]


@cache
def _validator(schema: str) -> Draft202012Validator:
    path = SCHEMAS / f"{schema}.schema.json"
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))
