"""The error types of this program.

    SisSyncError
    ├── TransientError              retry: the fault may disappear without any action
    │   ├── ServiceBusyError        the service says to retry later (409, 429, 5xx if safe)
    │   │   └── AccessPendingError  the token lacks a permission (403), perhaps only for now
    │   ├── ServiceUnreachableError nothing was sent: no connection, or no token
    │   └── AnswerLostError         the request was sent, and its effect is not known
    └── TerminalError               a retry does not help: somebody has to act
        ├── SettingsError           a setting is missing or wrong
        │   └── FeedQuarantinedError    the entry of one feed is wrong; the other feeds run
        ├── SupersededError         a file of the set was changed or deleted after it was pinned
        ├── ArchiveError            a zip that is damaged or unsafe to open
        ├── AccessDeniedError       the identity is not authorized (401 with a new token)
        ├── TargetNotFoundError     the target does not exist (404)
        ├── UploadAddressError      the service named an upload address that is not trusted
        └── UnexpectedAnswerError   a response that the API's documentation does not describe

The type decides whether to retry. Every message says what happened, where, and what to do next.
None contains a cell value, a token or the query string of an address. `code` is stable, so that
programs can compare it; it is the code in `result.json`.
"""


class SisSyncError(Exception):
    """The base class. `code` is stable, in lower case with dashes."""

    code = "internal-error"


class TransientError(SisSyncError):
    """A retry may succeed. `retry_after` is in seconds, None if the service named no time."""

    code = "temporarily-unavailable"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServiceBusyError(TransientError):
    """The service asks to retry later."""

    code = "service-busy"


class AccessPendingError(ServiceBusyError):
    """The token lacks a permission (403).

    It takes up to a day until a managed identity's tokens contain a permission that was granted
    (learn.microsoft.com/entra/identity/managed-identities-azure-resources/
    managed-identity-best-practice-recommendations). A run that gives up waiting for it ends with
    the code of AccessDeniedError, because readers have to do the same in both cases.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = AccessDeniedError.code


class ServiceUnreachableError(TransientError):
    """Nothing was sent."""

    code = "service-unreachable"


class AnswerLostError(TransientError):
    """The request was sent, and no response arrived that says whether it took effect."""

    code = "answer-lost"


class TerminalError(SisSyncError):
    """A retry does not help; somebody has to act."""


class SettingsError(TerminalError):
    """A setting is missing or wrong."""

    code = "settings-wrong"


class FeedQuarantinedError(SettingsError):
    """The entry of one feed is wrong. That feed does not run; the others do."""


class SupersededError(TerminalError):
    """A file of the set was changed or deleted after it was pinned."""

    code = "superseded"


class ArchiveError(TerminalError):
    """A zip that is damaged or unsafe to open."""

    code = "archive-refused"


class AccessDeniedError(TerminalError):
    """The identity is not authorized for the request."""

    code = "access-denied"


class TargetNotFoundError(TerminalError):
    """The target does not exist."""

    code = "target-not-found"


class UploadAddressError(TerminalError):
    """The service named an upload address that is not trusted with pupils' data."""

    code = "upload-address-refused"


class UnexpectedAnswerError(TerminalError):
    """A response that the API's documentation does not describe."""

    code = "unexpected-answer"
