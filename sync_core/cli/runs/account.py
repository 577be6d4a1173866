"""The data storage account that a command uses, and the identity that it is used with."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sync_core.model.errors import AccessDeniedError, SettingsError
from sync_core.model.feeds.settings import USUAL_NAMES

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
STORAGE_SCOPE = "https://storage.azure.com/.default"


class StorageAccount:
    """The account of a connection string if there is one, else one that the user signs in to.

    `name` is the account's name or https address; it takes precedence over the environment.
    `credential` replaces the identity that is signed in on this machine.
    """

    def __init__(
        self, environment: Mapping[str, str], name: str | None = None, credential: Any = None
    ) -> None:
        self._environment = environment
        self._connection = "" if name else environment.get("SIS_STORAGE", "")
        self._address = "" if self._connection else _address(environment, name)
        self._credential = credential

    def container(self, setting: str, **options: Any) -> "ContainerClient":
        """A client for the container that a setting names. Raises SettingsError."""
        from azure.storage.blob import ContainerClient

        name = self._environment.get(setting) or USUAL_NAMES[setting]
        if not self._connection:
            return ContainerClient(self._address, name, credential=self._identity(), **options)
        try:
            return ContainerClient.from_connection_string(self._connection, name, **options)
        except ValueError:
            # The value is not shown: it contains a key.
            raise SettingsError("SIS_STORAGE is not a connection string.") from None

    def sign_in(self) -> None:
        """Get a token, unless there is a connection string. Raises AccessDeniedError."""
        if self._connection:
            return
        from azure.core.exceptions import AzureError

        try:
            self._identity().get_token(STORAGE_SCOPE)
        except AzureError:
            raise AccessDeniedError(
                "You are not signed in. Run az login or azd auth login, or set SIS_STORAGE to a"
                " connection string."
            ) from None

    def _identity(self) -> Any:
        """The identity on this machine: environment, managed identity, az, azd and others."""
        if self._credential is None:
            from azure.identity import DefaultAzureCredential

            self._credential = DefaultAzureCredential()
        return self._credential


def _address(environment: Mapping[str, str], name: str | None) -> str:
    named = name or environment.get("SIS_STORAGE__blobServiceUri")
    named = named or environment.get("SIS_DATA_STORAGE") or ""
    if named.startswith("https://"):
        return named.rstrip("/")
    if ACCOUNT.fullmatch(named):
        return f"https://{named}.blob.core.windows.net"
    raise SettingsError(
        'Name the data storage account. Example: --account "$(azd env get-value SIS_DATA_STORAGE)"'
    )
