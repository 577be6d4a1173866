"""What an action waits for, without an event loop: a replay is one synchronous pass."""

from collections.abc import Callable, Sequence


class Promise:
    """Something that an action waits for; settled once, as succeeded or not."""

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


def settled(*, succeeded: bool = True) -> Promise:
    promise = Promise()
    promise.settle(succeeded)
    return promise


def any_settled(children: Sequence[Promise]) -> Promise:
    promise = Promise()
    for child in children:
        child.then(promise.settle)
    return promise


def all_settled(children: Sequence[Promise]) -> Promise:
    """Settled when the last child is, failed or not, as in .NET."""
    promise = Promise()

    def look(_: bool) -> None:
        if all(child.succeeded is not None for child in children):
            promise.settle(succeeded=True)

    for child in children:
        child.then(look)
    return promise
