"""What a format is made of. A format is data; the validation engine reads it and adds no rules."""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

Severity = Literal["Error", "Warning", "Information"]
"""The weight of a broken rule, spelt as the service spells a message's `type`."""

Kind = Literal["text", "id", "ids", "date", "year", "email", "phone", "boolean", "enum"]
"""What a column's values look like:

- `text`: anything.
- `id`: compared as received, case and all; no white space.
- `ids`: several of these, with commas between them, in one cell.
- `date`: ISO 8601, `YYYY-MM-DD` or `YYYYMMDD`.
- `year`: four digits.
- `email`: one address; compared without regard to case, because the service lower-cases it.
- `phone`: E.164, such as `+14255550100`.
- `boolean`: `true` or `false`, in any case.
- `enum`: one of the column's `values`, in any case.
"""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a file. `name` is its header, exact in case and spacing.

    `required`: the header must exist. `required_value`: every row must have a value; a bad value
    then costs the whole record (an error), else only itself (a warning). `values` is the list that
    an `enum` draws from; tenants extend such lists, so a code that is not on it is a warning.
    `max_length`, in characters, is what the directory takes later; more is a warning too.
    `source` says who published the rule.
    """

    name: str
    required: bool = False
    required_value: bool = False
    kind: Kind = "text"
    values: tuple[str, ...] = ()
    max_length: int | None = None
    source: str


class Unique(msgspec.Struct, frozen=True, kw_only=True):
    """Values that may occur only once in a file: of one column, or together of several."""

    columns: tuple[str, ...]
    severity: Severity
    source: str


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A value of `column` must occur in column `to_column` of the file `to_file`, a unique one."""

    column: str
    to_file: str
    to_column: str
    severity: Severity
    source: str


class FileSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a format. `name` is the spelling in which it is uploaded.

    Files that share a `group` come all together or not at all; a file that is neither `required`
    nor in a group is optional by itself.
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
    """A file set. `files` are ordered so that a reference points to its own file or one further up.

    `name` is what a feed's `format` setting says, `title` what people say.
    """

    name: str
    title: str
    files: tuple[FileSpec, ...]

    def required_files(self) -> frozenset[str]:
        """The names of the files without which no set is complete."""
        return frozenset(spec.name for spec in self.files if spec.required)

    @property
    def groups(self) -> Mapping[str, frozenset[str]]:
        """The all-or-none groups: group name to file names."""
        return {
            spec.group: frozenset(self._members(spec.group)) for spec in self.files if spec.group
        }

    def file(self, name: str) -> FileSpec | None:
        """The file of this name in any case, or none when the format has no such file."""
        return next((spec for spec in self.files if spec.name.lower() == name.lower()), None)

    def _members(self, group: str) -> Iterator[str]:
        return (spec.name for spec in self.files if spec.group == group)
