"""Uploading to the session of a data connector: the Data Lake protocol, by its official client.

A file is created, its pieces are appended (several at a time), and flushed; only then is it there.
The session's address is a secret and carries its own right to write; no bearer token goes with it.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.filedatalake import DataLakeFileClient

from sync_core.targets import UploadFile
from sync_core.targets.blob_upload import (
    BLOCK_BYTES,
    ChunkStream,
    UploadExpiredError,
    interrupted,
    refusal_of,
    upload_fault,
)

PIECES_AT_A_TIME = 3
NOT_FOUND = 404


class Folder(NamedTuple):
    """A session's address in the terms of the Data Lake client."""

    account: str
    file_system: str
    path: str
    signature: str


def upload_files(address: str, files: Iterable[UploadFile], done: Callable[[str], None]) -> None:
    """Write every file below a session's address; `done` gets each name once it is flushed.

    Raises UploadExpiredError where the session is refused or gone, else TransientError or
    UnexpectedAnswerError.
    """
    folder = folder_of(address)
    for file in files:
        _upload_file(folder, file)
        done(file.name)


def folder_of(address: str) -> Folder:
    """A session address `https://HOST/FILE-SYSTEM/PATH?SIGNATURE`, taken apart."""
    parts = urlsplit(address)
    file_system, _, path = unquote(parts.path).strip("/").partition("/")
    return Folder(f"{parts.scheme}://{parts.netloc}", file_system, path, parts.query)


def _upload_file(folder: Folder, file: UploadFile) -> None:
    path = f"{folder.path}/{file.name}".strip("/")
    client = DataLakeFileClient(
        folder.account,
        folder.file_system,
        path,
        credential=folder.signature,
        permit_redirects=False,
        use_env_settings=False,
        retry_total=2,
    )
    try:
        with client:
            client.upload_data(
                ChunkStream(file.chunks()),
                length=file.size,
                overwrite=True,
                chunk_size=BLOCK_BYTES,
                max_concurrency=PIECES_AT_A_TIME,
            )
    except HttpResponseError as error:
        if error.status_code == NOT_FOUND:
            # A container is destroyed once it expires, be its address good for longer or not.
            raise UploadExpiredError(
                f"The upload session was gone for {file.name} (404)."
            ) from None
        raise upload_fault(error.status_code, file.name, refusal_of(error)) from None
    except AzureError:
        raise interrupted(file.name) from None
