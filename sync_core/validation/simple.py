"""The plain engine: record by record, keys in sets. Memory grows with the number of keys only.

What a faster engine must do the same: a record that cannot be read or has the wrong number of
fields takes no part in any other check, and references to it are not found; blank values
are missing, and neither repeat nor refer to anything; references into a file that did not come, or
whose key column cannot be read, are not checked.
"""

from collections.abc import Iterable, Mapping, Sequence

from sync_core.formats import FileSpec, Format
from sync_core.messages import Finding
from sync_core.validation.checks import Keys, checks_for
from sync_core.validation.header import read_header
from sync_core.validation.model import CsvFile, Validation
from sync_core.validation.records import read_records
from sync_core.validation.tally import Tally


def validate(fmt: Format, files: Sequence[CsvFile]) -> Validation:
    """Check a whole file set, each file in one pass; what the streams raise passes through.

    A `ValueError` says that a file is not one of the format, or comes twice.
    """
    given = _by_name(fmt, files)
    keys: Keys = {}
    findings: list[Finding] = []
    rows: dict[str, int] = {}
    for spec in fmt.files:
        tally = Tally(spec)
        if file := given.get(spec.name):
            rows[spec.name] = _check_file(spec, file, tally, keys)
        elif _is_needed(fmt, spec, given):
            tally.add("file-missing")
        findings += tally.findings()
    return Validation(tuple(findings), rows)


def _by_name(fmt: Format, files: Iterable[CsvFile]) -> Mapping[str, CsvFile]:
    given: dict[str, CsvFile] = {}
    for file in files:
        if file.name in given or not any(file.name == spec.name for spec in fmt.files):
            raise ValueError(
                f"The format {fmt.name} takes one file each of "
                f"{', '.join(spec.name for spec in fmt.files)}; it was given {file.name!r}."
            )
        given[file.name] = file
    return given


def _is_needed(fmt: Format, spec: FileSpec, given: Mapping[str, CsvFile]) -> bool:
    group = fmt.groups.get(spec.group, frozenset()) if spec.group else frozenset()
    return spec.required or not group.isdisjoint(given)


def _check_file(spec: FileSpec, file: CsvFile, tally: Tally, keys: Keys) -> int:
    records = read_records(file.open(), tally)
    header = next(records, None)
    if header is None:
        tally.add("file-empty")
    if header is None or header.fields is None:
        return 0
    positions = read_header(spec, header.fields, header.line, tally)
    if positions is None:
        return 0
    checks = list(checks_for(spec, positions, tally, keys))
    names = {position: name for name, position in positions.items()}
    count = 0
    for line, fields, has_line_break in records:
        count += 1
        if fields is None or not _has_width(fields, len(header.fields), line, tally):
            continue
        if has_line_break:
            _report_line_breaks(fields, names, line, tally)
        for check in checks:
            check(line, fields)
    return count


def _has_width(fields: Sequence[str], width: int, line: int, tally: Tally) -> bool:
    if len(fields) != width:
        tally.add("fields-too-few" if len(fields) < width else "fields-too-many", line)
    return len(fields) == width


def _report_line_breaks(
    fields: Sequence[str], names: Mapping[int, str], line: int, tally: Tally
) -> None:
    for position, value in enumerate(fields):
        if "\n" in value or "\r" in value:
            tally.add("line-break", line, field=names.get(position, f"column {position + 1}"))
