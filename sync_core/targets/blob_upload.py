"""Uploads files to a blob container that the service names by a signed address.

The address is a secret: whoever knows it can write to the container, so no bearer token is sent. It
is checked before any byte of pupils' data is sent: https, on the cloud's blob service.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.blob import ContainerClient

from sync_core.model.addresses import is_loopback
from sync_core.model.errors import (
    ServiceBusyError,
    SisSyncError,
    TerminalError,
    TransientError,
    UnexpectedAnswerError,
    UploadAddressError,
)
from sync_core.targets import UploadFile

ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+)(?::\d+)?/[\w$-][!-\[\]-~]*",
    re.IGNORECASE | re.ASCII,
)
"""A host and a container, in characters that all parsers read in the same way. With a backslash in
an address, the parser that checks it and the one that connects may see different hosts."""

BLOCK_BYTES = 4 * 1024 * 1024
FORBIDDEN, SERVER_FAULT = 403, 500
TRANSIENT = frozenset({408, 409, 429})

EXPIRED = frozenset({"", "AuthenticationFailed"})
"""The error codes for a signature that has expired. It is empty if a proxy removed the header
(learn.microsoft.com/rest/api/storageservices/blob-service-error-codes)."""

REFUSAL_CODE = re.compile(r"[A-Za-z]{1,80}")


class Refusal(NamedTuple):
    """Why storage refused a request: its `x-ms-error-code`, and whether the address had expired."""

    code: str = ""
    expired: bool = True


class UploadExpiredError(TransientError):
    """The signed address was refused: it has expired, was revoked, or does not allow writing."""

    code = "upload-expired"

    def __init__(self, message: str, refusal: Refusal = Refusal()) -> None:  # noqa: B008 - immutable
        super().__init__(message)
        self.refusal = refusal


class UploadRefusedError(TerminalError):
    """The service's storage refuses an upload to a new address."""

    code = "upload-refused"


class UploadAddressRule(NamedTuple):
    """Where pupils' data may be uploaded to: hosts whose name ends with `suffix`.

    http is allowed on this machine only, and only if Graph is simulated there too.
    """

    suffix: str
    graph_root: str

    def named_in(self, body: Any, name: str) -> str:
        """The address in an answer of the service.

        Raises ServiceBusyError if there is none, because the answer is empty, cut off or not JSON,
        and UploadAddressError if the address is not allowed.
        """
        address = body.get(name) if isinstance(body, dict) else None
        if not isinstance(address, str) or not address:
            raise ServiceBusyError(
                "Microsoft Graph answered without an upload address (the answer is empty or"
                " damaged); retrying."
            )
        return self.checked(address)

    def checked(self, address: str) -> str:
        """The address, if it is allowed. Raises UploadAddressError, which does not quote it."""
        parts = ADDRESS.fullmatch(address)
        if parts is None or not self._allows(parts["scheme"].lower(), parts["host"].lower()):
            raise UploadAddressError(
                "School Data Sync named an upload address that is not an https address on"
                f" *{self.suffix}, so nothing was uploaded. If your cloud uses another host-name"
                " suffix for blobs, set SIS_UPLOAD_SUFFIX."
            )
        return address

    def _allows(self, scheme: str, host: str) -> bool:
        # A storage account has two host names, one of them for the Data Lake protocol.
        account = host.replace(".dfs.", ".blob.")
        on_suffix = account == self.suffix or account.endswith(f".{self.suffix.lstrip('.')}")
        simulated = is_loopback(host) and is_loopback(urlsplit(self.graph_root).hostname)
        return on_suffix and (scheme == "https" or simulated)


def upload_blobs(address: str, files: Iterable[UploadFile], done: Callable[[str], None]) -> None:
    """Write every file as a block blob; `done` is called with each name once it is stored.

    Raises UploadExpiredError, TransientError, UnexpectedAnswerError.
    """
    # Small blocks bound the memory for files of any size. Redirects and proxies of the environment
    # are off, because either could send the data elsewhere.
    with ContainerClient.from_container_url(
        address,
        max_single_put_size=BLOCK_BYTES,
        max_block_size=BLOCK_BYTES,
        permit_redirects=False,
        use_env_settings=False,
        retry_total=2,
    ) as container:
        for file in files:
            _upload_blob(container, file)
            done(file.name)


def _upload_blob(container: ContainerClient, file: UploadFile) -> None:
    try:
        container.upload_blob(
            file.name, ChunkStream(file.chunks()), length=file.size, overwrite=True
        )
    except HttpResponseError as error:
        raise upload_fault(error.status_code, file.name, refusal_of(error)) from None
    except AzureError:
        raise interrupted(file.name) from None


def interrupted(name: str) -> TransientError:
    """The error if the connection to the service's storage was interrupted."""
    return TransientError(f"The upload of {name} was interrupted; retrying.")


def refusal_of(error: HttpResponseError) -> Refusal:
    """Why storage has refused a request."""
    response: Any = error.response
    if response is None:
        return Refusal()
    header = response.headers.get("x-ms-error-code", "")
    code = header if REFUSAL_CODE.fullmatch(header) else ""
    ends = parse_qs(urlsplit(response.request.url).query).get("se", [""])[0]
    return Refusal(code, code in EXPIRED or _is_past(ends, response.headers.get("Date")))


def _is_past(ends: str, date: str | None) -> bool:
    """Whether a signature has expired by storage's own clock; False if a time cannot be read."""
    try:
        now = parsedate_to_datetime(date or "")
        return datetime.fromisoformat(ends) <= now
    except (TypeError, ValueError):
        return False


@contextmanager
def address_renewed() -> Iterator[None]:
    """Wraps an upload to an address that was just renewed.

    A refusal of it then raises UploadExpiredError only if the new address has expired too, and
    otherwise UploadRefusedError, because the refusal has another cause.
    """
    try:
        yield
    except UploadExpiredError as refused:
        if refused.refusal.expired:
            raise
        raise UploadRefusedError(
            f"{refused} A new address was refused too, so the address has not expired: School Data"
            f" Sync's storage reports {refused.refusal.code}. No sync was started. Check that no"
            " firewall or proxy is between the app and that storage; then contact Microsoft support"
            " with this code."
        ) from None


def upload_fault(status: int | None, name: str, refusal: Refusal = Refusal()) -> SisSyncError:  # noqa: B008 - immutable
    """The error for a refused request. `status` is the HTTP status, None without an answer."""
    if status == FORBIDDEN:
        why = ", ".join(filter(None, ["403", refusal.code]))
        return UploadExpiredError(f"The upload address was refused for {name} ({why}).", refusal)
    if status is None or status >= SERVER_FAULT or status in TRANSIENT:
        return TransientError(f"The upload storage is busy ({status}) for {name}; retrying.")
    return UnexpectedAnswerError(
        f"School Data Sync's storage answered {status} to the upload of {name}; no sync was"
        " started. Check the target in School Data Sync, then deliver the export again."
    )


class ChunkStream(io.RawIOBase):
    """An iterator of blocks as a readable stream, holding one block at a time."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, exactly that many unless the stream ends; all with -1."""
        parts = [self._rest]
        have = len(self._rest)
        while size < 0 or have < size:
            block = next(self._chunks, None)
            if block is None:
                break
            parts.append(block)
            have += len(block)
        data = b"".join(parts)
        cut = len(data) if size < 0 else size
        self._rest = data[cut:]
        return data[:cut]
