"""What the durable engine asks of the app: the seam between the engine and the Functions host."""

from typing import Protocol


class FunctionFailed(Exception):  # noqa: N818 - the durable history knows it under this name
    """An app's function raised; the message is the one that the real host would record."""


class Worker(Protocol):
    """Runs the app's durable functions. Both calls block and are made from worker threads."""

    def orchestrators(self) -> frozenset[str]:
        """The names of the orchestrators that the app registers."""

    def activities(self) -> frozenset[str]:
        """The names of the activities that the app registers."""

    def run_orchestrator(self, name: str, context: str) -> str:
        """One replay of an orchestrator over the JSON `context`; the SDK's reply as JSON text.

        Raises FunctionFailed with the SDK's message, which carries `$OutOfProcData$`, when the
        orchestrator raised.
        """

    def run_activity(self, name: str, input_json: str) -> str:
        """One activity over its input as JSON text; its result as JSON text.

        Output bindings of the activity have been written when this returns.
        Raises FunctionFailed when the activity raised.
        """
