"""Shared fixtures: one storage emulator per test process, and unique names."""

import os
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from hypothesis import settings

from local.storage import Azurite

# No deadline for one example, because a busy machine is slow at times and every test has a timeout.
# In CI the examples are fixed, so that one tree always gives one result. Other runs try new ones.
settings.register_profile("everywhere", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "everywhere")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the storage emulator, and put slow tests first so that none ends the run."""
    for item in items:
        if "azurite" in getattr(item, "fixturenames", ()):
            item.add_marker("emulator")
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """A running storage emulator. Tests share it: take names from `unique_name`."""
    with Azurite(tmp_path_factory.mktemp("azurite"), in_memory=True) as running:
        yield running


@pytest.fixture
def unique_name() -> Callable[[str], str]:
    """A function from a prefix to a container, queue, table or feed name that no other test has."""

    def unique(prefix: str = "t") -> str:
        return f"{prefix}-{uuid4().hex[:12]}"

    return unique
