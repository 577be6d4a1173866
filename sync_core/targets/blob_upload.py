"""Uploading to the container that a signed address of the service names.

The address is a secret and carries its own right to write; no bearer token goes with it. It is
checked before a byte of pupils' data leaves: https, on the cloud's blob service.
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
"""A host and a container, in characters that every parser reads in one way: with a backslash in the
host, one that checks an address and one that goes there may see two different hosts."""

BLOCK_BYTES = 4 * 1024 * 1024
FORBIDDEN, SERVER_FAULT = 403, 500
PASSING = frozenset({408, 409, 429})


EXPIRED = frozenset({"", "AuthenticationFailed"})
"""What storage says of a signature whose time is over. A proxy on the way may say nothing
(learn.microsoft.com/rest/api/storageservices/blob-service-error-codes)."""

REFUSAL_CODE = re.compile(r"[A-Za-z]{1,80}")


class Refusal(NamedTuple):
    """Why storage refused a request: its `x-ms-error-code`, and whether the address had expired."""

    code: str = ""
    expired: bool = True


class UploadExpiredError(TransientError):
    """The signed address was refused: it has expired, was withdrawn, or never had the right."""

    code = "upload-expired"

    def __init__(self, message: str, refusal: Refusal = Refusal()) -> None:  # noqa: B008 - immutable
        super().__init__(message)
        self.refusal = refusal


class UploadRefusedError(TerminalError):
    """The service's storage refuses what a new address is for."""

    code = "upload-refused"


class UploadAddressRule(NamedTuple):
    """Where pupils' data may be uploaded to. `suffix` ends the host's name.

    Plain http is let through on this machine only, and only where Graph is simulated there too.
    """

    suffix: str
    graph_root: str

    def named_in(self, body: Any, name: str) -> str:
        """The address in an answer of the service, if it is allowed.

        ServiceBusyError: the answer is empty, cut or no JSON, so it holds none. UploadAddressError:
        it is not allowed.
        """
        address = body.get(name) if isinstance(body, dict) else None
        if not isinstance(address, str) or not address:
            raise ServiceBusyError(
                "Microsoft Graph answered without an upload address (the answer is empty or"
                " damaged); retrying."
            )
        return self.checked(address)

    def checked(self, address: str) -> str:
        """The address, if it is allowed. Raises UploadAddressError, which never quotes it."""
        parts = ADDRESS.fullmatch(address)
        if parts is None or not self._allows(parts["scheme"].lower(), parts["host"].lower()):
            raise UploadAddressError(
                "School Data Sync named an upload address that is not an https address on"
                f" *{self.suffix}, so nothing was uploaded. If your cloud uses another host-name"
                " suffix for blobs, set SIS_UPLOAD_SUFFIX."
            )
        return address

    def _allows(self, scheme: str, host: str) -> bool:
        # A storage account answers under two names, one of them for the Data Lake protocol.
        account = host.replace(".dfs.", ".blob.")
        on_suffix = account == self.suffix or account.endswith(f".{self.suffix.lstrip('.')}")
        simulated = is_loopback(host) and is_loopback(urlsplit(self.graph_root).hostname)
        return on_suffix and (scheme == "https" or simulated)


def upload_blobs(address: str, files: Iterable[UploadFile], done: Callable[[str], None]) -> None:
    """Write every file as a block blob; `done` is called with each name once it is stored.

    Raises UploadExpiredError, TransientError, UnexpectedAnswerError.
    """
    # Small blocks bound the memory whatever a file's size. Neither a redirect nor a proxy of the
    # environment may carry the data elsewhere.
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
    """The connection to the service's storage broke off."""
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
    """Whether a signature's end has passed on storage's own clock, where both can be read."""
    try:
        now = parsedate_to_datetime(date or "")
        return datetime.fromisoformat(ends) <= now
    except (TypeError, ValueError):
        return False


@contextmanager
def address_renewed() -> Iterator[None]:
    """For an upload to an address that was just renewed: what is refused still has another cause.

    UploadExpiredError: the new one has expired as well. UploadRefusedError: it has not.
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
    """What a refusal of the service's storage means."""
    if status == FORBIDDEN:
        why = ", ".join(filter(None, ["403", refusal.code]))
        return UploadExpiredError(f"The upload address was refused for {name} ({why}).", refusal)
    if status is None or status >= SERVER_FAULT or status in PASSING:
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
