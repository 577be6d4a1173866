"""Which Microsoft Graph permissions a token lacks, and the table that the templates read.

`infra/permissions.json`, which the templates and the granting script read, is generated from the
declared kinds of target.
"""

import base64
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from sync_core.model.target_kinds import (
    DATA_CONNECTOR_UPLOAD,
    EDU_READ,
    EDU_READ_WRITE,
    INBOUND_FLOW_READ,
    TARGET_KINDS,
    Permission,
)

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
"""The app id of Microsoft Graph, the same in every tenant."""

JWT_PARTS = 3
"""Header, payload and signature (RFC 7519)."""

PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    kind.name: kind.permissions for kind in TARGET_KINDS.values()
}
"""What the app's identity needs, by the kind of target that a feed names."""

WIDER: dict[str, frozenset[str]] = {
    EDU_READ.name: frozenset({EDU_READ_WRITE.name}),
    DATA_CONNECTOR_UPLOAD.name: frozenset({"IndustryData-DataConnector.ReadWrite.All"}),
    INBOUND_FLOW_READ.name: frozenset({"IndustryData-InboundFlow.ReadWrite.All"}),
}
"""For a permission, the wider ones that include it (permission tables of the API's pages)."""


def missing(needed: Iterable[str], roles: frozenset[str]) -> list[str]:
    """The needed permissions that a token with these roles lacks; a wider one counts too."""
    return [name for name in needed if not roles & {name, *WIDER.get(name, ())}]


def lacking(permission: str, roles: frozenset[str]) -> list[str]:
    """The permissions that a token with these roles lacks, of all that this kind of target needs.

    `permission` is one of them. All are named at once, because each new permission can take a day
    to take effect.
    """
    names = {kind: [each.name for each in granted] for kind, granted in PERMISSIONS.items()}
    does = {permission, *WIDER.get(permission, ())}
    needed = next((all_ for all_ in names.values() if does & {*all_}), [permission])
    return missing(needed, roles)


def roles_of(token: str) -> frozenset[str] | None:
    """The `roles` claim of a token, None if it cannot be read.

    The signature is not verified: the claim is used for messages only.
    """
    parts = token.split(".")
    if len(parts) != JWT_PARTS:
        return None
    body = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(body), type=dict[str, Any])
    except (ValueError, RecursionError, msgspec.DecodeError):
        return None
    roles = claims.get("roles", [])
    return frozenset(map(str, roles)) if isinstance(roles, list) else None


def permissions_document() -> bytes:
    """The table as `infra/permissions.json` holds it."""
    targets = {
        kind: [{"name": each.name, "id": each.id} for each in permissions]
        for kind, permissions in PERMISSIONS.items()
    }
    document = {"graphAppId": GRAPH_APP_ID, "targets": targets}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(permissions_document())
