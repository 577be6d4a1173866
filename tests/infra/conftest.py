"""The templates and what they would deploy, for every test of rules."""

import pytest

from tests.infra.deployed import Project, committed, texts


@pytest.fixture(scope="session")
def project() -> Project:
    return Project(texts(), committed())
