"""`sis-sync explain`: what a rule, an outcome or a guard means, and what to do about it."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Annotated

import typer
from rich.console import Console

from sync_core.cli.exit_codes import CANNOT
from sync_core.cli.explain.explaining import (
    Explained,
    ExplainedGuard,
    ExplainedOutcome,
    ExplainedRule,
    all_names,
    explained,
    similar_names,
)
from sync_core.cli.options import AsJson
from sync_core.cli.printing import echo, print_json
from sync_core.formats.rules import RULE_GROUPS
from sync_core.model.guards import GUARDS
from sync_core.model.outcomes import OUTCOMES

NARROWEST, WIDEST = 40, 100
"""The least and the most columns that texts are wrapped to. Wider lines are hard to read."""


def completed(incomplete: str) -> list[str]:
    """The names that begin so, for completion in a shell."""
    return [name for name in all_names() if name.startswith(incomplete)]


def explain(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="A validation rule, an outcome or a guard. Default: list all of them.",
            autocompletion=completed,
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Explain a rule: what it means, an example, what to do and what usually causes it.

    Outcomes of runs and guards are explained too. Exits with 0, or with 2
    if there is nothing of this name.
    """
    if name is None:
        _list(as_json=as_json)
        return
    found = explained(name)
    if found is None:
        _refuse(name, as_json=as_json)
    elif as_json:
        print_json(found)
    else:
        echo("\n".join(_lines(found, _width())))


def _width() -> int:
    return min(max(Console().width, NARROWEST), WIDEST)


def _list(*, as_json: bool) -> None:
    if as_json:
        print_json([explained(name) for name in all_names()])
        return
    width = _width()
    sections: dict[str, list[tuple[str, str]]] = {
        title: [(f"{rule.id} ({rule.severity.lower()})", rule.example.finding) for rule in rules]
        for title, rules in RULE_GROUPS.items()
    }
    sections["Outcomes of a run"] = [
        (f"{outcome} ({facts.severity})", facts.meaning) for outcome, facts in OUTCOMES.items()
    ]
    sections["Guards"] = [(guard.id, guard.advice) for guard in GUARDS]
    for number, (title, entries) in enumerate(sections.items()):
        echo(("\n" if number else "") + title)
        for head, text in entries:
            echo(f"  {head}")
            echo(_paragraph(text, width, "      "))


def _refuse(name: str, *, as_json: bool) -> None:
    similar = similar_names(name)
    meant = f" Did you mean {', '.join(similar)}?" if similar else ""
    message = (
        f"{name!r} is not a rule, an outcome or a guard.{meant} sis-sync explain lists all of them."
    )
    if as_json:
        print_json({"error": {"code": "unknown-name", "message": message}})
    else:
        echo(message, err=True)
    raise typer.Exit(CANNOT)


def _lines(found: Explained, width: int) -> Iterator[str]:
    match found:
        case ExplainedRule():
            yield from _rule_lines(found, width)
        case ExplainedOutcome():
            yield f"{found.id}: outcome of a run, severity {found.severity}"
            yield from _section("What it means", found.meaning, width)
            yield from _section("What to do", found.advice, width)
            yield from _section("Exit code", str(found.exit_code), width)
        case ExplainedGuard():
            yield f"{found.id}: guard, which holds a run"
            yield from _section("What it finds", found.finding, width)
            yield from _section("Limit", _limit(found), width)
            yield from _section("What to do", found.advice, width)


def _rule_lines(rule: ExplainedRule, width: int) -> Iterator[str]:
    may = "may" if rule.adjustable else "cannot"
    kind = f"validation rule, {rule.severity}; a feed {may} change the severity"
    yield _paragraph(f"{rule.id}: {kind}", width, "", "  ")
    yield from _section("Example of a finding", rule.example.finding, width)
    yield from _section("What it means", rule.meaning, width)
    yield from _section("What to do", rule.advice, width)
    yield "\nWhat usually causes it"
    for cause in rule.causes:
        yield _paragraph(f"* {cause}", width, "  ", "    ")
    example = rule.example
    if example.beside:
        yield from _files(f"Before and after ({example.format})", example.beside)
    yield from _files(f"Before ({example.format})", example.before)
    if example.also:
        yield _paragraph(f"It also breaks: {', '.join(example.also)}.", width, "  ")
    yield from _files(f"After ({example.format})", example.after)
    yield "\nSources"
    for source in rule.sources:
        yield f"  {source.title}\n    {source.address}"


def _files(title: str, files: Mapping[str, str]) -> Iterator[str]:
    for name, text in files.items():
        yield f"\n{title}: {name}"
        yield textwrap.indent(text.removesuffix("\n"), "  ", lambda _line: True)


def _limit(guard: ExplainedGuard) -> str:
    limits = (
        f"{guard.percent:g}%" if guard.percent else "",
        f"{guard.times:g} times the usual number" if guard.times else "",
        f"at least {guard.least:,}",
    )
    return ", ".join(filter(None, limits))


def _section(title: str, text: str, width: int) -> Iterator[str]:
    yield f"\n{title}"
    yield _paragraph(text, width, "  ")


def _paragraph(text: str, width: int, indent: str, following: str | None = None) -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if following is None else following,
        break_long_words=False,
        break_on_hyphens=False,
    )
