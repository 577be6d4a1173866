"""The HTTP client for Microsoft Graph: what every adapter that speaks to it shares.

The bearer token goes to the Graph root and nowhere else: calls are paths below it, and redirects
are refused. An answer becomes a value or one of the errors of `sync_core.errors`.
"""

import email.utils
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

import httpx
import msgspec

from sync_core.errors import (
    AccessDeniedError,
    AnswerLostError,
    ServiceBusyError,
    ServiceUnreachableError,
    SisSyncError,
    TargetNotFoundError,
    UnexpectedAnswerError,
)

TIMEOUT = httpx.Timeout(connect=10, read=100, write=30, pool=10)
"""Verification of a large export answers late; everything else is quick."""

TIMED_OUT = httpx.codes.REQUEST_TIMEOUT
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Tokens(Protocol):
    """Where bearer tokens come from."""

    def token(self, *, renew: bool = False) -> str:
        """A token for the Graph root; with `renew` one that was not handed out before."""


class Call(NamedTuple):
    """One call. `path` is below the root, `permission` the application role that it needs.

    `what` names what is addressed, for messages. `repeatable` is whether sending it twice does no
    harm: where it does, an answer that cannot be trusted is an AnswerLostError.
    """

    method: str
    path: str
    permission: str
    what: str
    repeatable: bool = True
    headers: Mapping[str, str] = {}


class GraphAnswer(NamedTuple):
    """An answer that is neither a fault nor a refusal: `body` is None where it held no JSON.

    `location` is the header of that name, wherever it points; `retry_after` is in seconds, `date`
    when the service answered, in epoch seconds by its own clock and without fractions.
    """

    status: int
    body: Any
    empty: bool
    location: str = ""
    retry_after: float | None = None
    date: float | None = None


class GraphClient:
    """Calls below one Graph root. `transport` is the outermost edge, for tests."""

    def __init__(
        self, root: str, tokens: Tokens, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._tokens = tokens
        # A kept connection that the far side has closed makes a start's fate unknown for nothing,
        # and proxies or .netrc of the environment must never see a token.
        self._http = httpx.Client(
            base_url=root,
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
            transport=transport,
        )

    def send(self, call: Call, *, expected: frozenset[int] = frozenset({200})) -> GraphAnswer:
        """Send a call. `expected` are the statuses that are answers; all others are errors."""
        response = self._send_once(call, renew=False)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            response = self._send_once(call, renew=True)
        if response.status_code not in expected:
            raise fault_of(response, call)
        return GraphAnswer(
            response.status_code,
            _json(response),
            empty=not response.content,
            location=response.headers.get("Location", ""),
            retry_after=retry_after(response),
            date=date_of(response),
        )

    def _send_once(self, call: Call, *, renew: bool) -> httpx.Response:
        headers = {**call.headers, "Authorization": f"Bearer {self._tokens.token(renew=renew)}"}
        try:
            return self._http.request(call.method, call.path, headers=headers)
        except NOT_SENT:
            raise ServiceUnreachableError(
                f"Microsoft Graph could not be reached for {call.what}; it is tried again."
            ) from None
        except httpx.HTTPError as error:
            raise _lost(call, type(error).__name__) from None


def fault_of(response: httpx.Response, call: Call) -> SisSyncError:
    """The error that a refusing answer means. The body is left out: it may quote anything."""
    status, what = response.status_code, call.what
    match status:
        case 401:
            return AccessDeniedError(
                f"Microsoft Graph refused a new token for {what} (401). Check that GRAPH_ROOT and"
                " the managed identity belong to the same tenant and cloud."
            )
        case 403:
            return AccessDeniedError(
                f"Microsoft Graph refused {what} (403): the app's identity lacks the application"
                f" permission {call.permission}. Grant it with admin consent; it may take some"
                " hours until new tokens carry it."
            )
        case 404:
            return TargetNotFoundError(
                f"Microsoft Graph does not know {what} (404). Check the id in SIS_FEEDS, and that"
                " the target was not deleted."
            )
        case 409 | 429:
            return ServiceBusyError(
                f"Microsoft Graph asked to wait with {what} ({status}).",
                retry_after=retry_after(response),
            )
        case _ if call.repeatable and (response.is_server_error or status == TIMED_OUT):
            return ServiceBusyError(
                f"Microsoft Graph failed with {status} for {what}; it is tried again.",
                retry_after=retry_after(response),
            )
        case _ if not call.repeatable and (
            response.is_server_error or response.is_success or status == TIMED_OUT
        ):
            return _lost(call, str(status))
        case _:
            return UnexpectedAnswerError(
                f"Microsoft Graph answered {status} for {what}, which is not documented."
                " Check GRAPH_ROOT, and whether the API is still offered to this tenant."
            )


def retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait: a number, fractions allowed, or an HTTP date; None where there is none."""
    value = response.headers.get("Retry-After", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, response.headers.get("Date"))
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def date_of(response: httpx.Response) -> float | None:
    """The header `Date` as epoch seconds; None where there is none."""
    try:
        date = email.utils.parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
    return _aware(date).timestamp()


def _until(value: str, date: str | None) -> float | None:
    try:
        then = email.utils.parsedate_to_datetime(value)
        # The service's own clock, where it tells it: ours may be off.
        now = email.utils.parsedate_to_datetime(date) if date else datetime.now(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return max((_aware(then) - _aware(now)).total_seconds(), 0.0)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _lost(call: Call, how: str) -> SisSyncError:
    if call.repeatable:
        return ServiceUnreachableError(
            f"Microsoft Graph gave no answer for {call.what} ({how}); it is tried again."
        )
    return AnswerLostError(f"Microsoft Graph gave no answer that says what became of {call.what}.")


def _json(response: httpx.Response) -> Any:
    try:
        return msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
