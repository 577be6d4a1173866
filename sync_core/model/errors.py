"""Everything that this program raises on purpose.

    SisSyncError
    ├── TransientError              it may pass by itself: wait, then ask again
    │   ├── ServiceBusyError        the service said "later" (409, 429, 5xx to something harmless)
    │   │   └── AccessPendingError  the identity's token lacks a permission (403), perhaps for now
    │   ├── ServiceUnreachableError nothing was sent: no connection, or no token
    │   └── AnswerLostError         it was sent and nobody knows what became of it
    └── TerminalError               waiting does not help: somebody has to do something
        ├── SettingsError           a setting is missing or wrong
        │   └── FeedQuarantinedError    the entry of one feed is wrong; the other feeds run
        ├── SupersededError         a file of the set has changed or gone since it was pinned
        ├── ArchiveError            a zip that cannot or must not be opened
        ├── AccessDeniedError       the identity may not do this (401 after a new token)
        ├── TargetNotFoundError     the target does not exist (404)
        ├── UploadAddressError      the service named an address that pupils' data must not go to
        └── UnexpectedAnswerError   an answer that no document describes

Whether to try again is a question of type. Every message says what happened, where, and what to do
next; none holds a cell value, a token or the query of an address. `code` is the same in words that
a program can compare; it is what `result.json` carries.
"""


class SisSyncError(Exception):
    """The root. `code` is stable and lower-case with dashes."""

    code = "internal-error"


class TransientError(SisSyncError):
    """It may pass by itself. `retry_after` is in seconds, None where the service named no time."""

    code = "temporarily-unavailable"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServiceBusyError(TransientError):
    """The service answered "later"."""

    code = "service-busy"


class AccessPendingError(ServiceBusyError):
    """The service refused what the identity's token does not permit.

    A permission reaches the tokens of a managed identity up to a day after it was granted
    (learn.microsoft.com/entra/identity/managed-identities-azure-resources/
    managed-identity-best-practice-recommendations). Where it does not in time, a run ends with the
    code of AccessDeniedError: to a reader it is the same.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = AccessDeniedError.code


class ServiceUnreachableError(TransientError):
    """Nothing was sent."""

    code = "service-unreachable"


class AnswerLostError(TransientError):
    """It was sent, and no answer that can be trusted came back."""

    code = "answer-lost"


class TerminalError(SisSyncError):
    """Waiting does not help."""


class SettingsError(TerminalError):
    """A setting is missing or wrong."""

    code = "settings-wrong"


class FeedQuarantinedError(SettingsError):
    """The entry of one feed is wrong, so that feed does not run; the others do."""


class SupersededError(TerminalError):
    """A file of the set has changed or gone since it was pinned."""

    code = "superseded"


class ArchiveError(TerminalError):
    """A zip that cannot or must not be opened."""

    code = "archive-refused"


class AccessDeniedError(TerminalError):
    """The identity may not do this."""

    code = "access-denied"


class TargetNotFoundError(TerminalError):
    """The target does not exist."""

    code = "target-not-found"


class UploadAddressError(TerminalError):
    """The service named an upload address that pupils' data must not go to."""

    code = "upload-address-refused"


class UnexpectedAnswerError(TerminalError):
    """An answer that no document describes."""

    code = "unexpected-answer"
