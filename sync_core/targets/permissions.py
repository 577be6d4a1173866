"""The Microsoft Graph application permissions that each kind of target needs: the one table.

The adapters name them in their calls, the documents print them, and `infra/permissions.json`, which
the templates and the granting script read, is generated from here. The ids are those of the app
roles of Microsoft Graph; a deployment looks a role up by its name and uses the ids only to compare.
Sources: the permission tables of the classic API's pages (2021 to 2024) and of the Industry Data
API, and the Graph permissions reference for the ids.
"""

import base64
import sys
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
"""Microsoft Graph itself, in every tenant."""

JWT_PARTS = 3
"""Header, payload and signature (RFC 7519)."""


class Permission(NamedTuple):
    """One application permission: its name, the id of its app role, and what it is needed for."""

    name: str
    id: str
    reason: str


EDU_READ = Permission(
    "EduAdministration.Read.All",
    "7c9db06a-ec2d-4e7b-a592-5a1e30992566",
    "read a profile; the wider one, which a start needs, holds it",
)
EDU_READ_WRITE = Permission(
    "EduAdministration.ReadWrite.All",
    "9bc431c3-b8bc-4a8d-a219-40f10f92eff6",
    "read the profile, get its upload address, start its sync; a start has no narrower one",
)
DATA_CONNECTOR_UPLOAD = Permission(
    "IndustryData-DataConnector.Upload",
    "9334c44b-a7c6-4350-8036-6bf8e02b4c1f",
    "get an upload session and have the files validated",
)
READ_BASIC = Permission(
    "IndustryData.ReadBasic.All",
    "4f5ac95f-62fd-472c-b60f-125d24ca0bc5",
    "read the operation that a validation is",
)
INBOUND_FLOW_READ = Permission(
    "IndustryData-InboundFlow.Read.All",
    "305f6ba2-049a-4b1b-88bb-fe7e08758a00",
    "read the inbound flow, whether it is ready, and its data connector",
)
RUN_READ = Permission(
    "IndustryData-Run.Read.All",
    "f6f5d10b-3024-4d1d-b674-aae4df4a1a73",
    "watch the run until it has ended",
)
RUN_START = Permission(
    "IndustryData-Run.Start",
    "7e429772-5b5e-47c0-8fd6-7279294c8033",
    "start a run instead of waiting for the next one of the schedule",
)

PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    "classic": (EDU_READ_WRITE,),
    "industry-data": (
        INBOUND_FLOW_READ,
        DATA_CONNECTOR_UPLOAD,
        READ_BASIC,
        RUN_START,
        RUN_READ,
    ),
    "dry-run": (),
}
"""What the app's identity needs, by the kind of target that a feed names. No more than this."""


WIDER: dict[str, frozenset[str]] = {
    EDU_READ.name: frozenset({EDU_READ_WRITE.name}),
    DATA_CONNECTOR_UPLOAD.name: frozenset({"IndustryData-DataConnector.ReadWrite.All"}),
    INBOUND_FLOW_READ.name: frozenset({"IndustryData-InboundFlow.ReadWrite.All"}),
}
"""Permissions that do for a narrower one (the permission tables of the calls' pages)."""


def lacking(permission: str, roles: frozenset[str]) -> list[str]:
    """What a token with these roles lacks of all that is needed beside one permission.

    Who grants one tonight and is told of the next one tomorrow loses a day for each.
    """
    names = {kind: [each.name for each in granted] for kind, granted in PERMISSIONS.items()}
    does = {permission, *WIDER.get(permission, ())}
    needed = next((all_ for all_ in names.values() if does & {*all_}), [permission])
    return [name for name in needed if not roles & {name, *WIDER.get(name, ())}]


def roles_of(token: str) -> frozenset[str] | None:
    """The `roles` claim of a token, None where it cannot be read.

    It is read, not trusted: the service checks what it is shown.
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
