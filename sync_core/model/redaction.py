"""Removes secrets from all log records, and sets the log level of verbose libraries.

HTTP libraries log complete addresses and headers at DEBUG or INFO, and a signed address is a
secret. Every log record of the process is redacted when it is created, before any handler sees it.
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


VERBOSE = ("azure", "httpx")
"""Libraries that log every request at INFO; without this, more than half of the app's log."""


def configure_logging() -> None:
    """Redact every log record of this process, and turn off the log of each HTTP request.

    If the root logger is at DEBUG (in Azure: `PYTHON_ENABLE_DEBUG_LOGGING`), an operator has asked
    for all records, so requests are logged, redacted.
    """
    redact_logs()
    if logging.getLogger().getEffectiveLevel() > logging.DEBUG:
        for library in VERBOSE:
            logging.getLogger(library).setLevel(logging.WARNING)


def redacted(text: str) -> str:
    """The text without signatures, tokens and keys."""
    return JWT.sub(REDACTED, SECRETS.sub(rf"\g<name>{REDACTED}", text))


def redact_logs() -> None:
    """Redact every log record of this process. Idempotent."""
    make = logging.getLogRecordFactory()
    if not getattr(make, "redacts", False):
        logging.setLogRecordFactory(_Redacting(make))


class _Redacting:
    """A log record factory that wraps the previous one."""

    redacts = True

    def __init__(self, make: Any) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._make(*args, **kwargs)
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - a wrong log call of a library must not stop a run
            text, record.msg, record.args = "", "a log record could not be formatted", None
        clean = redacted(text)
        if clean != text:
            record.msg, record.args = clean, None
        if record.exc_info and record.exc_info[0]:
            # A formatter uses this text, if it is set, instead of formatting the exception.
            record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
        return record
