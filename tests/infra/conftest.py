"""What the compiler makes of the templates, once for all tests; nothing where there is none."""

import fcntl
import json
import os

import pytest

from tests.infra.bicep import CLI
from tests.infra.deployed import Project, evaluated, texts

# `test_bicep_cli.py` says in one line what is left out.
collect_ignore = [] if CLI else ["test_templates.py", "test_queries.py"]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The templates and what they would deploy. The first worker evaluates them for all."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    answers = shared / "deployed.json"
    with (shared / "deployed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answers.exists():
            answers.write_text(json.dumps(evaluated()), encoding="utf-8")
    return Project(texts(), json.loads(answers.read_text(encoding="utf-8")))
