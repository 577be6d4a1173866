"""The HTTP client for Microsoft Graph, which all adapters share.

The bearer token is sent to the Graph root only: calls are paths below it, and redirects are not
followed. An answer becomes a value or one of the errors of `sync_core.model.errors`.
"""

import email.utils
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

import httpx
import msgspec

from sync_core.model.errors import (
    AccessDeniedError,
    AccessPendingError,
    AnswerLostError,
    ServiceBusyError,
    ServiceUnreachableError,
    SisSyncError,
    TargetNotFoundError,
    UnexpectedAnswerError,
)
from sync_core.targets.bounded import NOTHING_SENT, TOO_LARGE, BoundedTransport, Bounds
from sync_core.targets.permissions import lacking, roles_of

TIMEOUT = httpx.Timeout(connect=10, read=100, write=30, pool=10)
"""In seconds. The long read timeout is for the verification of a large export."""

TIMED_OUT = httpx.codes.REQUEST_TIMEOUT
NOT_SENT = (*NOTHING_SENT, httpx.UnsupportedProtocol)
ERROR_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
SURROGATES = re.compile(
    rb"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\."
)
"""The escapes in a JSON text. The last alternative skips escaped backslashes."""


class Tokens(Protocol):
    """A source of bearer tokens."""

    def token(self, *, renew: bool = False) -> str:
        """A token for the Graph root; with `renew`, a new one instead of the cached one."""


class Call(NamedTuple):
    """One call. `path` is below the root, `permission` the application role that it needs.

    `what` names the resource in messages. `repeatable`: sending the call twice does no harm. If it
    does, every unclear answer is an AnswerLostError.
    """

    method: str
    path: str
    permission: str
    what: str
    repeatable: bool = True
    headers: Mapping[str, str] = {}


class GraphAnswer(NamedTuple):
    """An answer with an expected status. `body` is the decoded JSON, None if it is not JSON.

    `location` is the header of that name, unchecked. `retry_after` is in seconds. `date` is the
    time of the answer by the service's clock, in whole epoch seconds.
    """

    status: int
    body: Any
    empty: bool
    location: str = ""
    retry_after: float | None = None
    date: float | None = None


class GraphClient:
    """Sends calls below one Graph root. Tests pass another `transport`."""

    def __init__(
        self,
        root: str,
        tokens: Tokens,
        transport: httpx.BaseTransport | None = None,
        bounds: Bounds = Bounds(),  # noqa: B008 - immutable
    ) -> None:
        self._tokens = tokens
        self._refused = False
        self._bounds = bounds
        # No connection is reused: if the service has closed it meanwhile, the outcome of a start
        # sent over it is unknown. Proxies and .netrc of the environment must never see a token.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(
            base_url=root,
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            headers={"Accept-Encoding": "gzip"},
            transport=BoundedTransport(
                transport or httpx.HTTPTransport(trust_env=False, limits=limits), bounds
            ),
        )

    def send(self, call: Call, *, expected: frozenset[int] = frozenset({200})) -> GraphAnswer:
        """Send a call. A status that is not `expected` raises an error."""
        # Only a new token contains a permission that was granted after the last refusal.
        token = self._tokens.token(renew=self._refused)
        response = self._send_once(call, token)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            token = self._tokens.token(renew=True)
            response = self._send_once(call, token)
        self._refused = response.status_code == httpx.codes.FORBIDDEN
        if response.status_code not in expected:
            raise fault_of(response, call, roles_of(token))
        if response.extensions[TOO_LARGE]:
            raise _too_large(call, self._bounds)
        return GraphAnswer(
            response.status_code,
            _json(response.content),
            empty=not response.content,
            location=response.headers.get("Location", ""),
            retry_after=retry_after(response),
            date=date_of(response),
        )

    def _send_once(self, call: Call, token: str) -> httpx.Response:
        headers = {**call.headers, "Authorization": f"Bearer {token}"}
        try:
            return self._http.request(call.method, call.path, headers=headers)
        except NOT_SENT:
            raise ServiceUnreachableError(
                f"Microsoft Graph could not be reached for {call.what}; retrying."
            ) from None
        except httpx.HTTPError as error:
            raise _lost(call, type(error).__name__) from None


def fault_of(
    response: httpx.Response, call: Call, roles: frozenset[str] | None = None
) -> SisSyncError:
    """The error for an answer with an unexpected status. The body is not quoted.

    `roles` are those of the token that was sent, None if they cannot be read.
    """
    status, what = response.status_code, call.what
    match status:
        case 401:
            return AccessDeniedError(
                f"Microsoft Graph refused a new token for {what} (401). Check that GRAPH_ROOT and"
                " the managed identity belong to the same tenant and cloud."
            )
        case 403:
            return _forbidden(response, call, roles)
        case 404:
            return TargetNotFoundError(
                f"Microsoft Graph did not find {what} (404). Check the target's id in SIS_FEEDS,"
                " and that the target was not deleted."
            )
        case 409 | 429:
            return ServiceBusyError(
                f"Microsoft Graph asked the app to retry later: {what} ({status}).",
                retry_after=retry_after(response),
            )
        case _ if call.repeatable and (response.is_server_error or status == TIMED_OUT):
            return ServiceBusyError(
                f"Microsoft Graph failed with {status} for {what}; retrying.",
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
    """Seconds to wait, from a number (with fractions) or an HTTP date; None without the header."""
    value = response.headers.get("Retry-After", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, response.headers.get("Date"))
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def date_of(response: httpx.Response) -> float | None:
    """The header `Date` as epoch seconds; None if it is missing or wrong."""
    try:
        date = email.utils.parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
    return _aware(date).timestamp()


def _until(value: str, date: str | None) -> float | None:
    try:
        then = email.utils.parsedate_to_datetime(value)
        # Relative to the service's own clock, if it sends its time: ours may be wrong.
        now = email.utils.parsedate_to_datetime(date) if date else datetime.now(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return max((_aware(then) - _aware(now)).total_seconds(), 0.0)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _forbidden(
    response: httpx.Response, call: Call, roles: frozenset[str] | None
) -> AccessPendingError:
    refused = f"Microsoft Graph refused {call.what} (403"
    if roles is None:
        missing, lacks = [call.permission], "the app's identity may lack"
    else:
        missing, lacks = lacking(call.permission, roles), "the token of the app's identity lacks"
    if not missing:
        code = _error_code(response)
        return AccessPendingError(
            f"{refused}{code and f', {code}'}), although the app's token has every permission that"
            " is needed. Check in School Data Sync that the target belongs to this tenant and is"
            " turned on."
        )
    one = len(missing) == 1
    return AccessPendingError(
        f"{refused}): {lacks} the application permission{'' if one else 's'} {', '.join(missing)}."
        f" Grant {'it' if one else 'them'} with admin consent. A new permission can take up to a"
        f" day to take effect; restarting the app does not help."
    )


def _error_code(response: httpx.Response) -> str:
    """The code of Graph's error object if it is one word; a longer text may quote data."""
    body = _json(response.content)
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and ERROR_CODE.fullmatch(code) else ""


def _too_large(call: Call, bounds: Bounds) -> SisSyncError:
    much = f"more than {bounds.size // 1024**2} MB or {bounds.entries:,} entries"
    if not call.repeatable:
        return AnswerLostError(
            f"Microsoft Graph's answer to {call.what} is {much}; the app does not read that much."
        )
    return UnexpectedAnswerError(
        f"Microsoft Graph's answer to {call.what} is {much}; the app does not read that much."
        " Check the target in School Data Sync; if it has that many messages, fix the export first."
    )


def _lost(call: Call, how: str) -> SisSyncError:
    if call.repeatable:
        return ServiceUnreachableError(
            f"Microsoft Graph gave no answer for {call.what} ({how}); retrying."
        )
    return AnswerLostError(f"Microsoft Graph's answer to {call.what} was lost or incomplete.")


def _json(content: bytes) -> Any:
    """The decoded JSON, None if it is not JSON.

    The service may cut a text in the middle of a character. Half of a surrogate pair, and a byte
    that is not UTF-8, are therefore read as U+FFFD.
    """
    for repaired in (False, True):
        try:
            return msgspec.json.decode(_repaired(content) if repaired else content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        except RecursionError:
            break
    return None


def _repaired(content: bytes) -> bytes:
    return SURROGATES.sub(_replaced, content.decode(errors="replace").encode())


def _replaced(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape["lone"] else escape[0]
