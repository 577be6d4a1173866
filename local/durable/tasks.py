"""Tasks of a replay. They need no event loop, because a replay is one synchronous pass."""

from collections.abc import Callable, Sequence


class Task:
    """A task of an orchestrator: settled once, as succeeded or failed."""

    def __init__(self) -> None:
        self.succeeded: bool | None = None
        self._listeners: list[Callable[[bool], None]] = []

    def settle(self, succeeded: bool) -> None:
        if self.succeeded is not None:
            return
        self.succeeded = succeeded
        for listener in self._listeners:
            listener(succeeded)

    def then(self, listener: Callable[[bool], None]) -> None:
        if self.succeeded is None:
            self._listeners.append(listener)
        else:
            listener(self.succeeded)


def settled(*, succeeded: bool = True) -> Task:
    task = Task()
    task.settle(succeeded)
    return task


def any_settled(children: Sequence[Task]) -> Task:
    task = Task()
    for child in children:
        child.then(task.settle)
    return task


def all_settled(children: Sequence[Task]) -> Task:
    """A task that is settled when all children are, failed or not, as in .NET."""
    task = Task()

    def check(_: bool) -> None:
        if all(child.succeeded is not None for child in children):
            task.settle(succeeded=True)

    for child in children:
        child.then(check)
    return task
