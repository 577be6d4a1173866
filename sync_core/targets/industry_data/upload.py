"""Uploads files to the session of a data connector, with the official Data Lake client.

A file is created, its parts are appended, several at a time, and then flushed. It exists only once
it is flushed. The session's address is a secret: whoever knows it can write, so no bearer token is
sent.
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

PARALLEL_REQUESTS = 3
NOT_FOUND = 404


class Folder(NamedTuple):
    """The parts of a session's address, as the Data Lake client needs them."""

    account: str
    file_system: str
    path: str
    signature: str


def upload_files(address: str, files: Iterable[UploadFile], done: Callable[[str], None]) -> None:
    """Upload every file below a session's address; `done` is called with each name once it exists.

    Raises UploadExpiredError if the session is refused or gone, TransientError and
    UnexpectedAnswerError.
    """
    folder = folder_of(address)
    for file in files:
        _upload_file(folder, file)
        done(file.name)


def folder_of(address: str) -> Folder:
    """The parts of an address `https://HOST/FILE-SYSTEM/PATH?SIGNATURE`."""
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
                max_concurrency=PARALLEL_REQUESTS,
            )
    except HttpResponseError as error:
        if error.status_code == NOT_FOUND:
            # The service deletes a container when it expires, even if its address is still valid.
            raise UploadExpiredError(
                f"The upload session was gone for {file.name} (404)."
            ) from None
        raise upload_fault(error.status_code, file.name, refusal_of(error)) from None
    except AzureError:
        raise interrupted(file.name) from None
