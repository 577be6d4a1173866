"""Hosts of the sample app for the tests of this folder."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from local.storage import Azurite
from tests.local.host.sample import Cloud, RunningHost


@pytest.fixture
def cloud(azurite: Azurite, tmp_path: Path, unique_name: Callable[[str], str]) -> Cloud:
    """Containers and queues for a test that starts its own hosts."""
    return _make(azurite, tmp_path, unique_name("x"))


@pytest.fixture(scope="session")
def shared(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    """The containers and queues of the shared host. Use a unique key in the outputs of a test."""
    return _make(azurite, tmp_path_factory.mktemp("shared"), uuid4().hex[:12])


@pytest.fixture(scope="session")
def host(shared: Cloud) -> Iterator[RunningHost]:
    """A host that tests share."""
    with shared.host() as running:
        yield running


def _make(azurite: Azurite, folder: Path, key: str) -> Cloud:
    made = Cloud(folder, azurite.connection_string, azurite.blob_events, key)
    made.make()
    return made
