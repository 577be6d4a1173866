"""The data model of a format. The validation engine applies it and adds no rules of its own."""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from sync_core.formats.entities import FormatEntities

Severity = Literal["Error", "Warning", "Information"]
"""The severity of a broken rule, in the service's spelling of a message's `type`."""

Kind = Literal[
    "text",
    "name",
    "username",
    "id",
    "ids",
    "date",
    "year",
    "email",
    "phone",
    "boolean",
    "enum",
    "code",
    "grade",
]
"""The type of a column's values:

- `text`: any text.
- `name`: any text that people read, such as the name of a person or a class.
- `username`: the name that identifies a user in the directory: no white space; not case-sensitive,
  because the directory is not.
- `id`: an ID without white space; case-sensitive.
- `ids`: several IDs in one cell, separated by commas.
- `date`: ISO 8601, `YYYY-MM-DD` or `YYYYMMDD`.
- `year`: four digits.
- `email`: one address; not case-sensitive, because the service lower-cases it.
- `phone`: E.164, such as `+14255550100`.
- `boolean`: `true` or `false`, in any case.
- `enum`: one of the column's `values`, in any case.
- `code`: a code of a list that is not known completely, in any case.
- `grade`: such a code for a grade; `1` is the same as `01`.
"""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a file. `name` is its header, with exact case and spacing.

    `required`: the header must exist. `required_value`: every row must have a value. An invalid
    value is then an error, because the service drops the record; otherwise a warning, because it
    drops only the value. `values` are the codes of an `enum`. Tenants can extend the list unless it
    is `closed`, so an unlisted code is a warning, even if the value is required. `doubtful` codes
    are on only some of the published versions of a closed list; they are a warning too, and so is a
    value that is longer than `max_length`, the directory's limit in characters. `domain`: user
    names are expected to have a domain. `names_group`: the classic API makes the mail nickname of a
    class's group from it. `source` names the publication that the rule comes from.
    """

    name: str
    required: bool = False
    required_value: bool = False
    kind: Kind = "text"
    values: tuple[str, ...] = ()
    closed: bool = False
    doubtful: tuple[str, ...] = ()
    max_length: int | None = None
    domain: bool = False
    names_group: bool = False
    source: str


class Unique(msgspec.Struct, frozen=True, kw_only=True):
    """Columns whose values, taken together, may occur only once in a file.

    Codes are compared without regard to case, as the service does. In a key of several columns, a
    column that is not `required` may be missing from the header, and a blank counts as a value if
    the value is not required.

    `user_name` is the column that tells whether rows with the same ID are about the same person.
    If it differs, they are two people, whom the service would merge. That is always an error.
    """

    columns: tuple[str, ...]
    user_name: str | None = None
    severity: Severity
    source: str


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """Each value of `column` must occur in `to_column`, which is in a key of the file `to_file`."""

    column: str
    to_file: str
    to_column: str
    severity: Severity
    source: str


class FileSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a format. `name` is spelt as in the upload.

    Files with the same `group` must be delivered all together or not at all. A file that is neither
    `required` nor in a group is optional.
    """

    name: str
    required: bool = False
    group: str | None = None
    columns: tuple[Column, ...]
    unique: tuple[Unique, ...] = ()
    references: tuple[Reference, ...] = ()

    def column(self, name: str) -> Column | None:
        """The column with exactly this header."""
        return next((column for column in self.columns if column.name == name), None)


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A file set. References point to the same file or to an earlier one in `files`.

    `name` is the value of a feed's `format` setting, `title` the name for people. `service_code` is
    the code of the format in the Industry Data API (`fileFormat` of a data connector), None where
    that API does not take the format. `entities` says whose IDs the files have, for comparisons
    with the last export.
    """

    name: str
    title: str
    service_code: str | None = None
    files: tuple[FileSpec, ...]
    entities: FormatEntities = FormatEntities()

    def required_files(self) -> frozenset[str]:
        """The names of the required files."""
        return frozenset(spec.name for spec in self.files if spec.required)

    @property
    def groups(self) -> Mapping[str, frozenset[str]]:
        """The file names of each all-or-none group, by group name."""
        return {
            spec.group: frozenset(self._members(spec.group)) for spec in self.files if spec.group
        }

    def file(self, name: str) -> FileSpec | None:
        """The file with this name, ignoring case; None if the format has no such file."""
        return next((spec for spec in self.files if spec.name.lower() == name.lower()), None)

    def _members(self, group: str) -> Iterator[str]:
        return (spec.name for spec in self.files if spec.group == group)


_SHORTEST_SIMILAR, _SHORTEST_WRONG = 2, 5
"""Fewer letters have too many similar words: with one letter less, or with another letter."""


def normalised_header(header: str) -> str:
    """The letters and digits of a header in lower case, to recognise misspelt headers."""
    return "".join(filter(str.isalnum, header.casefold()))


def is_similar(name: str, header: str) -> bool:
    """Whether a header is a column's name with one letter too many, too few or wrong.

    Two neighbouring letters in the wrong order count as one mistake.
    """
    one, other = sorted((normalised_header(name), normalised_header(header)), key=len)
    if len(one) < _SHORTEST_SIMILAR or len(other) - len(one) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    one, other = one[start:], other[start:]
    if len(one) < len(other):
        return other[:1].isalpha() and other[1:] == one
    if start + len(one) < _SHORTEST_WRONG:
        return False
    is_swapped = one[:2] == other[1::-1] and one[2:] == other[2:]
    is_wrong = one[1:] == other[1:] and other[:1].isalpha() and one[:1].isalpha()
    return is_swapped or is_wrong
