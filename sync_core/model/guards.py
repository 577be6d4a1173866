"""Every guard with its limit, as data. `guards.rules` has the function that measures each of them.

A guard measures how many of how many, for a whole feed or for one school, and its limit decides
whether the run is held. A feed can change a limit, or turn a guard off, with its setting `guards`.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec

Unit = Literal["percent", "count", "times"]
"""What a limit compares:

- `percent`: the share, and the number in very small groups too.
- `count`: the number alone.
- `times`: how often the usual number.
"""

SMALL_GROUP, SMALL_PERCENT, SMALL_LEAST = 100, 50, 3
"""In a group of fewer than 100, one in ten is a few people who moved away. So a limit in percent is
exceeded there only by half of the group or more, and by at least 3."""


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """One guard.

    `percent` or `times` is the limit in the unit of the guard, and `least` the smallest number that
    can exceed it. `sentence` says what was found: `{count}` of `{of}`, `{what}` and `{limit}` are
    filled in. `advice` says what to look at before the run is approved.
    """

    id: str
    unit: Unit
    percent: float = 0
    times: float = 0
    least: int = 1
    sentence: str
    advice: str


class GuardSetting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a feed changes in one guard. None leaves the default."""

    percent: Annotated[float, msgspec.Meta(gt=0, le=100)] | None = None
    times: Annotated[float, msgspec.Meta(ge=1)] | None = None
    least: Annotated[int, msgspec.Meta(ge=1)] | None = None


GuardSettings = Mapping[str, GuardSetting | bool]
"""What a feed changes, by guard. `false` turns a guard off, `true` leaves it as it is."""

GUARDS: tuple[Guard, ...] = (
    Guard(
        id="removed",
        unit="percent",
        percent=10,
        least=20,
        sentence="Missing from this export: {count} of {of} {what} (limit: {limit}).",
        advice="Check whether the export is complete. Everyone who is missing is deactivated.",
    ),
    Guard(
        id="changed",
        unit="percent",
        percent=75,
        least=20,
        sentence="Changed school or role: {count} of {of} {what} (limit: {limit}).",
        advice="Check whether the schools or their IDs have changed in the student information"
        " system.",
    ),
    Guard(
        id="members-removed",
        unit="percent",
        percent=10,
        least=20,
        sentence="Missing class memberships: {count} of {of} rows of {what} (limit: {limit}).",
        advice="Check whether the export has all members of all classes. Whoever is missing is"
        " removed from the class.",
    ),
    Guard(
        id="school-vanished",
        unit="count",
        sentence="Missing from this export, or with nobody left: {count} of {of} {what}.",
        advice="Approve the run if the school has closed. Otherwise have the export corrected.",
    ),
    Guard(
        id="file-emptied",
        unit="count",
        sentence="{what} has no rows. Rows at the last sync: {of}.",
        advice="Approve the run only if everything in this file is to be removed.",
    ),
    Guard(
        id="file-gone",
        unit="count",
        sentence="{what} was not delivered. Rows at the last sync: {of}.",
        advice="Have the file delivered again. Approve the run only if everything in it is to be"
        " removed.",
    ),
    Guard(
        id="older-export",
        unit="count",
        sentence="This export is older than the last one that was synced.",
        advice="Approve the run only to go back to this older export on purpose.",
    ),
    Guard(
        id="more-errors",
        unit="times",
        times=3,
        least=50,
        sentence="Errors found by validation: {count}; usually {of} (limit: {limit}).",
        advice="Compare the messages with those of the last run. A column may have moved.",
    ),
    Guard(
        id="more-warnings",
        unit="times",
        times=3,
        least=50,
        sentence="Warnings found by validation: {count}; usually {of} (limit: {limit}).",
        advice="Compare the messages with those of the last run. A column may have moved.",
    ),
    Guard(
        id="format-changed",
        unit="count",
        sentence="The feed's format has changed since the last sync.",
        advice="Check that the format in the settings is the right one for this export.",
    ),
    Guard(
        id="target-changed",
        unit="count",
        sentence="The feed's target has changed since the last sync.",
        advice="Check that the target in the settings is the right one for this feed.",
    ),
    Guard(
        id="baseline-missing",
        unit="count",
        sentence="This feed was synced before, but its baseline is missing. So it is unknown who is"
        " missing from this export.",
        advice="Compare the numbers in the report of this run with those in School Data Sync."
        " Approve the run if they are right; the next export is then compared with this one.",
    ),
)
"""Every guard, in the order in which a result lists them."""

GUARDS_BY_ID: Mapping[str, Guard] = MappingProxyType({guard.id: guard for guard in GUARDS})


def limited(guard: Guard, settings: GuardSettings) -> Guard | None:
    """The guard with a feed's limits; None if the feed turns it off."""
    setting = settings.get(guard.id, True)
    if isinstance(setting, bool):
        return guard if setting else None
    changes = {name: value for name, value in _values(setting).items() if value is not None}
    return msgspec.structs.replace(guard, **changes)


def holds_one(name: str, settings: GuardSettings) -> bool:
    """Whether a guard that counts holds a run of this feed where it counts one."""
    guard = limited(GUARDS_BY_ID[name], settings)
    return guard is not None and guard.least <= 1


def _values(setting: GuardSetting) -> dict[str, float | int | None]:
    return msgspec.structs.asdict(setting)


SETTINGS_SHAPE = (
    "an object of guards, each with false or an object of percent (above 0, up to 100), times (1 or"
    " more) or least (a whole number, 1 or more), such as"
    ' {"removed": {"percent": 20, "least": 50}, "changed": false}'
)
"""The values that the setting accepts, in words."""


def faults_of(settings: GuardSettings) -> Iterator[str]:
    """What is wrong with a feed's settings, beyond their shape: one sentence for each guard."""
    for name, setting in settings.items():
        guard = GUARDS_BY_ID.get(name)
        if guard is None:
            yield f"guards: a name is not a guard; the guards are {', '.join(GUARDS_BY_ID)}."
        elif not isinstance(setting, bool):
            given = [unit for unit in ("percent", "times") if getattr(setting, unit) is not None]
            wrong = [unit for unit in given if unit != guard.unit]
            if wrong:
                yield _wrong_unit(guard, wrong)


def _wrong_unit(guard: Guard, wrong: list[str]) -> str:
    units = ["least"] if guard.unit == "count" else [guard.unit, "least"]
    return (
        f"guards: {guard.id} has no {' and no '.join(wrong)}; set {' or '.join(units)}, or false"
        " to turn it off."
    )
