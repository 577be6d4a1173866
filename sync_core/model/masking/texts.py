"""The service's own words without what may be a cell value.

The service quotes cells ("The value 6 in GradeLevelCode for 3110_10 isn't found in …"). Its texts
stay as they are in `messages.jsonl`. Everywhere else a text is told only where its wording is
known, with `…` for each part that may be a cell value. What is told is therefore a wording of
`WORDINGS`, counts, and names from lists that are fixed before an export is read.
"""

import functools
from collections.abc import Callable, Collection, Mapping
from string import Formatter
from typing import NamedTuple

from sync_core.formats import FORMATS
from sync_core.model.masking.known import (
    CODES,
    ENTITIES,
    PERSON_ROLES,
    REFERENCE_TYPES,
    SERVICE_FIELDS,
    TYPES,
    WORDINGS,
    Wording,
)
from sync_core.model.messages import Finding, VerificationMessage

MASK = "…"
"""What stands for each part of a text that may be a cell value."""

COUNT_DIGITS = 9
"""How many digits a count may have; more are no number of rows."""


class Names(NamedTuple):
    """What a format calls its files, by their names in lower case, and its columns."""

    files: Mapping[str, str] = {}
    columns: frozenset[str] = frozenset()


@functools.cache
def names_of(format_name: str) -> Names:
    """The names of a format; none for a format that this version does not know."""
    known = FORMATS.get(format_name)
    if known is None:
        return Names()
    return Names(
        {spec.name.lower(): spec.name for spec in known.files},
        frozenset(column.name for spec in known.files for column in spec.columns),
    )


def kept(word: str, known: Collection[str]) -> str:
    """A word of the service where it is a known one, or empty; else the mask."""
    return word if not word or word in known else MASK


def kept_code(code: str) -> str:
    """A code of the service where it is a documented one, in any case; else the mask."""
    return code if not code or code.lower() in CODES else MASK


def kept_role(role: str) -> str:
    """A role of people where it is a documented one, in any case; else the mask."""
    return role if role.lower() in PERSON_ROLES else MASK


def masked(message: VerificationMessage, names: Names) -> VerificationMessage:
    """A message as it may be told outside `messages.jsonl`. `names` are the feed's format's.

    A finding of our own is told as it is: it holds no cell value.
    """
    if isinstance(message, Finding):
        return message
    kind = message.type if message.type.lower() in TYPES else MASK
    file_name = _file(message.file_name, names) if message.file_name else ""
    return VerificationMessage(
        type=kind,
        file_name=file_name,
        description=_told(message.description, names) or _untold(kind, file_name, message),
        code=message.code and kept_code(message.code),
    )


def _untold(kind: str, file_name: str, message: VerificationMessage) -> str:
    """What is said instead of a text whose wording is not known; nothing instead of nothing."""
    if not message.description:
        return ""
    where = "" if file_name in {"", MASK} else f" in {file_name}"
    return f"{'Message' if kind == MASK else kind}{where}: see messages.jsonl"


def _told(text: str, names: Names) -> str | None:
    """The text with each of its parts kept or masked; None where no wording fits."""
    sentence = text.strip().replace("\u2019", "'")
    stop = "." if sentence.endswith(".") else ""
    sentence = sentence.removesuffix(".")
    for form in _FORMS:
        parts = form.parts(sentence)
        if parts is not None:
            return form.told(parts, names) + stop
    return None


class _Form(NamedTuple):
    """A wording taken apart. There is one more of `fixed` than of `slots`, which lie between."""

    fixed: tuple[str, ...]
    slots: tuple[str, ...]

    def parts(self, text: str) -> list[str] | None:
        """What a text has in the slots, None where it is another one. Takes linear time.

        Each fixed part is looked for once, at the first place that it can have; a regular
        expression would try all places, in a time that grows with a power of the text's length.
        """
        first, last = self.fixed[0], self.fixed[-1]
        if not self.slots:
            return [] if text == first else None
        at, end = len(first), len(text) - len(last)
        if at > end or not (text.startswith(first) and text.endswith(last)):
            return None
        found: list[str] = []
        for fixed in self.fixed[1:-1]:
            place = text.find(fixed, at, end)
            if place < 0:
                return None
            found.append(text[at:place])
            at = place + len(fixed)
        return [*found, text[at:end]]

    def told(self, parts: list[str], names: Names) -> str:
        """The wording with what may be told of the parts."""
        told = (
            KEEPERS.get(slot, _nothing)(part, names)
            for slot, part in zip(self.slots, parts, strict=True)
        )
        return self.fixed[0] + "".join(map(str.__add__, told, self.fixed[1:]))


def _form(wording: Wording) -> _Form:
    pieces = list(Formatter().parse(wording.text))
    fixed = [literal for literal, *_ in pieces]
    slots = [slot for _, slot, *_ in pieces if slot]
    return _Form(tuple(fixed if len(fixed) > len(slots) else [*fixed, ""]), tuple(slots))


_FORMS = tuple(_form(wording) for wording in WORDINGS)


def _nothing(_part: str, _names: Names) -> str:
    return MASK


def _count(part: str, _names: Names) -> str:
    short = len(part) <= COUNT_DIGITS
    return part if short and part.isascii() and part.isdigit() else MASK


def _file(part: str, names: Names) -> str:
    return names.files.get(part.lower(), MASK)


def _column(part: str, names: Names) -> str:
    return part if part in names.columns or part in SERVICE_FIELDS else MASK


KEEPERS: Mapping[str, Callable[[str, Names], str]] = {
    "count": _count,
    "file": _file,
    "column": _column,
    "entity": lambda part, _: part if part in ENTITIES else MASK,
    "reference": lambda part, _: part if part in REFERENCE_TYPES else MASK,
    "code": lambda part, _: kept_code(part),
}
"""What may be told of a part, by the name of its slot."""
