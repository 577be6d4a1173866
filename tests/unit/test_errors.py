"""The errors: the tree that the docstring draws, and codes that programs may compare."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import sync_core
from sync_core import errors
from sync_core.errors import SisSyncError, TerminalError, TransientError

DRAWN = re.compile(r"^(?P<indent>[ │├└─]*)(?P<name>\w+Error)\b", re.MULTILINE)

CODES = {
    "TransientError": "temporarily-unavailable",
    "ServiceBusyError": "service-busy",
    "ServiceUnreachableError": "service-unreachable",
    "AnswerLostError": "answer-lost",
    "SettingsError": "settings-wrong",
    "SupersededError": "superseded",
    "ArchiveError": "archive-refused",
    "AccessDeniedError": "access-denied",
    "TargetNotFoundError": "target-not-found",
    "UploadAddressError": "upload-address-refused",
    "UnexpectedAnswerError": "unexpected-answer",
    "StartUnknownError": "start-unknown",
    "UploadExpiredError": "upload-expired",
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


def descendants(kind: type[SisSyncError]) -> Iterator[type[SisSyncError]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def every_error() -> list[type[SisSyncError]]:
    """Every error of the product, whichever module it is written in."""
    for module in pkgutil.walk_packages(sync_core.__path__, "sync_core."):
        importlib.import_module(module.name)
    return [kind for kind in descendants(SisSyncError) if kind.__module__.startswith("sync_core.")]


def test_the_drawn_tree_is_the_tree() -> None:
    real = [
        (kind.__base__.__name__, kind.__name__)
        for kind in descendants(SisSyncError)
        if kind.__module__ == errors.__name__ and kind.__base__ is not None
    ]
    assert drawn_tree() == real


def test_codes_are_the_published_ones() -> None:
    own = {kind.__name__: kind.code for kind in every_error() if "code" in vars(kind)}
    assert own == CODES


def test_no_two_errors_that_a_run_can_end_with_share_a_code() -> None:
    own = [kind.code for kind in every_error() if "code" in vars(kind)]
    assert sorted(own) == sorted(set(own))


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_is_either_passing_or_final_and_has_a_code_in_words(
    kind: type[SisSyncError],
) -> None:
    assert issubclass(kind, TransientError) != issubclass(kind, TerminalError)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.code)


def test_a_passing_error_carries_the_services_own_time() -> None:
    assert TransientError("Later.", retry_after=2.5).retry_after == 2.5
    assert TransientError("Later.").retry_after is None
