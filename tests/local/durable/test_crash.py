"""The engine's process is killed at every step, and a new one continues its work."""

import json
import multiprocessing
import signal
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from local.durable import history
from local.durable.model import Status
from local.durable.store import Store
from tests.local.durable import crashing_process

STEPS = 35
"""The number of steps of a run without a crash: calls of the app's functions, and events."""

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([crashing_process.__name__])


def run(folder: Path, steps: int) -> int | None:
    process = _processes.Process(target=crashing_process.run, args=(folder, steps))
    process.start()
    process.join(10)
    return process.exitcode


def test_a_run_without_a_crash_has_as_many_steps_as_are_tested(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert run(tmp_path / "a", STEPS) == -signal.SIGKILL
    assert run(tmp_path / "b", STEPS + 1) == 0


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_after_a_kill_at_any_step_a_new_process_reaches_the_same_result(
    tmp_path: Path, step: int
) -> None:
    assert run(tmp_path, step) == -signal.SIGKILL
    assert run(tmp_path, 10 * STEPS) == 0

    store = Store(tmp_path / "hub.db")
    one, the_leg = store.instance("one"), store.instance("the-leg")
    events = store.history("one")
    store.close()
    assert one
    assert the_leg
    assert (one.state, the_leg.state) == (Status.COMPLETED, Status.COMPLETED)
    assert json.loads(one.output or "") == ["FIRST", "LEFT", "RIGHT", "LAST"]
    results = [e["TaskScheduledId"] for e in events if "TaskScheduledId" in e]
    assert sorted(results) == [0, 2, 3, 4]

    done = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    names = [name for name, _ in done]
    assert set(names) == {"first", "left", "right", "last"}
    assert all(names.count(name) <= 2 for name in names)
    early = timedelta(seconds=1)
    at = {name: datetime.fromisoformat(time) for name, time in done}
    assert at["first"] + timedelta(hours=1) - early <= min(at["left"], at["right"])
    assert max(at["left"], at["right"]) + timedelta(hours=1) - early <= at["last"]
    episodes = [history.parse_timestamp(e["Timestamp"]) for e in events if e["EventType"] == 12]
    assert episodes == sorted(episodes)
