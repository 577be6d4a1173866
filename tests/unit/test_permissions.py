"""One table of Graph permissions: the adapters, the documents and the templates say the same."""

import ast
import base64
import json
import re
from pathlib import Path

import pytest

from sync_core.model import target_kinds
from sync_core.model.target_kinds import EDU_READ, EDU_READ_WRITE, TARGET_KINDS, Permission
from sync_core.targets import permissions
from sync_core.targets.permissions import (
    PERMISSIONS,
    lacking,
    permissions_document,
    roles_of,
)

ROOT = Path(__file__).resolve().parents[2]
ADAPTERS = {
    name: kind.adapter.partition(":")[0].replace(".", "/") + ".py"
    for name, kind in TARGET_KINDS.items()
}
COVERED = {EDU_READ: EDU_READ_WRITE}
"""What a wider permission holds already."""

EVERY = {each for each in vars(target_kinds).values() if isinstance(each, Permission)}


def used_by(adapter: str) -> set[Permission]:
    """The rows of the table that an adapter's file imports."""
    tree = ast.parse((ROOT / adapter).read_text(encoding="utf-8"))
    return {
        getattr(target_kinds, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == target_kinds.__name__
        for alias in node.names
    }


@pytest.mark.parametrize("kind", PERMISSIONS)
def test_a_target_is_granted_what_its_adapter_asks_for_and_no_more(kind: str) -> None:
    asked = {COVERED.get(each, each) for each in used_by(ADAPTERS[kind])}
    assert set(PERMISSIONS[kind]) == asked


@pytest.mark.parametrize("adapter", ADAPTERS.values())
def test_no_adapter_spells_a_permission_itself(adapter: str) -> None:
    text = (ROOT / adapter).read_text(encoding="utf-8")
    assert not any(each.name in text for each in EVERY)


def test_names_and_ids_are_each_of_one_permission() -> None:
    assert len({each.name for each in EVERY}) == len({each.id for each in EVERY}) == len(EVERY)
    for each in EVERY:
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", each.id)


def test_the_file_of_the_templates_is_up_to_date() -> None:
    assert (ROOT / "infra" / "permissions.json").read_bytes() == permissions_document()
    targets = json.loads(permissions_document())["targets"]
    assert {kind: [each["name"] for each in rows] for kind, rows in targets.items()} == {
        kind: [each.name for each in rows] for kind, rows in PERMISSIONS.items()
    }


@pytest.mark.parametrize("document", ["settings.md", "deploy.md"])
def test_the_documents_print_the_table(document: str) -> None:
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    rows = [
        f"| `{kind}` | `{each.name}` | {each.reason} |"
        for kind, granted in PERMISSIONS.items()
        for each in granted
    ]
    assert [row for row in rows if row not in text] == []
    named = set(re.findall(r"`((?:IndustryData|EduAdministration)[\w.-]+)`", text))
    assert named == {each.name for granted in PERMISSIONS.values() for each in granted}


class TestRoles:
    @pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "a.W10.c", "a.%.c", "a.e30.c.d"])
    def test_of_what_is_no_token_they_cannot_be_read(self, token: str) -> None:
        assert roles_of(token) is None

    @pytest.mark.parametrize(
        ("claims", "roles"),
        [
            ('{"roles": ["A.Read.All", "B.Write"]}', {"A.Read.All", "B.Write"}),
            ("{}", set()),
            ('{"roles": "A.Read.All"}', None),
        ],
    )
    def test_the_claim_is_read(self, claims: str, roles: set[str] | None) -> None:
        body = base64.urlsafe_b64encode(claims.encode()).decode().rstrip("=")
        assert roles_of(f"head.{body}.tail") == roles


class TestLacking:
    @pytest.mark.parametrize("kind", ["classic", "industry-data"])
    def test_all_that_the_target_needs_is_reported_at_once(self, kind: str) -> None:
        names = [each.name for each in PERMISSIONS[kind]]
        for permission in names:
            assert lacking(permission, frozenset()) == names
            assert lacking(permission, frozenset({names[0]})) == names[1:]
            assert lacking(permission, frozenset(names)) == []

    def test_a_narrower_one_is_reported_as_the_one_that_is_granted(self) -> None:
        assert lacking(EDU_READ.name, frozenset()) == [EDU_READ_WRITE.name]

    @pytest.mark.parametrize(("narrow", "wide"), permissions.WIDER.items())
    def test_a_wider_one_does(self, narrow: str, wide: frozenset[str]) -> None:
        for role in wide:
            assert narrow not in lacking(narrow, frozenset({role}))
            assert permissions.missing([narrow], frozenset({role})) == []

    def test_one_that_no_table_has_is_reported_by_itself(self) -> None:
        assert lacking("Other.Read.All", frozenset()) == ["Other.Read.All"]
