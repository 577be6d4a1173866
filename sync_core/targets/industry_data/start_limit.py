"""Tells a start limit that is used up from ordinary throttling: both are answered with 429.

Microsoft documents the limit, five successful starts in twelve hours (the pages of
`industryDataRun: start` and of Graph's throttling limits), but neither an error code nor a wording.
So the wording and `Retry-After` decide. Every other 429 is throttling, and the start is sent again.
"""

import re
from collections.abc import Iterator
from typing import Any

from sync_core.targets import StartAnswer, StartPutOffError
from sync_core.targets.graph import GraphAnswer
from sync_core.targets.json_fields import text_of

LONGEST_THROTTLE_SECONDS = 3_600.0
"""Graph's throttling asks for a wait of seconds or minutes, the start limit for hours."""

WORDS = re.compile(
    r"quota"
    r"|\b(?:12|twelve)[ -]?h(?:ou)?rs?\b"
    r"|\b(?:limit|maximum|allowed|allowance)\b.*(?<![/\w])runs?\b(?!/)"
    r"|(?<![/\w])runs?\b(?!/).*\b(?:limit|maximum|allowed|allowance)\b",
    re.IGNORECASE | re.DOTALL,
)

LEFT_TO_SCHEDULE = (
    "The files are verified, but no run was started: the limit of five starts in twelve hours is"
    " used up. The automatic run of School Data Sync picks them up within twelve hours."
)


def start_not_taken(answer: GraphAnswer, flow: str) -> StartAnswer:
    """The answer for a 429 to the start of a run: the service's schedule starts it.

    Raises StartPutOffError if the 429 is throttling: no run was started, and a start may be sent
    again.
    """
    if limit_used_up(answer):
        return StartAnswer(started=False, note=LEFT_TO_SCHEDULE, left_to_schedule=True)
    raise StartPutOffError(
        f"Microsoft Graph asked the app to retry the start for inbound flow {flow} later (429).",
        retry_after=answer.retry_after,
    )


def limit_used_up(answer: GraphAnswer) -> bool:
    """Whether a 429 means that the limit of starts is used up."""
    asked = answer.retry_after
    if asked is not None and asked >= LONGEST_THROTTLE_SECONDS:
        return True
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    return any(WORDS.search(text) for text in _texts(error))


def _texts(error: Any) -> Iterator[str]:
    """The codes and messages of Graph's error object and of its inner errors."""
    while isinstance(error, dict):
        yield from (text_of(error, "code"), text_of(error, "message"))
        error = error.get("innerError")
