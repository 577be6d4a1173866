"""Findings grouped by rule, the worst group first."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sync_core.formats.rules import RULES, Rule
from sync_core.formats.rules.titles import TITLES
from sync_core.model.messages import MessageLevel, lines_left_out
from sync_core.report.messages import LEVEL_ORDER, Problem
from sync_core.report.words import LEVELS

LINES_SHOWN = 8
ROWS_OF_GROUP, ROWS_OF_REPORT = 25, 150
"""The most findings of one rule, and of all, that a report lists."""


class GroupRow(NamedTuple):
    """One finding of a group. `text` is empty if the group says the same."""

    problem: Problem
    text: str
    lines: str
    because: str


class Group(NamedTuple):
    """The findings of one rule at one level.

    `times` is the sum of their counts, `causes` that of those that do not follow from others.
    """

    rule: str
    title: str
    level: MessageLevel
    meaning: str
    fix: str
    usual_causes: tuple[str, ...]
    times: int
    rows: tuple[GroupRow, ...]
    more: int
    causes: int

    @property
    def follows(self) -> bool:
        return not self.causes

    @property
    def level_name(self) -> str:
        return LEVELS[self.level]


class Groups(NamedTuple):
    """The groups that a report lists. `more` is the number of findings in other groups."""

    listed: tuple[Group, ...]
    more: int


def groups(found: Sequence[Problem], because: Mapping[Problem, str]) -> Groups:
    """The findings by rule and level: errors first, then by the number of causes."""
    by_rule: dict[tuple[MessageLevel, str], list[Problem]] = {}
    for problem in found:
        if problem.rule:
            by_rule.setdefault((problem.level, problem.rule), []).append(problem)
    ordered = sorted((_group(each, because) for each in by_rule.values()), key=_rank)
    listed: list[Group] = []
    left = ROWS_OF_REPORT
    for group in ordered:
        if left < len(group.rows):
            break
        listed.append(group)
        left -= len(group.rows)
    more = sum(len(group.rows) + group.more for group in ordered[len(listed) :])
    return Groups(tuple(listed), more)


def _group(found: Sequence[Problem], because: Mapping[Problem, str]) -> Group:
    largest_first = sorted(found, key=lambda problem: (problem in because, -problem.times))
    first = largest_first[0]
    rule = RULES.get(first.rule)
    rows = [
        GroupRow(
            problem,
            problem.text if _says_more(rule, problem) else "",
            _lines(problem),
            because.get(problem, ""),
        )
        for problem in largest_first[:ROWS_OF_GROUP]
    ]
    return Group(
        rule=first.rule,
        title=TITLES.get(first.rule, first.rule),
        level=first.level,
        meaning=rule.meaning if rule else "",
        fix=rule.advice if rule else "",
        usual_causes=rule.causes if rule else (),
        times=sum(problem.times for problem in found),
        rows=tuple(rows),
        more=len(found) - len(rows),
        causes=sum(problem.times for problem in found if problem not in because),
    )


def _says_more(rule: Rule | None, problem: Problem) -> bool:
    """Whether the text of a finding says more than file, column and count."""
    if rule is None:
        return True
    if rule.wording.endswith("{field}{hint}"):
        return not problem.text.removesuffix(".").endswith(problem.column)
    return "{hint}" in rule.wording or "{position}" in rule.wording


def _rank(group: Group) -> tuple[int, int, int]:
    return LEVEL_ORDER[group.level], -group.causes, -group.times


def _lines(problem: Problem) -> str:
    """The first line numbers, and how many lines there are beyond them."""
    if not problem.lines:
        return ""
    shown = ", ".join(f"{line}" for line in problem.lines[:LINES_SHOWN])
    more = lines_left_out(problem.lines, problem.times, LINES_SHOWN)
    return f"{shown} and {more:,} more" if more else shown
