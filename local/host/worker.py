"""Runs the app's orchestrators and activities for the durable engine."""

from azure.functions.meta import Datum

from local.host.app import App
from local.host.crash import CrashPoint
from local.host.functions import Function
from local.host.invoke import Invoker, TriggerData
from local.host.paths import members
from local.host.storage_bindings import StorageBindings


class AppWorker:
    """The `local.worker.Worker` of an indexed app. Calls block, on the engine's threads."""

    def __init__(
        self, app: App, invoker: Invoker, storage: StorageBindings, crash: CrashPoint
    ) -> None:
        self._orchestrators = _by_name(app, "orchestrationTrigger", "orchestration")
        self._activities = _by_name(app, "activityTrigger", "activity")
        self._invoker = invoker
        self._storage = storage
        self._crash = crash
        crash.watch()

    def orchestrators(self) -> frozenset[str]:
        return frozenset(self._orchestrators)

    def activities(self) -> frozenset[str]:
        return frozenset(self._activities)

    def run_orchestrator(self, name: str, context: str) -> str:
        """Replay an orchestrator. Not logged, because a long orchestration replays often."""
        trigger_data = TriggerData(Datum(context, "string"))
        return str(self._invoker.replay(self._orchestrators[name], trigger_data).returned.value)

    def run_activity(self, name: str, input_json: str) -> str:
        function = self._activities[name]
        trigger_data = TriggerData(Datum(input_json, "string"), data=members(input_json))
        self._crash.reached(name, "before")
        with self._crash.watching(name):
            outcome = self._invoker.call(function, trigger_data)
        self._crash.reached(name, "after")
        self._storage.write(outcome, trigger_data.data)
        self._crash.reached(name, "recorded")
        return str(outcome.returned.value)


def _by_name(app: App, trigger: str, setting: str) -> dict[str, Function]:
    """Functions by the name in the trigger's settings, or else by their own name."""
    return {one.trigger.settings.get(setting) or one.name: one for one in app.with_trigger(trigger)}
