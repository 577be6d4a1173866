"""What Event Grid puts on a queue, where that is how the app hears of what has landed."""

from typing import Any

import msgspec

from sync_core.model.errors import UnexpectedAnswerError


def feed_of_event(body: bytes, container: str) -> str | None:
    """The feed whose folder an event is about; None where it is about another container.

    Takes an event of Event Grid's own schema or a CloudEvent: both have the blob in `subject`, as
    `/blobServices/default/containers/{container}/blobs/{feed}/{name}`.
    """
    subject = _subject(body)
    _, found, path = subject.partition(f"/blobServices/default/containers/{container}/blobs/")
    return path.partition("/")[0] if found else None


def _subject(body: bytes) -> str:
    try:
        event: Any = msgspec.json.decode(body)
        return str(event["subject"])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        # Not quoted: it may be anything.
        raise UnexpectedAnswerError(
            "A message on the queue SIS_LANDED_QUEUE is not an event of Event Grid. Look at its"
            " poison queue, and let nobody but Event Grid write to it."
        ) from None
