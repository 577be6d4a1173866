"""Uploading to the container that a signed address of the service names.

The address is a secret and carries its own right to write; no bearer token goes with it. It is
checked before a byte of pupils' data leaves: https, on the cloud's blob service.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.blob import ContainerClient

from sync_core.addresses import is_loopback
from sync_core.errors import (
    SisSyncError,
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


class UploadExpiredError(TransientError):
    """The signed address was refused: it has expired, or was withdrawn."""

    code = "upload-expired"


class UploadAddressRule(NamedTuple):
    """Where pupils' data may be uploaded to. `suffix` ends the host's name.

    Plain http is let through on this machine only, and only where Graph is simulated there too.
    """

    suffix: str
    graph_root: str

    def checked(self, address: str) -> str:
        """The address, if it is allowed. Raises UploadAddressError, which never quotes it."""
        parts = ADDRESS.fullmatch(address)
        if parts is None or not self._allows(parts["scheme"].lower(), parts["host"].lower()):
            raise UploadAddressError(
                f"The service named an upload address that is not https on *{self.suffix}; nothing"
                " was uploaded. If your cloud has another blob suffix, set SIS_UPLOAD_SUFFIX."
            )
        return address

    def _allows(self, scheme: str, host: str) -> bool:
        # A storage account answers under two names, one of them for the Data Lake protocol.
        account = host.replace(".dfs.", ".blob.")
        on_suffix = account == self.suffix or account.endswith(f".{self.suffix.lstrip('.')}")
        simulated = is_loopback(host) and is_loopback(urlsplit(self.graph_root).hostname)
        return on_suffix and (scheme == "https" or simulated)


def upload_blobs(address: str, files: Iterable[UploadFile], done: Callable[[str], None]) -> None:
    """Write every file as a block blob; `done` is told each name once it is there.

    Raises UploadExpiredError, TransientError, UnexpectedAnswerError.
    """
    # Small blocks bound the memory whatever a file's size; a redirect would carry the data away.
    with ContainerClient.from_container_url(
        address,
        max_single_put_size=BLOCK_BYTES,
        max_block_size=BLOCK_BYTES,
        permit_redirects=False,
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
        raise upload_fault(error.status_code, file.name) from None
    except AzureError:
        raise interrupted(file.name) from None


def interrupted(name: str) -> TransientError:
    """The connection to the service's storage broke off."""
    return TransientError(f"The upload of {name} was interrupted; it is tried again.")


def upload_fault(status: int | None, name: str) -> SisSyncError:
    """What a refusal of the service's storage means."""
    if status == FORBIDDEN:
        return UploadExpiredError(f"The upload address was refused for {name} (403).")
    if status is None or status >= SERVER_FAULT or status in PASSING:
        return TransientError(f"The upload of {name} was put off ({status}); it is tried again.")
    return UnexpectedAnswerError(
        f"The service's storage answered {status} to the upload of {name}; nothing was started."
        " Look at the profile in School Data Sync."
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
