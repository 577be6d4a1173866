"""Bearer tokens of the app's managed identity."""

from azure.core.exceptions import AzureError
from azure.identity import ManagedIdentityCredential

from sync_core.model.errors import ServiceUnreachableError


class ManagedIdentityTokens:
    """Tokens for one Graph root. The identity library caches them until shortly before expiry."""

    def __init__(self, root: str, client_id: str | None) -> None:
        self._scope = f"{root}/.default"
        self._client_id = client_id
        self._credential = self._new_credential()

    def token(self, *, renew: bool = False) -> str:
        """A token; with `renew`, not from the cache. Raises ServiceUnreachableError."""
        if renew:
            self._credential = self._new_credential()
        try:
            return str(self._credential.get_token(self._scope).token)
        except AzureError:
            raise ServiceUnreachableError(
                "The managed identity returned no token for Microsoft Graph; retrying. If this"
                " continues, check that an identity is assigned and that AZURE_CLIENT_ID is its id."
            ) from None

    def _new_credential(self) -> ManagedIdentityCredential:
        # A proxy of the environment must see neither the token nor the secret of the identity's
        # endpoint.
        return ManagedIdentityCredential(client_id=self._client_id, use_env_settings=False)
