"""Which 429 to a start means that the limit of starts is used up.

The pages of `industryDataRun: start` and of Graph's throttling limits give the limit, five
successful starts in twelve hours, and neither a code nor a wording for its answer. So both the
words and the wait that is asked for count; what they leave open is a throttle and is waited out.
"""

import re
from collections.abc import Iterator
from typing import Any

from sync_core.targets import StartAnswer, StartPutOffError
from sync_core.targets.graph import GraphAnswer
from sync_core.targets.industry_data.public_errors import text_of

LONGEST_THROTTLE_SECONDS = 3_600.0
"""A throttle of Graph asks for seconds or minutes; who asks for longer counts by other windows."""

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
    """What a 429 to the start of a run for an inbound flow means.

    StartPutOffError: no run was started, and a start may be sent again.
    """
    if limit_used_up(answer):
        return StartAnswer(started=False, note=LEFT_TO_SCHEDULE, left_to_schedule=True)
    raise StartPutOffError(
        f"Microsoft Graph asked the app to retry the start for inbound flow {flow} later (429).",
        retry_after=answer.retry_after,
    )


def limit_used_up(answer: GraphAnswer) -> bool:
    """Whether a 429 says that no further start is taken in this window of hours."""
    asked = answer.retry_after
    if asked is not None and asked >= LONGEST_THROTTLE_SECONDS:
        return True
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    return any(WORDS.search(text) for text in _texts(error))


def _texts(error: Any) -> Iterator[str]:
    """Codes and messages of Graph's error object and of the one inside it."""
    while isinstance(error, dict):
        yield from (text_of(error, "code"), text_of(error, "message"))
        error = error.get("innerError")
