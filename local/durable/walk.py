"""What an orchestrator's actions mean, given its history: the host's half of a replay.

The SDK replies with everything that an orchestrator has yielded since its first line. The host
walks that list in order, starts each action and waits for it before it starts the next, while the
history is played to it. Actions get their numbers from one counter as they are started; the SDK
counts by itself, and the history tells whether both still agree. Actions that the history does
not know yet are the new decisions.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import singledispatchmethod

from local.durable import protocol
from local.durable.decisions import (
    Decision,
    NonDeterministicError,
    ScheduleActivity,
    Scope,
    StartChild,
    StartTimer,
    WalkError,
    unknown_function,
)
from local.durable.history import EventType, parse_timestamp
from local.durable.model import Event
from local.durable.promises import Promise, all_settled, any_settled, settled

CHANGED = (
    "Was a change made to the orchestrator code after this instance had already started running?"
)


class Walk:
    """One replay of the actions over the history; feed it every event, oldest first."""

    def __init__(self, actions: Sequence[protocol.Action], scope: Scope) -> None:
        self._actions = iter(actions)
        self._scope = scope
        self._now = datetime.min.replace(tzinfo=UTC)
        self._count = 0
        self._open: dict[int, Promise] = {}
        self._unconfirmed: dict[int, Decision] = {}
        self._waiters: dict[str, list[Promise]] = defaultdict(list)
        self._buffered: Counter[str] = Counter()
        self.walked = False
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
        """What has been started and is not in the history yet."""
        return tuple(self._unconfirmed.values())

    @property
    def has_open_tasks(self) -> bool:
        """Whether an activity, sub-orchestration or uncancelled timer is still under way."""
        return bool(self._open)

    def feed(self, event: Event) -> None:
        handler = self._handlers.get(event["EventType"])
        if handler is not None:
            handler(event)

    def _advance(self, _: bool = True) -> None:
        for action in self._actions:
            promise = self._begin(action)
            if promise.succeeded is None:
                promise.then(self._advance)
                return
        self.walked = True

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
            raise NonDeterministicError(_parted(number, kind, name, found))

    def _on_completed(self, event: Event) -> None:
        self._settle(event["TaskScheduledId"], succeeded=True)

    def _on_failed(self, event: Event) -> None:
        self._settle(event["TaskScheduledId"], succeeded=False)

    def _on_timer_fired(self, event: Event) -> None:
        self._settle(event["TimerId"], succeeded=True)

    def _settle(self, number: int, *, succeeded: bool) -> None:
        promise = self._open.pop(number, None)
        if promise is not None:
            promise.settle(succeeded)

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
    def _begin(self, action: protocol.Action) -> Promise:
        raise WalkError(
            f"This local durable engine does not run {type(action).__name__} actions; "
            "use activities, sub-orchestrations, timers and external events."
        )

    @_begin.register
    def _(self, action: protocol.CallActivity) -> Promise:
        return self._activity(action.function_name, action.input)

    @_begin.register
    def _(self, action: protocol.CallActivityWithRetry) -> Promise:
        return self._retried(
            action.retry_options, lambda: self._activity(action.function_name, action.input)
        )

    @_begin.register
    def _(self, action: protocol.CallSubOrchestrator) -> Promise:
        return self._child(action)

    @_begin.register
    def _(self, action: protocol.CallSubOrchestratorWithRetry) -> Promise:
        return self._retried(action.retry_options, lambda: self._child(action))

    @_begin.register
    def _(self, action: protocol.CreateTimer) -> Promise:
        return self._timer(action.fire_at, cancelled=action.is_canceled)

    @_begin.register
    def _(self, action: protocol.ContinueAsNew) -> Promise:
        self.next_input = action.input or "null"
        return settled()

    @_begin.register
    def _(self, action: protocol.WaitForExternalEvent) -> Promise:
        name = action.external_event_name.lower()
        if self._buffered[name]:
            self._buffered[name] -= 1
            return settled()
        promise = Promise()
        self._waiters[name].append(promise)
        return promise

    @_begin.register
    def _(self, action: protocol.WhenAll) -> Promise:
        children = [self._begin(child) for child in action.compound_actions]
        return all_settled(children)

    @_begin.register
    def _(self, action: protocol.WhenAny) -> Promise:
        children = [self._begin(child) for child in action.compound_actions]
        return any_settled(children)

    def _activity(self, name: str, text: str | None) -> Promise:
        self._refuse_unknown(name, self._scope.activities, "activity")
        return self._decide(ScheduleActivity(self._count, name, text or "null"))

    def _child(
        self, action: protocol.CallSubOrchestrator | protocol.CallSubOrchestratorWithRetry
    ) -> Promise:
        self._refuse_unknown(action.function_name, self._scope.orchestrators, "orchestrator")
        number = self._count
        child_id = action.instance_id or f"{self._scope.execution_id}:{number}"
        text = action.input or "null"
        return self._decide(
            StartChild(number, action.function_name, text, child_id, action.version)
        )

    def _timer(self, fire_at: datetime, *, cancelled: bool = False) -> Promise:
        number = self._count
        promise = self._decide(StartTimer(number, fire_at))
        if cancelled:
            self._settle(number, succeeded=False)
        return promise

    def _decide(self, decision: Decision) -> Promise:
        self._count += 1
        self._unconfirmed[decision.number] = decision
        promise = self._open[decision.number] = Promise()
        return promise

    def _retried(self, options: protocol.RetryOptions, start: Callable[[], Promise]) -> Promise:
        outcome = Promise()
        self._attempt(1, options, start, outcome)
        return outcome

    def _attempt(
        self,
        attempt: int,
        options: protocol.RetryOptions,
        start: Callable[[], Promise],
        outcome: Promise,
    ) -> None:
        """Starts an attempt, and what follows when it fails.

        After the last one another timer is set, due at once: the framework keeps it so that old
        histories still replay, and the SDK counts it.
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
            raise WalkError(unknown_function(name, what, known))


def _parted(number: int, kind: str, name: str, found: Decision | None) -> str:
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
