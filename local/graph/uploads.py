"""The upload locations of the profiles: one container each in the storage emulator."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import ContainerSasPermissions, generate_container_sas
from azure.storage.blob.aio import BlobServiceClient, ContainerClient


class Uploads:
    """Opens containers for uploads and reads them with the account key."""

    def __init__(self, connection_string: str) -> None:
        self._service = BlobServiceClient.from_connection_string(connection_string)

    async def close(self) -> None:
        await self._service.close()

    async def open(self, name: str, seconds: float, *, writes: bool = True) -> str:
        """The container's address with a signature to write only, or to read only. A secret.

        Files of an earlier upload stay in it, as they may on the real service.
        """
        container = self._service.get_container_client(name)
        with suppress(ResourceExistsError):
            await container.create_container()
        signature = generate_container_sas(
            str(self._service.account_name),
            name,
            account_key=self._service.credential.account_key,
            permission=ContainerSasPermissions(write=writes, read=not writes),
            expiry=datetime.now(UTC) + timedelta(seconds=seconds),
        )
        return f"{container.url}?{signature}"

    async def read(self, name: str) -> dict[str, bytes]:
        """Every blob of the container by name, in name order. Empty if it was never opened."""
        container = self._service.get_container_client(name)
        if not await container.exists():
            return {}
        names = [name async for name in container.list_blob_names()]
        return {name: await _content(container, name) for name in names}


async def _content(container: ContainerClient, name: str) -> bytes:
    download = await container.download_blob(name)
    return await download.readall()
