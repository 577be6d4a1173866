"""The type of a validation rule."""

from collections.abc import Mapping

import msgspec

from sync_core.formats.model import Severity


class Source(msgspec.Struct, frozen=True):
    """A public page that a rule relies on.

    `fact` is the heading in docs/service-facts.md that says what the code takes from it, as an
    anchor. It is empty for a page that is not about School Data Sync.
    """

    title: str
    address: str
    fact: str = ""


class Repeated(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a long file: `each` `times` times, between `start` and `end`.

    `{n}` in `each` is the number of the repetition, from 1, with six digits.
    """

    start: str
    each: str
    times: int
    end: str = ""

    def text(self) -> str:
        """The whole content."""
        middle = "".join(self.repetition(n) for n in range(1, self.times + 1))
        return f"{self.start}{middle}{self.end}"

    def repetition(self, number: int) -> str:
        """One repetition of `each`."""
        return self.each.replace("{n}", f"{number:06}")


Content = str | bytes | Repeated
"""The content of a file. A text is encoded as UTF-8."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """Invented files that break a rule, and the same files without the fault.

    `beside` are files that do not change, but are needed to understand the fault. `also` are the
    rules that the same fault always breaks too. `finding` is what validation says of the fault.
    """

    finding: str
    format: str = "sds-v1"
    before: Mapping[str, Content]
    after: Mapping[str, Content]
    beside: Mapping[str, Content] = {}
    also: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be wrong with a file.

    `wording` is the template of a finding's description. Its placeholders are `{file}`, `{format}`,
    `{field}`, `{count}`, `{rows}` (such as "1 row" or "1,234 rows"), `{position}` (of columns, from
    1) and `{hint}`, which is one of a fixed list or names a file. It never contains a value. If
    School Data Sync has a message for the problem, the wording is that message. `severity` applies
    unless the format has another one for the column. `adjustable`: a feed may change the severity.
    It may not if the file cannot be read without this rule, or would be read as another format.

    `meaning` says what is wrong and what would follow from it. `advice` tells an administrator what
    to do. `causes` are the settings and tools that usually cause it.
    """

    id: str
    severity: Severity
    wording: str
    meaning: str
    advice: str
    causes: tuple[str, ...]
    sources: tuple[Source, ...]
    example: Example
    adjustable: bool = True


def csv(*lines: str) -> str:
    """The text of a file with these lines."""
    return "".join(f"{line}\n" for line in lines)
