"""The errors: the tree that the docstring draws, and codes that programs may compare."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from sync_core.model import errors
from sync_core.model.errors import SisSyncError, TerminalError, TransientError

PRODUCT = Path(errors.__file__).parents[1]
DRAWN = re.compile(r"^(?P<indent>[ │├└─]*)(?P<name>\w+Error)\b", re.MULTILINE)

CODES = {
    "NotApprovedError": "not-approved",
    "RedeliveryError": "redelivery-not-possible",
    "RunNotFoundError": "run-not-found",
    "TransientError": "temporarily-unavailable",
    "ServiceBusyError": "service-busy",
    "ServiceUnreachableError": "service-unreachable",
    "AnswerLostError": "answer-lost",
    "SettingsError": "settings-wrong",
    "SupersededError": "superseded",
    "TargetChangedError": "target-changed",
    "ArchiveError": "archive-refused",
    "AccessDeniedError": "access-denied",
    "TargetNotFoundError": "target-not-found",
    "UploadAddressError": "upload-address-refused",
    "UnexpectedAnswerError": "unexpected-answer",
    "OperationRunningError": "operation-running",
    "OperationNotFoundError": "operation-not-found",
    "StartPutOffError": "start-put-off",
    "StartPendingError": "start-pending",
    "StartUnknownError": "start-unknown",
    "UploadExpiredError": "upload-expired",
    "UploadRefusedError": "upload-refused",
    "BaselineDamagedError": "baseline-damaged",
    "DecisionError": "decision-not-possible",
    "NotHeldError": "not-held",
    "AlreadyDecidedError": "already-decided",
    "HoldVoidError": "hold-void",
    "FilesChangedError": "files-changed",
    "NotUnknownError": "not-unknown",
    "NotPausedError": "not-paused",
    "DecisionUnreadableError": "decision-unreadable",
}
"""What `result.json` carries; readers compare it, so a code never changes."""


def drawn_tree() -> list[tuple[str, str]]:
    """Parent and child of every branch in the docstring, in its order."""
    branches: list[tuple[str, str]] = []
    above: list[tuple[int, str]] = []
    for line in DRAWN.finditer(errors.__doc__ or ""):
        depth = len(line["indent"])
        above = [(indent, name) for indent, name in above if indent < depth]
        if above:
            branches.append((above[-1][1], line["name"]))
        above.append((depth, line["name"]))
    return branches


class Written(NamedTuple):
    """An error class as it is written: its base, its own code if it has one, and where."""

    base: str
    code: str | None
    module: str


def every_error() -> dict[str, Written]:
    """Every error of the product by its name, whichever module it is written in."""
    classes = {
        node.name: Written(ast.unparse(node.bases[0]), own_code(node), path.stem)
        for path in sorted(PRODUCT.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and node.bases
    }
    return {name: found for name, found in classes.items() if ROOT in lineage(name, classes)}


def own_code(node: ast.ClassDef) -> str | None:
    for line in node.body:
        match line:
            case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                return code
    return None


def lineage(name: str, classes: Mapping[str, Written]) -> list[str]:
    """The bases of a class, from the nearest on."""
    found = classes.get(name)
    return [] if found is None else [found.base, *lineage(found.base, classes)]


ROOT = SisSyncError.__name__
ERRORS = every_error()


def test_the_drawn_tree_is_the_tree() -> None:
    real = [(found.base, name) for name, found in ERRORS.items() if found.module == "errors"]
    assert sorted(drawn_tree()) == sorted(real)


def test_codes_are_the_published_ones() -> None:
    assert {name: found.code for name, found in ERRORS.items() if found.code} == CODES


def test_no_two_errors_that_a_run_can_end_with_share_a_code() -> None:
    codes = [SisSyncError.code, *(found.code for found in ERRORS.values() if found.code)]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_either_passing_or_final(name: str) -> None:
    above = {name, *lineage(name, ERRORS)}
    assert (TransientError.__name__ in above) != (TerminalError.__name__ in above)


@pytest.mark.parametrize("code", [SisSyncError.code, *CODES.values()])
def test_every_code_is_in_words(code: str) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)


def test_a_passing_error_carries_the_services_own_time() -> None:
    assert TransientError("Later.", retry_after=2.5).retry_after == 2.5
    assert TransientError("Later.").retry_after is None
