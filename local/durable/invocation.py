"""Runs one function of the app in a worker thread. Errors become values too."""

import traceback
from dataclasses import dataclass
from datetime import datetime

import msgspec

from local.durable import history
from local.durable.decisions import Scope, unknown_function
from local.durable.episode import Episode, Outcome, conclude, failed, failure_text
from local.durable.model import ActivityItem, Event
from local.durable.protocol import Reply, decode_failure, decode_reply
from local.worker import FunctionFailed, Worker


@dataclass(frozen=True)
class ActivityResult:
    """The result of an activity. `text` is its result as JSON text, or its error."""

    item: ActivityItem
    succeeded: bool
    text: str

    def event(self, at: datetime) -> Event:
        if self.succeeded:
            return history.task_completed(at, self.item.task_id, self.text)
        reason = f"Activity function '{self.item.name}' failed: {self.text}"
        return history.task_failed(at, self.item.task_id, reason, self.text)


def run_activity(worker: Worker, item: ActivityItem) -> ActivityResult:
    try:
        return ActivityResult(item, True, worker.run_activity(item.name, item.input))
    except FunctionFailed as error:
        return ActivityResult(item, False, str(error))
    except Exception as error:  # noqa: BLE001 - a broken worker must show in the history
        return ActivityResult(item, False, _worker_error(error))


def run_episode(worker: Worker, episode: Episode) -> Outcome:
    name = episode.instance.name
    if name not in worker.orchestrators():
        return failed(unknown_function(name, "orchestrator", worker.orchestrators()))
    try:
        reply = _replay(worker, episode)
    except FunctionFailed as error:
        return failed(failure_text(name, str(error)))
    except msgspec.DecodeError as error:
        return failed(failure_text(name, f"its reply does not follow the protocol: {error}"))
    except Exception as error:  # noqa: BLE001 - a broken worker must show in the instance
        return failed(failure_text(name, _worker_error(error)))
    scope = Scope(episode.instance.execution_id, worker.activities(), worker.orchestrators())
    return conclude(episode, reply, scope)


def _replay(worker: Worker, episode: Episode) -> Reply:
    try:
        return decode_reply(worker.run_orchestrator(episode.instance.name, episode.context()))
    except FunctionFailed as error:
        reply = decode_failure(str(error))
        if reply is None:
            raise
        return reply


def _worker_error(error: Exception) -> str:
    """The error's type and line. Its message may contain data, so it is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
    return f"the worker itself raised {type(error).__name__} at {place}; fix the worker"
