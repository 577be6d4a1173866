"""Masks possible cell values in texts of the service.

The service quotes cell values ("The value 6 in GradeLevelCode for 3110_10 isn't found in …"). Its
texts are stored unchanged in `messages.jsonl` only. Everywhere else, a text is shown only if its
wording is known, with `…` for each part that may be a cell value. A masked text therefore consists
of a wording from `WORDINGS`, counts, and names from lists that do not depend on the export.
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
"""Replaces each part of a text that may be a cell value."""

NOT_SHOWN = "Not shown, because it may quote a value: see messages.jsonl"
"""Replaces a text whose wording is not known."""

COUNT_DIGITS = 9
"""The most digits of a count; a longer number is not a number of rows."""


class Names(NamedTuple):
    """The names of a format: `files` maps lower-case names to canonical ones; `columns`."""

    files: Mapping[str, str] = {}
    columns: frozenset[str] = frozenset()


@functools.cache
def names_of(format_name: str) -> Names:
    """The names of a format; empty if this version does not know the format."""
    known = FORMATS.get(format_name)
    if known is None:
        return Names()
    return Names(
        {spec.name.lower(): spec.name for spec in known.files},
        frozenset(column.name for spec in known.files for column in spec.columns),
    )


def kept(word: str, known: Collection[str]) -> str:
    """The word if it is empty or in `known`, otherwise the mask."""
    return word if not word or word in known else MASK


def kept_code(code: str) -> str:
    """The code if it is empty or documented (ignoring case), otherwise the mask."""
    return code if not code or code.lower() in CODES else MASK


def kept_role(role: str) -> str:
    """The role if it is documented (ignoring case), otherwise the mask."""
    return role if role.lower() in PERSON_ROLES else MASK


def masked(message: VerificationMessage, names: Names) -> VerificationMessage:
    """A message with possible cell values masked. `names` are those of the feed's format.

    Findings are returned unchanged: they contain no cell values.
    """
    if isinstance(message, Finding):
        return message
    kind = message.type if message.type.lower() in TYPES else MASK
    file_name = _file(message.file_name, names) if message.file_name else ""
    return VerificationMessage(
        type=kind,
        file_name=file_name,
        description=_masked_text(message.description, names) or (message.description and NOT_SHOWN),
        code=message.code and kept_code(message.code),
    )


def _masked_text(text: str, names: Names) -> str | None:
    """The text with possible cell values masked; None if it matches no known wording."""
    sentence = text.strip().replace("\u2019", "'")
    stop = "." if sentence.endswith(".") else ""
    sentence = sentence.removesuffix(".")
    for form in _FORMS:
        parts = form.parts(sentence)
        if parts is not None:
            return form.masked(parts, names) + stop
    return None


class _Form(NamedTuple):
    """A wording, split into fixed parts and slots: there is one slot between two fixed parts."""

    fixed: tuple[str, ...]
    slots: tuple[str, ...]

    def parts(self, text: str) -> list[str] | None:
        """The contents of the slots in a text; None if the text does not match. Linear time.

        Each fixed part is matched at its first occurrence. A regular expression would backtrack
        over all occurrences, in time polynomial in the length of the text.
        """
        first, last = self.fixed[0], self.fixed[-1]
        if not self.slots:
            return [] if text == first else None
        at, end = len(first), len(text) - len(last)
        if at > end or not (text.startswith(first) and text.endswith(last)):
            return None
        found: list[str] = []
        for fixed in self.fixed[1:-1]:
            position = text.find(fixed, at, end)
            if position < 0:
                return None
            found.append(text[at:position])
            at = position + len(fixed)
        return [*found, text[at:end]]

    def masked(self, parts: list[str], names: Names) -> str:
        """The wording with its parts kept or masked."""
        shown = (
            KEEPERS.get(slot, _always_masked)(part, names)
            for slot, part in zip(self.slots, parts, strict=True)
        )
        return self.fixed[0] + "".join(map(str.__add__, shown, self.fixed[1:]))


def _form(wording: Wording) -> _Form:
    pieces = list(Formatter().parse(wording.text))
    fixed = [literal for literal, *_ in pieces]
    slots = [slot for _, slot, *_ in pieces if slot]
    return _Form(tuple(fixed if len(fixed) > len(slots) else [*fixed, ""]), tuple(slots))


_FORMS = tuple(_form(wording) for wording in WORDINGS)


def _always_masked(_part: str, _names: Names) -> str:
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
"""How to keep or mask a part, by the name of its slot."""
