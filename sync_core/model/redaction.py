"""Secrets and noise out of the logs, whatever library writes them.

HTTP libraries log whole addresses and headers at DEBUG or INFO, and a signed address is a secret.
Every record of the process passes here when it is made, before any handler sees it.
"""

import logging
import re
from typing import Any

SECRETS = re.compile(
    r"(?P<name>\bsig=|\bBearer\s+|\"access_token\":\s*\"|X-IDENTITY-HEADER'?:\s*'?|AccountKey=)"
    r"[^\s&\"';,)]+",
    re.IGNORECASE,
)
JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
REDACTED = "REDACTED"


TALKATIVE = ("azure", "httpx")
"""The libraries that log each request at INFO: more than half of all that the app wrote."""


def configure_logging() -> None:
    """Redact every log record of this process, and leave out the log of each HTTP request.

    Where the root logger is at DEBUG, an operator has asked for everything, and only the redaction
    holds: `PYTHON_ENABLE_DEBUG_LOGGING` does that in Azure.
    """
    redact_logs()
    if logging.getLogger().getEffectiveLevel() > logging.DEBUG:
        for library in TALKATIVE:
            logging.getLogger(library).setLevel(logging.WARNING)


def redacted(text: str) -> str:
    """The text without signatures, tokens and keys."""
    return JWT.sub(REDACTED, SECRETS.sub(rf"\g<name>{REDACTED}", text))


def redact_logs() -> None:
    """Have every log record of this process redacted. Safe to call again."""
    make = logging.getLogRecordFactory()
    if not getattr(make, "redacts", False):
        logging.setLogRecordFactory(_Redacting(make))


class _Redacting:
    """A record factory around the one that was there."""

    redacts = True

    def __init__(self, make: Any) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._make(*args, **kwargs)
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - whatever a library logs wrongly must not stop a run
            text, record.msg, record.args = "", "a log record that cannot be formatted", None
        clean = redacted(text)
        if clean != text:
            record.msg, record.args = clean, None
        if record.exc_info and record.exc_info[0]:
            # A formatter takes this text where it is set, and does not look at the exception.
            record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
        return record
