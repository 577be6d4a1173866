"""Writes docs/rules.md from the validation rules. The Makefile calls it: make rules."""

import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from sync_core.cli.explain.explaining import shown
from sync_core.formats import format_named
from sync_core.formats.rules import RULE_GROUPS, Rule
from sync_core.formats.rules.model import Content, Example, Source

_WIDTH = 120
_START = """\
# Validation rules

Written by `make rules` from `sync_core/formats/rules/`, the same data that validation uses.
`sis-sync explain RULE` prints the same about one rule.

An export with an error is not uploaded; warnings and information do not stop it. A rule has the
severity of this page unless [the format](formats.md) gives a column another one: a malformed value,
for example, is an error in a column whose values are required, and a warning in the others. Where
this page says so, a feed may change the severity: see [settings.md](settings.md#rules).

All examples are invented, and a test validates them: what is shown as *before* breaks exactly its
rule, and *after* has no finding. A byte or character that cannot be seen is written as an escape:
`\\r` is a carriage return, `\\x00` is NUL.
"""


def rules_document() -> str:
    """The text of docs/rules.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _START
    yield "| rule | severity | a finding, for example |"
    yield "|---|---|---|"
    for rules in RULE_GROUPS.values():
        for rule in rules:
            yield f"| [{rule.id}](#{rule.id}) | {rule.severity.lower()} | {rule.example.finding} |"
    for title, rules in RULE_GROUPS.items():
        yield f"\n## {title}"
        for rule in rules:
            yield from _rule_lines(rule)


def _rule_lines(rule: Rule) -> Iterator[str]:
    may = "A feed may change it." if rule.adjustable else "A feed cannot change it."
    yield f"\n### {rule.id}\n"
    yield f"Severity: {rule.severity.lower()}. {may}\n"
    yield f"> {rule.example.finding}\n"
    yield _wrapped(rule.meaning)
    yield "\n" + _wrapped(f"**What to do:** {rule.advice}")
    yield "\n**What usually causes it:**\n"
    for cause in rule.causes:
        yield textwrap.indent(_wrapped(cause, _WIDTH - 2), "  ").replace("  ", "* ", 1)
    yield from _example_lines(rule.example)
    yield "\nSources: " + ", ".join(map(_link, rule.sources))


def _example_lines(example: Example) -> Iterator[str]:
    title = format_named(example.format).title
    if example.also:
        others = " and ".join(f"[{each}](#{each})" for each in example.also)
        yield f"\nThe example also breaks {others}."
    if example.beside:
        yield f"\n**Before and after, {title}:**"
        yield from _file_lines(example.beside)
    yield f"\n**Before, {title}:**"
    yield from _file_lines(example.before)
    yield "\n**After:**"
    yield from _file_lines(example.after)


def _file_lines(files: Mapping[str, Content]) -> Iterator[str]:
    for name, content in files.items():
        yield f"\n`{name}`\n"
        yield f"```text\n{shown(content)}```"


def _link(source: Source) -> str:
    fact = f" ([our notes](service-facts.md#{source.fact}))" if source.fact else ""
    return f"[{source.title}]({source.address}){fact}"


def _wrapped(text: str, width: int = _WIDTH) -> str:
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(rules_document(), encoding="utf-8", newline="\n")
