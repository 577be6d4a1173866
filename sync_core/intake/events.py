"""Reads Event Grid events from a storage queue, for apps that use SIS_LANDED_QUEUE."""

from typing import Any

import msgspec

from sync_core.model.errors import UnexpectedAnswerError


def feed_of_event(body: bytes, container: str) -> str | None:
    """The feed whose folder an event is about; None if it is about another container.

    Accepts the Event Grid schema and CloudEvents: both name the blob in `subject`, as
    `/blobServices/default/containers/{container}/blobs/{feed}/{name}`. Raises
    UnexpectedAnswerError for anything else.
    """
    subject = _subject(body)
    _, found, path = subject.partition(f"/blobServices/default/containers/{container}/blobs/")
    return path.partition("/")[0] if found else None


def _subject(body: bytes) -> str:
    try:
        event: Any = msgspec.json.decode(body)
        return str(event["subject"])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        # The message is not quoted: it may contain anything.
        raise UnexpectedAnswerError(
            "A message on the queue in SIS_LANDED_QUEUE is not an Event Grid event. Inspect the"
            " message in the poison queue, and make sure that only Event Grid writes to the queue."
        ) from None
