"""Matches an orchestrator's actions with its history: the host's half of a replay.

The SDK replies with every action that the orchestrator has yielded since its first line. The host
starts these actions in order, each after the one before it has completed, while it replays the
history. Actions are numbered by one counter as they start. The SDK counts independently, and the
history shows whether both counts agree. Actions that are not in the history yet are new decisions.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import singledispatchmethod

from local.durable import protocol
from local.durable.decisions import (
    Decision,
    NonDeterministicError,
    ReplayError,
    ScheduleActivity,
    Scope,
    StartChild,
    StartTimer,
    unknown_function,
)
from local.durable.history import EventType, parse_timestamp
from local.durable.model import Event
from local.durable.tasks import Task, all_settled, any_settled, settled

CHANGED = (
    "Was a change made to the orchestrator code after this instance had already started running?"
)


class Replay:
    """One replay of the actions over the history. Call `feed` with every event, oldest first."""

    def __init__(self, actions: Sequence[protocol.Action], scope: Scope) -> None:
        self._actions = iter(actions)
        self._scope = scope
        self._now = datetime.min.replace(tzinfo=UTC)
        self._count = 0
        self._open: dict[int, Task] = {}
        self._unconfirmed: dict[int, Decision] = {}
        self._waiters: dict[str, list[Task]] = defaultdict(list)
        self._buffered: Counter[str] = Counter()
        self.completed = False
        self.next_input: str | None = None
        self.carried: list[Event] = []
        self._handlers: dict[int, Callable[[Event], None]] = {
            EventType.ORCHESTRATOR_STARTED: self._on_orchestrator_started,
            EventType.EXECUTION_STARTED: self._on_execution_started,
            EventType.TASK_SCHEDULED: self._on_scheduled,
            EventType.TIMER_CREATED: self._on_scheduled,
            EventType.SUB_ORCHESTRATION_INSTANCE_CREATED: self._on_scheduled,
            EventType.TASK_COMPLETED: self._on_completed,
            EventType.SUB_ORCHESTRATION_INSTANCE_COMPLETED: self._on_completed,
            EventType.TASK_FAILED: self._on_failed,
            EventType.SUB_ORCHESTRATION_INSTANCE_FAILED: self._on_failed,
            EventType.TIMER_FIRED: self._on_timer_fired,
            EventType.EVENT_RAISED: self._on_event_raised,
        }

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The decisions that are not in the history yet."""
        return tuple(self._unconfirmed.values())

    @property
    def has_open_tasks(self) -> bool:
        """Whether an activity, a sub-orchestration or an uncancelled timer is still running."""
        return bool(self._open)

    def feed(self, event: Event) -> None:
        handler = self._handlers.get(event["EventType"])
        if handler is not None:
            handler(event)

    def _advance(self, _: bool = True) -> None:
        for action in self._actions:
            task = self._begin(action)
            if task.succeeded is None:
                task.then(self._advance)
                return
        self.completed = True

    # --- events of the history ---------------------------------------------------------------

    def _on_orchestrator_started(self, event: Event) -> None:
        self._now = parse_timestamp(event["Timestamp"])

    def _on_execution_started(self, _: Event) -> None:
        self._advance()

    def _on_scheduled(self, event: Event) -> None:
        number = event["EventId"]
        found = self._unconfirmed.pop(number, None)
        kind = _KINDS[event["EventType"]]
        name = event.get("Name", "")
        if found is None or (found.kind, found.name.lower()) != (kind, name.lower()):
            raise NonDeterministicError(_mismatch(number, kind, name, found))

    def _on_completed(self, event: Event) -> None:
        self._settle(event["TaskScheduledId"], succeeded=True)

    def _on_failed(self, event: Event) -> None:
        self._settle(event["TaskScheduledId"], succeeded=False)

    def _on_timer_fired(self, event: Event) -> None:
        self._settle(event["TimerId"], succeeded=True)

    def _settle(self, number: int, *, succeeded: bool) -> None:
        task = self._open.pop(number, None)
        if task is not None:
            task.settle(succeeded)

    def _on_event_raised(self, event: Event) -> None:
        name = event["Name"].lower()
        if self.next_input is not None:
            self.carried.append(event)
        elif self._waiters[name]:
            self._waiters[name].pop().settle(succeeded=True)
        else:
            self._buffered[name] += 1

    # --- actions -----------------------------------------------------------------------------

    @singledispatchmethod
    def _begin(self, action: protocol.Action) -> Task:
        raise ReplayError(
            f"This local durable engine does not run {type(action).__name__} actions; "
            "use activities, sub-orchestrations, timers and external events."
        )

    @_begin.register
    def _(self, action: protocol.CallActivity) -> Task:
        return self._activity(action.function_name, action.input)

    @_begin.register
    def _(self, action: protocol.CallActivityWithRetry) -> Task:
        return self._retried(
            action.retry_options, lambda: self._activity(action.function_name, action.input)
        )

    @_begin.register
    def _(self, action: protocol.CallSubOrchestrator) -> Task:
        return self._child(action)

    @_begin.register
    def _(self, action: protocol.CallSubOrchestratorWithRetry) -> Task:
        return self._retried(action.retry_options, lambda: self._child(action))

    @_begin.register
    def _(self, action: protocol.CreateTimer) -> Task:
        return self._timer(action.fire_at, cancelled=action.is_canceled)

    @_begin.register
    def _(self, action: protocol.ContinueAsNew) -> Task:
        self.next_input = action.input or "null"
        return settled()

    @_begin.register
    def _(self, action: protocol.WaitForExternalEvent) -> Task:
        name = action.external_event_name.lower()
        if self._buffered[name]:
            self._buffered[name] -= 1
            return settled()
        task = Task()
        self._waiters[name].append(task)
        return task

    @_begin.register
    def _(self, action: protocol.WhenAll) -> Task:
        children = [self._begin(child) for child in action.compound_actions]
        return all_settled(children)

    @_begin.register
    def _(self, action: protocol.WhenAny) -> Task:
        children = [self._begin(child) for child in action.compound_actions]
        return any_settled(children)

    def _activity(self, name: str, text: str | None) -> Task:
        self._refuse_unknown(name, self._scope.activities, "activity")
        return self._decide(ScheduleActivity(self._count, name, text or "null"))

    def _child(
        self, action: protocol.CallSubOrchestrator | protocol.CallSubOrchestratorWithRetry
    ) -> Task:
        self._refuse_unknown(action.function_name, self._scope.orchestrators, "orchestrator")
        number = self._count
        child_id = action.instance_id or f"{self._scope.execution_id}:{number}"
        text = action.input or "null"
        return self._decide(
            StartChild(number, action.function_name, text, child_id, action.version)
        )

    def _timer(self, fire_at: datetime, *, cancelled: bool = False) -> Task:
        number = self._count
        task = self._decide(StartTimer(number, fire_at))
        if cancelled:
            self._settle(number, succeeded=False)
        return task

    def _decide(self, decision: Decision) -> Task:
        self._count += 1
        self._unconfirmed[decision.number] = decision
        task = self._open[decision.number] = Task()
        return task

    def _retried(self, options: protocol.RetryOptions, start: Callable[[], Task]) -> Task:
        outcome = Task()
        self._attempt(1, options, start, outcome)
        return outcome

    def _attempt(
        self,
        attempt: int,
        options: protocol.RetryOptions,
        start: Callable[[], Task],
        outcome: Task,
    ) -> None:
        """Starts an attempt, and the next one when it fails.

        A failed last attempt sets one more timer, due at once. The framework keeps this timer so
        that old histories still replay, and the SDK counts it.
        """

        def after(succeeded: bool) -> None:
            if succeeded:
                outcome.settle(succeeded=True)
            elif attempt >= options.max_number_of_attempts:
                self._timer(self._now).then(lambda _: outcome.settle(succeeded=False))
            else:
                pause = timedelta(milliseconds=options.first_retry_interval_in_milliseconds)
                self._timer(self._now + pause).then(
                    lambda _: self._attempt(attempt + 1, options, start, outcome)
                )

        start().then(after)

    def _refuse_unknown(self, name: str, known: frozenset[str], what: str) -> None:
        if name not in known:
            raise ReplayError(unknown_function(name, what, known))


def _mismatch(number: int, kind: str, name: str, found: Decision | None) -> str:
    before = (
        "Non-Deterministic workflow detected: A previous execution of this orchestration "
        f"scheduled a {kind} with sequence number {number} named '{name}', but the current "
    )
    if found is None:
        return f"{before}replay execution hasn't (yet?) scheduled this task. {CHANGED}"
    return (
        f"{before}orchestration replay instead scheduled a {found.kind} named '{found.name}' "
        f"with this sequence number. {CHANGED}"
    )


_KINDS = {
    EventType.TASK_SCHEDULED: "activity task",
    EventType.TIMER_CREATED: "timer",
    EventType.SUB_ORCHESTRATION_INSTANCE_CREATED: "sub-orchestration",
}
