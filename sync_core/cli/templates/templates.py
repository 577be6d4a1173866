"""What a vendor needs to write an export: empty files with headers, and docs/formats.md."""

import re
from collections.abc import Iterable, Iterator

from sync_core.formats import FORMATS, Column, FileSpec, Format, Unique
from sync_core.formats.rules import RULES
from sync_core.model.target_kinds import TARGET_KINDS

_KINDS = {
    "text": "text",
    "name": "text",
    "username": "user name, no white space, not case-sensitive",
    "id": "ID, compared as received, no white space",
    "ids": "IDs with commas between them, in one cell",
    "date": "date, `YYYY-MM-DD` or `YYYYMMDD`",
    "year": "year, four digits",
    "email": "e-mail address",
    "phone": "telephone number, E.164",
    "boolean": "`true` or `false`",
    "enum": "one of a list",
    "code": "code, in any case",
    "grade": "code of a grade, in any case; `1` is the same as `01`",
}


def template_files(fmt: Format) -> dict[str, str]:
    """Each file of the format with its header and no rows."""
    return {
        spec.name: ",".join(column.name for column in spec.columns) + "\r\n" for spec in fmt.files
    }


def formats_document() -> str:
    """The text of docs/formats.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# File formats"
    yield ""
    yield "Written by `make formats` from `sync_core/formats/`, the same data that validation uses."
    yield "`sis-sync template FORMAT` writes empty files with these headers."
    yield ""
    yield "A required value that is missing or malformed is an error, and so is a code that is not"
    yield "on a closed list. A malformed optional value is a warning, and so are a code that is not"
    yield "on any other list and a text that is too long for the directory. A required file must"
    yield "have rows. A set with an error is not uploaded."
    yield ""
    yield "Columns joined by + must be unique together. Codes are compared without regard to case."
    yield "In a column that may be blank, a blank is compared like a value."
    yield from _limit_lines()
    for fmt in FORMATS.values():
        yield ""
        yield f"## {fmt.title} (`{fmt.name}`)"
        for spec in fmt.files:
            yield ""
            yield from _file_lines(spec)
    yield ""
    yield from _rule_lines()


def _limit_lines() -> Iterator[str]:
    for kind in TARGET_KINDS.values():
        rows, characters = kind.file_limits
        if rows:
            yield ""
            yield f"If the target is `{kind.name}`, a file of more than {rows:,} rows is a warning,"
            yield f"and so is the ID of a class that contains one of `{' '.join(characters)}`."
            yield "On the command line and in a dry run the target is unknown, so both are warnings"
            yield f"in the formats that `{kind.name}` takes."


def _file_lines(spec: FileSpec) -> Iterator[str]:
    yield f"### {spec.name}"
    yield ""
    yield _presence(spec)
    yield ""
    yield "| column | required | values | source |"
    yield "|---|---|---|---|"
    for column in spec.columns:
        yield f"| `{column.name}` | {_requirement(column)} | {_values(column)} | {column.source} |"
    rules = [
        *(
            f"* {' + '.join(f'`{name}`' for name in unique.columns)} must be unique"
            f" ({unique.severity.lower()}{_sharing(unique)}; {unique.source})."
            for unique in spec.unique
        ),
        *(
            f"* `{reference.column}` must be a `{reference.to_column}` of `{reference.to_file}`"
            f" ({reference.severity.lower()}; {reference.source})."
            for reference in spec.references
        ),
    ]
    if rules:
        yield ""
        yield from rules


def _rule_lines() -> Iterator[str]:
    yield "## Validation rules"
    yield ""
    yield "The severity of a rule is that of this table, unless a column above has another one. A"
    yield "feed may change it where the table says so: see [settings.md](settings.md#rules). `…`"
    yield "stands for a name, a number or a position. [rules.md](rules.md) has an example of each."
    yield ""
    yield "| rule | severity | a feed may change it | finding | what to do |"
    yield "|---|---|---|---|---|"
    for rule in RULES.values():
        finding = re.sub(r"\{\w+\}", "…", rule.wording)
        cells = f"{rule.severity.lower()} | {'yes' if rule.adjustable else 'no'}"
        yield f"| [`{rule.id}`](rules.md#{rule.id}) | {cells} | {finding} | {rule.advice} |"


def _sharing(unique: Unique) -> str:
    return f", or error where `{unique.user_name}` differs" if unique.user_name else ""


def _presence(spec: FileSpec) -> str:
    if spec.required:
        return "Required."
    if spec.group:
        return f"Required if another file of the group *{spec.group}* is there."
    return "Optional."


def _requirement(column: Column) -> str:
    if column.required_value:
        return "yes"
    return "header only" if column.required else ""


def _values(column: Column) -> str:
    text = "one of a closed list" if column.closed else _KINDS[column.kind]
    if column.values:
        text += f": {_codes(column.values)}"
    if column.doubtful:
        text += f"; with a warning also {_codes(column.doubtful)}"
    if column.max_length:
        text += f", up to {column.max_length} characters"
    if column.domain:
        text += ", with a domain"
    return text


def _codes(codes: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in codes)
