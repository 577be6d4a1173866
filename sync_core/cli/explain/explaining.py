"""What is known of rules, outcomes and guards, as documents for `sis-sync explain`."""

import difflib
import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from sync_core.formats import format_named
from sync_core.formats.rules import RULES, Rule
from sync_core.formats.rules.model import Content, Repeated
from sync_core.model.guards import GUARDS_BY_ID, Guard
from sync_core.model.outcomes import OUTCOMES, Outcome

LINE_CHARACTERS = 120
"""The longest line of an example that is shown in full."""


class ExampleFiles(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The files of an example by name, and what validation finds in them.

    Characters that cannot be seen are escapes.
    """

    finding: str
    format: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    beside: Mapping[str, str]
    also: tuple[str, ...]


class ExplainedSource(msgspec.Struct, frozen=True):
    """A public page."""

    title: str
    address: str


class ExplainedRule(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A validation rule. `finding` is the wording, with `…` for a name, a number or a position."""

    kind: Literal["rule"] = "rule"
    id: str
    severity: str
    adjustable: bool
    finding: str
    meaning: str
    advice: str
    causes: tuple[str, ...]
    example: ExampleFiles
    sources: tuple[ExplainedSource, ...]


class ExplainedOutcome(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An outcome of a run."""

    kind: Literal["outcome"] = "outcome"
    id: str
    severity: str
    meaning: str
    advice: str
    exit_code: int


class ExplainedGuard(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A guard. `finding` is its sentence, with `…` for numbers. A limit that is null is not one."""

    kind: Literal["guard"] = "guard"
    id: str
    finding: str
    advice: str
    percent: float | None = None
    times: float | None = None
    least: int


Explained = ExplainedRule | ExplainedOutcome | ExplainedGuard


def explained(name: str) -> Explained | None:
    """What is known of a rule, an outcome or a guard; None if there is none of this name."""
    if rule := RULES.get(name):
        return _rule(rule)
    if guard := GUARDS_BY_ID.get(name):
        return _guard(guard)
    return _outcome(Outcome(name)) if name in set(Outcome) else None


def all_names() -> tuple[str, ...]:
    """The names of all rules, outcomes and guards."""
    return (*RULES, *map(str, Outcome), *GUARDS_BY_ID)


def similar_names(name: str) -> list[str]:
    """The names that are probably meant by another one, the most similar first."""
    return difflib.get_close_matches(name.lower(), all_names())


def shown(content: Content) -> str:
    """The content of an example as text. Bytes and characters that cannot be seen are escapes."""
    if isinstance(content, Repeated):
        return _shortened(content)
    text = content.decode(errors="backslashreplace") if isinstance(content, bytes) else content
    if not text:
        return "(an empty file)\n"
    lines = "".join(map(_visible, text)).splitlines()
    return "".join(f"{_cut(line)}\n" for line in lines)


def _rule(rule: Rule) -> ExplainedRule:
    example = rule.example
    return ExplainedRule(
        id=rule.id,
        severity=rule.severity.lower(),
        adjustable=rule.adjustable,
        finding=_without_values(rule.wording),
        meaning=rule.meaning,
        advice=rule.advice,
        causes=rule.causes,
        example=ExampleFiles(
            finding=example.finding,
            format=format_named(example.format).title,
            before=_shown_files(example.before),
            after=_shown_files(example.after),
            beside=_shown_files(example.beside),
            also=example.also,
        ),
        sources=tuple(ExplainedSource(each.title, each.address) for each in rule.sources),
    )


def _outcome(outcome: Outcome) -> ExplainedOutcome:
    facts = OUTCOMES[outcome]
    return ExplainedOutcome(
        id=outcome,
        severity=facts.severity,
        meaning=facts.meaning,
        advice=facts.action,
        exit_code=facts.exit_code,
    )


def _guard(guard: Guard) -> ExplainedGuard:
    return ExplainedGuard(
        id=guard.id,
        finding=_without_values(guard.sentence),
        advice=guard.advice,
        percent=guard.percent or None,
        times=guard.times or None,
        least=guard.least,
    )


def _without_values(template: str) -> str:
    return re.sub(r"\{\w+\}", "…", template)


def _shown_files(files: Mapping[str, Content]) -> dict[str, str]:
    return {name: shown(content) for name, content in files.items()}


def _visible(character: str) -> str:
    if character == "\n" or (character.isprintable() and character != "\ufffd"):
        return character
    return character.encode("unicode_escape").decode("ascii")


def _cut(line: str) -> str:
    return line if len(line) <= LINE_CHARACTERS else line[:LINE_CHARACTERS] + "…"


def _shortened(content: Repeated) -> str:
    """The first and the last repetition, with the number of the others between them."""
    first, last = content.repetition(1), content.repetition(content.times)
    between = f"… {content.times - 2:,} more …" + ("\n" if first.endswith("\n") else "")
    return f"{content.start}{first}{between}{last}{content.end}"
