"""One step of the doctor: what it looks at, and what it found."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import httpx

from sync_core.model.errors import AccessDeniedError, SisSyncError
from sync_core.model.feeds import Feed, Settings
from sync_core.targets import Target, target_for


class Step(NamedTuple):
    """The result of one check. `detail` is a sentence; for a failure it says what to do next."""

    name: str
    state: Literal["ok", "failed", "skipped"]
    detail: str


class DoctorEnvironment(NamedTuple):
    """What the steps check. `app`: its address. `credential`: the operator's sign-in, if no key."""

    environment: Mapping[str, str]
    app: str | None = None
    credential: Any = None
    transport: httpx.BaseTransport | None = None
    targets: Callable[[Feed, Settings], Target] = target_for


def asked(name: str, ask: Callable[[], Step]) -> Step:
    """What a check finds; a failed step if it raises one of the program's errors."""
    try:
        return ask()
    except AccessDeniedError as error:
        wrong = f"{error} infra/modules lists every role the app needs, and why."
        return Step(name, "failed", wrong)
    except SisSyncError as error:
        return Step(name, "failed", str(error))
