"""One step of the doctor: what it looks at, how long it may take, and what it found."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import httpx
import msgspec

from sync_core.model.errors import ServiceUnreachableError, SisSyncError
from sync_core.model.feeds import Feed, Settings
from sync_core.targets import Target, target_for

STORAGE_SECONDS, STEP_SECONDS = 5.0, 20.0
"""How long a step about storage, or any other step, may take.

With the sign-in before it, ten seconds are enough to say that storage cannot be reached.
"""


class Step(msgspec.Struct, frozen=True, omit_defaults=False):
    """The result of one check. `detail` is a sentence; for a failure it says what to do next.

    `vital`: the check was skipped although a deployment that works needs what it checks.
    """

    name: str
    state: Literal["ok", "failed", "skipped"]
    detail: str
    vital: bool = False


class DoctorEnvironment(NamedTuple):
    """What the steps check. `app`: its address. `credential`: the operator's sign-in, if no key."""

    environment: Mapping[str, str]
    app: str | None = None
    credential: Any = None
    transport: httpx.BaseTransport | None = None
    targets: Callable[[Feed, Settings], Target] = target_for
    storage_seconds: float = STORAGE_SECONDS
    step_seconds: float = STEP_SECONDS


class StorageUnreachableError(ServiceUnreachableError):
    """The data storage did not answer, so that nothing else about it can be checked."""


def asked(
    name: str,
    ask: Callable[[], Step],
    seconds: float = STEP_SECONDS,
    late: StorageUnreachableError | None = None,
) -> Step:
    """What a check finds; a failed step if it raises an error or takes longer than `seconds`.

    Raises StorageUnreachableError if the check does, and `late`, if given, after `seconds`.
    """
    found: list[Step | StorageUnreachableError] = []
    # A daemon, so that a check without an end does not keep the command from ending.
    thread = threading.Thread(target=lambda: found.append(_found(name, ask)), daemon=True)
    thread.start()
    thread.join(seconds)
    answer = found[0] if found else late
    if answer is None:
        return Step(name, "failed", f"No answer within {seconds:g} seconds. Try again later.")
    if isinstance(answer, Step):
        return answer
    raise answer


def _found(name: str, ask: Callable[[], Step]) -> Step | StorageUnreachableError:
    try:
        return ask()
    except StorageUnreachableError as error:
        return error
    except SisSyncError as error:
        return Step(name, "failed", str(error))
    except Exception as error:  # noqa: BLE001 - texts of libraries may contain addresses and keys
        kind = type(error).__name__
        wrong = f"The check ended with an unexpected error ({kind}). Check the settings of this"
        return Step(name, "failed", f"{wrong} step, then run the doctor again.")
