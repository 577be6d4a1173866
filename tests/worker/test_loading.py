"""The app in Microsoft's own Python worker: every function, every binding, from every source."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.built_package import RUNNING, built_package, interpreter_for_package
from tests.worker.kit import HERE, OPTIONAL, ROOT, ask

RECORDED: dict[str, Any] = json.loads((HERE / "functions.json").read_text())
"""What the worker reported when the bindings last changed; `make bindings` writes it anew."""

OF_A_SETTING = {"SIS_LANDED_QUEUE": "event_landed", "SIS_ALERT_WEBHOOK": "alert_on_result"}


APPS = ["source tree", *(["package"] if interpreter_for_package()[0] == RUNNING else [])]
"""A package is loaded by the version of Python that it is built for, and by no other."""


@pytest.fixture(scope="module", params=APPS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ROOT if request.param == "source tree" else built_package(tmp_path_factory).folder


@pytest.mark.parametrize(
    "given", [(), ("SIS_LANDED_QUEUE",), ("SIS_ALERT_WEBHOOK",), tuple(OPTIONAL)]
)
def test_the_worker_finds_every_function_with_its_bindings(
    folder: Path, given: tuple[str, ...]
) -> None:
    answer = ask(folder, {name: OPTIONAL[name] for name in given})
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert all(Path(file).is_relative_to(folder) for file in told["files"])
    without = {name for setting, name in OF_A_SETTING.items() if setting not in given}
    expected = {name: one for name, one in RECORDED.items() if name not in without}
    assert told["functions"] == expected


def test_a_bad_webhook_leaves_the_app_running_without_cards() -> None:
    answer = ask(ROOT, {"SIS_ALERT_WEBHOOK": "akvs://subscription/vault/SECRET"})
    assert answer.returncode == 0, answer.stderr
    assert "alert_on_result" not in json.loads(answer.stdout)["functions"]
    assert "SIS_ALERT_WEBHOOK is not an https address" in answer.stderr
    assert "SECRET" not in answer.stderr


def test_an_annotation_that_the_worker_does_not_take_is_seen(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "sync_core", tmp_path / "sync_core")
    text = (ROOT / "function_app.py").read_text()
    (tmp_path / "function_app.py").write_text(text.replace("question: dict", "question: Json"))
    answer = ask(tmp_path, {})
    assert answer.returncode != 0
    assert "binding question has invalid non-type annotation" in answer.stderr
