"""The app's orchestrators and activities, as the durable engine asks for them."""

from azure.functions.meta import Datum

from local.host.app import App
from local.host.crash import CrashPoint
from local.host.functions import Function
from local.host.invoke import Invoker, Occasion
from local.host.paths import members
from local.host.storage_bindings import StorageBindings


class AppWorker:
    """`local.worker.Worker` over an indexed app. Calls block and come from the engine's threads."""

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
        """One replay. It is not told as a call: a long orchestration is replayed many times."""
        occasion = Occasion(Datum(context, "string"))
        return str(self._invoker.replay(self._orchestrators[name], occasion).returned.value)

    def run_activity(self, name: str, input_json: str) -> str:
        function = self._activities[name]
        occasion = Occasion(Datum(input_json, "string"), data=members(input_json))
        self._crash.reached(name, "before")
        with self._crash.watching(name):
            outcome = self._invoker.call(function, occasion)
        self._crash.reached(name, "after")
        self._storage.write(outcome, occasion.data)
        self._crash.reached(name, "recorded")
        return str(outcome.returned.value)


def _by_name(app: App, trigger: str, setting: str) -> dict[str, Function]:
    """Functions by the name that orchestrations call them by: the trigger's own, or theirs."""
    return {one.trigger.settings.get(setting) or one.name: one for one in app.with_trigger(trigger)}
