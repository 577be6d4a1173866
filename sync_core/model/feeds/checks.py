"""Validates one entry of a feeds document: returns its feed and every fault.

Messages quote a value only if it is a short word: a value in the wrong field may be a secret.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from sync_core.formats import FORMATS
from sync_core.formats.rules import RULES
from sync_core.model.feeds.feed import FEED_NAME, TARGET_ID, Feed
from sync_core.model.guards import SETTINGS_SHAPE, faults_of
from sync_core.model.target_kinds import TARGET_KINDS, TargetKind

WORD = re.compile(r"[\w.-]{1,32}", re.ASCII)

SETTING_OF = {field.name: field.encode_name for field in msgspec.structs.fields(Feed)}
"""The setting of each attribute of `Feed`."""

IDS = {
    kind.name: tuple(SETTING_OF[field] for field in kind.id_fields)
    for kind in TARGET_KINDS.values()
    if kind.id_fields
}
"""The settings that name a target, by the kind of target that they belong to."""

EVERY_ID = tuple(key for keys in IDS.values() for key in keys)


class Wrong(NamedTuple):
    """One fault. `key` is the field that has it, None for the whole entry."""

    key: str | None
    text: str


class Checked(NamedTuple):
    """The result for one entry.

    `feed` has the valid fields, and defaults for the others; None if its name cannot be read.
    """

    feed: Feed | None
    wrong: tuple[Wrong, ...] = ()


class Check(NamedTuple):
    """A rule beyond the type of a field.

    `at` is the field it is reported for, `reads` the other fields it uses. It is skipped if one of
    these fields has the wrong type.
    """

    at: str
    wrong: Callable[[Feed, Mapping[str, Any]], bool]
    advice: str
    reads: tuple[str, ...] = ()


def checked(entry: object) -> Checked:
    """Validate one entry of a feeds document."""
    if not isinstance(entry, dict):
        return Checked(None, (Wrong(None, "it must be an object with the fields of a feed."),))
    try:
        feed = msgspec.convert(entry, Feed)
    except msgspec.ValidationError:
        return _with_wrong_fields(entry)
    return Checked(feed, tuple(_broken_rules(feed, entry, frozenset())))


def _with_wrong_fields(entry: Mapping[str, Any]) -> Checked:
    wrong = tuple(_wrong_fields(entry))
    off = {each.key for each in wrong}
    right = {key: value for key, value in entry.items() if key not in off}
    named = {"name": "x", **right}
    feed = msgspec.convert(named, Feed)
    broken = _broken_rules(feed, entry, frozenset(key for key in off if key))
    return Checked(feed if "name" in right else None, (*wrong, *broken))


def _broken_rules(feed: Feed, entry: Mapping[str, Any], off: frozenset[str]) -> Iterator[Wrong]:
    for check in CHECKS:
        if not off & {check.at, *check.reads} and check.wrong(feed, entry):
            # A missing field has no line, so the fault is reported at another field of the rule.
            there = (key for key in (check.at, *check.reads) if key in entry)
            yield Wrong(next(there, None), check.advice)
    if "rules" not in off:
        yield from (Wrong("rules", fault) for name in feed.rules if (fault := rule_fault(name)))
    if "guards" not in off:
        yield from (Wrong("guards", fault) for fault in faults_of(feed.guards))


def rule_fault(name: str) -> str | None:
    """Why a feed cannot change the severity of a rule; None if it can."""
    rule = RULES.get(name)
    if rule is None:
        adjustable = [known.id for known in RULES.values() if known.adjustable]
        hint = _near_miss(name, adjustable, "docs/formats.md lists them")
        return f"rules: {_quoted(name, 'a name')} is not a validation rule; {hint}"
    if not rule.adjustable:
        return (
            f'rules: the severity of "{name}" cannot be changed, because a file that breaks this'
            " rule cannot be read in the feed's format. Remove it from rules."
        )
    return None


def _wrong_fields(entry: Mapping[str, Any]) -> Iterator[Wrong]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(Feed)}
    for key, value in entry.items():
        if key not in fields:
            yield Wrong(key, _unknown(key, list(fields)))
            continue
        try:
            msgspec.convert(value, fields[key].type)
        except msgspec.ValidationError:
            yield Wrong(key, f"{key} must be {_allowed(fields[key].type)}{_found(value)}.")
    for name, field in fields.items():
        if field.required and name not in entry:
            yield Wrong(name, f"{name} is missing.")


def _unknown(key: str, fields: list[str]) -> str:
    hint = _near_miss(key, fields, f"the fields are {', '.join(fields)}")
    return f"{_quoted(key, 'a field')} is not a field of a feed; {hint}"


def _quoted(word: str, otherwise: str) -> str:
    return f'"{word}"' if WORD.fullmatch(word) else otherwise


def _near_miss(word: str, names: list[str], otherwise: str) -> str:
    # Imported only when needed: most documents have no fault.
    import difflib

    near = difflib.get_close_matches(word, names, 1)
    return f"did you mean {near[0]}?" if near else f"{otherwise}."


def _found(value: object) -> str:
    if isinstance(value, str):
        return f', not "{value}"' if WORD.fullmatch(value) else ", not another text"
    if value is None or isinstance(value, bool):
        return f", not {msgspec.json.encode(value).decode()}"
    return f", not {value}" if isinstance(value, int | float) else ""


def _allowed(kind: Any) -> str:
    """The values that a field accepts, in words."""
    from msgspec import inspect

    declared = inspect.type_info(kind)
    if isinstance(declared, inspect.UnionType):
        parts = [each for each in declared.types if not isinstance(each, inspect.NoneType)]
        declared = parts[0]
    match declared:
        case inspect.Metadata(extra={"one_of": names}):
            return "one of " + ", ".join(names)
        case inspect.FloatType(ge=lowest, gt=above, le=highest):
            least = "from 0" if lowest == 0 else f"above {above or 0:g}"
            return f"a number of seconds {least} to {highest or 0:,.0f}"
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType():
            return "a text in double quotes"
        case inspect.IntType(ge=lowest, le=highest):
            return f"a whole number from {lowest} to {highest}"
        case inspect.DictType(value_type=inspect.UnionType()):
            return SETTINGS_SHAPE
        case inspect.DictType():
            return (
                "an object of rule names, each with error, warning or information, such as"
                ' {"enum-value": "warning"}'
            )
        case _:
            return "a value as described in docs/settings.md"


def _is_id(value: str | None) -> bool:
    return value is not None and TARGET_ID.fullmatch(value) is not None


def _has(entry: Mapping[str, Any], keys: tuple[str, ...]) -> bool:
    return any(entry.get(key) is not None for key in keys)


def _names_one(feed: Feed, kind: TargetKind) -> bool:
    """Whether a feed names exactly one target of a kind, by a correct id or by its name."""
    found: str | None = getattr(feed, kind.id_field) if kind.id_field else None
    name: str | None = getattr(feed, kind.name_field) if kind.name_field else None
    return bool(name) if found is None else name is None and _is_id(found)


def _is_time_zone(name: str) -> bool:
    if name == "UTC":
        return True
    # Imported only when needed: a cold start pays for it.
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def _owners() -> str:
    """Which settings belong to which kind of target, in words."""
    return ", ".join(
        f"{' and '.join(keys)} {'to' if number else 'belongs to the target'} {kind}"
        for number, (kind, keys) in enumerate(IDS.items())
    )


def _target_missing(kind: str) -> Check:
    keys = IDS[kind]
    return Check(
        "target",
        lambda _, entry: "target" not in entry and _has(entry, keys),
        f'target is missing, although {" or ".join(keys)} is set: add "target": "{kind}" to sync to'
        ' it, or "target": "dry-run" to send nothing.',
        keys,
    )


def _not_named(kind: TargetKind) -> Check:
    key, *others = IDS[kind.name]
    return Check(
        key,
        lambda feed, _: feed.target == kind.name and not _names_one(feed, kind),
        kind.id_advice,
        (*others, "target"),
    )


def _format_not_taken(kind: TargetKind) -> Check:
    return Check(
        "format",
        lambda feed, _: (
            feed.target == kind.name and feed.format in FORMATS and feed.format not in kind.formats
        ),
        f"the target {kind.name} takes the formats {', '.join(sorted(kind.formats))}: change the"
        " feed's format or its target.",
        ("target",),
    )


CHECKS: tuple[Check, ...] = (
    Check(
        "name",
        lambda feed, _: not FEED_NAME.fullmatch(feed.name),
        "name must be 1 to 63 lower-case letters, digits and dashes, with no dash at either end.",
    ),
    *map(_target_missing, IDS),
    Check(
        EVERY_ID[0],
        lambda _, entry: sum(_has(entry, keys) for keys in IDS.values()) > 1,
        f"{_owners()}: keep those of the feed's own target and remove the others.",
        EVERY_ID[1:],
    ),
    *(_not_named(TARGET_KINDS[kind]) for kind in IDS),
    Check(
        "format",
        lambda feed, _: feed.format not in FORMATS,
        f"format must be one of {', '.join(sorted(FORMATS))}.",
    ),
    *map(_format_not_taken, TARGET_KINDS.values()),
    Check(
        "pollCapSeconds",
        lambda feed, _: feed.poll_cap_seconds < feed.poll_seconds,
        "pollCapSeconds must not be less than pollSeconds.",
        ("pollSeconds",),
    ),
    Check(
        "timeZone",
        lambda feed, _: not _is_time_zone(feed.time_zone),
        'timeZone must be the IANA name of a time zone, such as "Europe/Amsterdam".',
    ),
)
