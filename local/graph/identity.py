"""The managed identity endpoint of an App Service, and the validation of its tokens.

Protocol: learn.microsoft.com/azure/app-service/overview-managed-identity, REST endpoint reference.
"""

import base64
import json
import secrets
import time
from collections.abc import Set as AbstractSet

from aiohttp import web
from msgspec import Struct

from local.graph.documents import IdentitySettings
from local.graph.graph_errors import GraphError
from local.graph.journal import ENTRY

API_VERSION = "2019-08-01"
GRAPH = "https://graph.microsoft.com"
SYSTEM_ASSIGNED = "00000000-0000-0000-0000-00000000c0de"
AUTHORITY = "https://login.microsoftonline.com/common/oauth2/authorize"


class Token(Struct):
    """An issued token. The journal shows its `id` only."""

    id: str
    audience: str
    roles: frozenset[str]
    expires_on: int
    revoked: bool = False


class Identity:
    """Issues tokens and validates them."""

    def __init__(self) -> None:
        self.header = secrets.token_urlsafe(32)
        self.settings = IdentitySettings()
        self._tokens: dict[str, Token] = {}

    def forget(self) -> None:
        self.settings = IdentitySettings()
        self._tokens.clear()

    def revoke_all(self) -> int:
        """Invalidate every token. Returns how many were valid until now."""
        valid = [token for token in self._tokens.values() if not token.revoked]
        for token in valid:
            token.revoked = True
        return len(valid)

    async def token(self, request: web.Request) -> web.Response:
        """GET of IDENTITY_ENDPOINT."""
        refusal = self._refusal(request)
        if refusal:
            status, message = refusal
            return web.json_response({"statusCode": status, "message": message}, status=status)
        client_id = request.query.get("client_id", SYSTEM_ASSIGNED)
        secret, token = self._issue(request.query["resource"].rstrip("/"), client_id)
        request[ENTRY].token = token.id
        request[ENTRY].effective = True
        return web.json_response(
            {
                "access_token": secret,
                "expires_on": str(token.expires_on),
                "resource": request.query["resource"],
                "token_type": "Bearer",
                "client_id": client_id,
            }
        )

    def _refusal(self, request: web.Request) -> tuple[int, str] | None:
        given = request.headers.get("X-IDENTITY-HEADER", "")
        if not secrets.compare_digest(given.encode(), self.header.encode()):
            return 401, "The header X-IDENTITY-HEADER is missing or not that of this app."
        if request.query.get("api-version") != API_VERSION:
            return 400, f"The parameter api-version is not {API_VERSION}."
        if not request.query.get("resource"):
            return 400, "The parameter resource is missing."
        return None

    def _issue(self, audience: str, client_id: str) -> tuple[str, Token]:
        now = int(time.time())
        late = self.settings.late_roles if len(self._tokens) < self.settings.late_tokens else ()
        token = Token(
            id=f"token-{len(self._tokens) + 1}",
            audience=audience,
            roles=frozenset(self.settings.roles).difference(late),
            expires_on=now + self.settings.lifetime_seconds,
        )
        claims = {
            "aud": audience,
            "iat": now,
            "nbf": now,
            "exp": token.expires_on,
            "appid": client_id,
            "idtyp": "app",
            "roles": sorted(token.roles),
        }
        # Only this process checks it, so a random value replaces the signature.
        parts = [_part({"typ": "JWT", "alg": "RS256"}), _part(claims), secrets.token_urlsafe(32)]
        secret = ".".join(parts)
        self._tokens[secret] = token
        return secret, token

    def require(self, request: web.Request, any_of: AbstractSet[str]) -> None:
        """Raises GraphError: 401 without a valid bearer token, 403 if it has none of the roles."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        token = self._tokens.get(secret.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            raise _unauthenticated("Access token is empty or not known here.")
        request[ENTRY].token = token.id
        if token.audience not in {GRAPH, str(request.url.origin())}:
            raise _unauthenticated("Access token validation failure. Invalid audience.")
        if token.revoked:
            raise _unauthenticated(
                "Continuous access evaluation resulted in a claims challenge.", _CHALLENGE
            )
        if token.expires_on <= time.time():
            raise _unauthenticated("Lifetime validation failed, the token is expired.")
        if not token.roles & any_of:
            raise GraphError(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            )


def _part(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _challenge() -> str:
    claims = json.dumps({"access_token": {"nbf": {"essential": True}}})
    return f', error="insufficient_claims", claims="{base64.b64encode(claims.encode()).decode()}"'


_CHALLENGE = _challenge()


def _unauthenticated(message: str, challenge: str = "") -> GraphError:
    header = f'Bearer realm="", authorization_uri="{AUTHORITY}"{challenge}'
    return GraphError(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": header})
