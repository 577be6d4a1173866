"""The interface through which the durable engine calls the app's functions."""

from typing import Protocol


class FunctionFailed(Exception):  # noqa: N818 - the durable history knows it under this name
    """An app's function raised. The message is the one that the real host records."""


class Worker(Protocol):
    """Runs the app's durable functions. Both calls block, and are made from worker threads."""

    def orchestrators(self) -> frozenset[str]:
        """The names of the orchestrators that the app registers."""

    def activities(self) -> frozenset[str]:
        """The names of the activities that the app registers."""

    def run_orchestrator(self, name: str, context: str) -> str:
        """Replay an orchestrator with the JSON text `context`; the SDK's reply as JSON text.

        Raises FunctionFailed with the SDK's message, which carries `$OutOfProcData$`, when the
        orchestrator raised.
        """

    def run_activity(self, name: str, input_json: str) -> str:
        """Run an activity with its input as JSON text. Returns its result as JSON text.

        The activity's output bindings have been written when this returns.
        Raises FunctionFailed when the activity raised.
        """
