"""Findings and messages of the service in one shape, safe to show and without cell values."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sync_core.formats.rules import RULES
from sync_core.model.documents import MessageLine
from sync_core.model.masking import Names, masked, names_of
from sync_core.model.messages import MessageLevel, VerificationMessage, level_of
from sync_core.report.data import ReportData
from sync_core.report.words import shown

LEVEL_ORDER: Mapping[MessageLevel, int] = {"error": 0, "warning": 1, "information": 2}


class Problem(NamedTuple):
    """One finding, or one message of the service. Without a `rule` it is of the service.

    `times` is the number of rows of a finding, and of equal messages of the service. `lines` are
    the first line numbers.
    """

    level: MessageLevel
    file: str
    column: str
    times: int
    lines: tuple[int, ...]
    text: str
    fix: str
    rule: str


def problems(data: ReportData) -> list[Problem]:
    """Everything that was found or reported, in the order of the messages."""
    names = names_of(data.format_name)
    found = [_finding(line) for line in data.messages if line.rule]
    of_service = (_of_service(line, names) for line in data.messages if not line.rule)
    return [*found, *_together(of_service)]


def _finding(line: MessageLine) -> Problem:
    rule = RULES.get(line.rule or "")
    return Problem(
        level=level_of(line.type),
        file=shown(line.file_name),
        column=shown(line.field or ""),
        times=line.count or 1,
        lines=line.rows,
        text=shown(line.description),
        fix=rule.advice if rule else "",
        rule=shown(line.rule or ""),
    )


def _of_service(line: MessageLine, names: Names) -> Problem:
    message = masked(
        VerificationMessage(
            type=line.type,
            file_name=line.file_name,
            description=line.description,
            code=line.code,
        ),
        names,
    )
    code = f" ({message.code})" if message.code else ""
    return Problem(
        level=level_of(line.type),
        file=shown(message.file_name),
        column="",
        times=1,
        lines=(),
        text=shown(message.description) + code,
        fix="",
        rule="",
    )


def _together(found: Iterable[Problem]) -> Iterable[Problem]:
    """Equal messages as one: once masked, many are the same."""
    for problem, count in Counter(found).items():
        yield problem._replace(times=count)
