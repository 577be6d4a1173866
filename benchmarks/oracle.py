"""A slow reference implementation of validation, on the standard library, for tests.

It shares four things with the engine: the formats, recognition of files that are not CSV, the
matching of misspelt headers, and lists of words. Everything else, including line numbers, is its
own code. It compares values directly instead of hashes.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from benchmarks.oracle_damage import damaged_columns
from benchmarks.oracle_findings import Fault, Findings, Known, is_blank
from benchmarks.oracle_keys import (
    dangling_references,
    duplicates,
    values_by_column,
)
from benchmarks.oracle_records import LONGEST, Record, records
from sync_core.formats import Column, FileSpec, Format
from sync_core.model.target_kinds import NO_LIMITS, FileLimits
from sync_core.validation.findings import FindingCounter
from sync_core.validation.recognition import FOREIGN_FORMAT_RULES, RECOGNITION_BYTES, recognise
from sync_core.validation.records.header import read_header
from sync_core.validation.records.tail import body_bounds, tail_faults

NOT_RECORDS = ("row-empty", "header-repeated")

csv.field_size_limit(LONGEST + 10)


def judge(
    fmt: Format, files: Mapping[str, bytes], limits: FileLimits = NO_LIMITS
) -> tuple[set[Fault], dict[str, int]]:
    """The faults of a set, and the number of data records of each file."""
    faults: set[Fault] = set()
    rows: dict[str, int] = {}
    known: Known = {}
    for spec in fmt.files:
        found = Findings(spec, limits)
        if spec.name in files:
            if recognised := recognise(files[spec.name][:RECOGNITION_BYTES], fmt, spec.name, files):
                found.add(recognised.rule, recognised.line)
                rows[spec.name] = 0
            else:
                rows[spec.name] = _judge_file(spec, files[spec.name], found, known)
                if limits.rows and rows[spec.name] > limits.rows:
                    found.add("rows-over-limit", None, None, "Warning")
        elif spec.required or any(
            other.name in files for other in fmt.files if spec.group and other.group == spec.group
        ):
            found.add("file-missing", None)
        faults.update(found.faults())
    if any(fault[1] in FOREIGN_FORMAT_RULES for fault in faults):
        faults = {fault for fault in faults if fault[1] != "file-missing"}
    return faults, rows


def _judge_file(spec: FileSpec, data: bytes, found: Findings, known: Known) -> int:
    end, mark_start = body_bounds(data, is_all=True)
    below = (data[end:mark_start], data[mark_start:])
    line_below = 1 + data[:end].count(b"\n")
    source = records(data[:end])
    head = next(source, None)
    if head is None:
        found.add("file-empty", None)
        return 0
    _judge_bytes(head, found, marks=False)
    if head.fault:
        found.add(head.fault, head.line or None)
        return 0
    headers = _fields(head.raw)
    column_indexes = _header(spec, headers, head.line, found)
    for rule, line in tail_faults(*below, line_below):
        found.add(rule, line)
    return _judge_rows(spec, source, (headers, column_indexes), found, known)


def _header(
    spec: FileSpec, headers: Sequence[str], line: int, found: Findings
) -> Mapping[str, int]:
    counter = FindingCounter(spec)
    column_indexes = read_header(spec, headers, line, counter)
    for finding in counter.findings():
        for _ in range(finding.count):
            found.add(finding.rule, line, finding.field, finding.type)
    for (rule, _, _), lines in found.found.items():
        if rule.startswith("header"):
            lines[1:] = [0] * (len(lines) - 1)
    return column_indexes


def _judge_rows(
    spec: FileSpec,
    source: Iterator[Record],
    header: tuple[Sequence[str], Mapping[str, int]],
    found: Findings,
    known: Known,
) -> int:
    headers, column_indexes = header
    names = {index: name for name, index in column_indexes.items()}
    rows: list[tuple[int, dict[str, str]]] = []
    count = 0
    for record in source:
        count += 1
        _judge_bytes(record, found)
        if record.fault:
            found.add(record.fault, record.line)
            continue
        fields = _fields(record.raw)
        rule = _broken_shape(record, fields, headers, found)
        if rule in (None, "header-repeated"):
            for name in _broken_lines(fields, names):
                found.add("line-break", record.line, name)
        if rule:
            found.add(rule, record.line)
            count -= rule in NOT_RECORDS
            continue
        rows.append((record.line, {name: fields[index] for name, index in column_indexes.items()}))
    if spec.required and not count:
        found.add("file-without-rows", None)
        return 0
    _judge_values(spec, rows, column_indexes, found)
    for rule, line, field_name, weight in damaged_columns(spec, rows, column_indexes, known):
        found.add(rule, line, field_name, weight)
    for rule, line, field_name, weight in duplicates(spec, rows, column_indexes):
        found.add(rule, line, field_name, weight)
    known |= values_by_column(spec, rows, column_indexes)
    for rule, line, field_name, weight in dangling_references(spec, rows, column_indexes, known):
        found.add(rule, line, field_name, weight)
    return count


def _broken_shape(
    record: Record, fields: list[str], headers: Sequence[str], found: Findings
) -> str | None:
    """The rule that a record breaks as a whole. Empty fields at its end are added and removed."""
    raw = record.raw.removesuffix(b"\r")
    if not raw.strip(b", "):
        return "row-empty"
    extra = len(fields) - len(headers)
    if extra > 0 and raw.endswith(b"," * extra):
        found.add("fields-padded", record.line)
        del fields[len(headers) :]
    if len(fields) != len(headers):
        return "fields-too-few" if len(fields) < len(headers) else "fields-too-many"
    if not any(value.strip(" ") for value in fields):
        return "row-empty"
    names = [_unmarked(headers[0]), *headers[1:]]
    has_names = any(name.strip(" ") for name in names)
    if has_names and [_unmarked(fields[0]), *fields[1:]] == names:
        return "header-repeated"
    return None


def _broken_lines(fields: Sequence[str], names: Mapping[int, str]) -> Iterator[str]:
    """The names of the columns that have a line break in a record."""
    for index, value in enumerate(fields):
        if "\n" in value or "\r" in value:
            yield names.get(index, f"column {index + 1}")


def _unmarked(header: str) -> str:
    return header.lstrip("\ufeff\x1a")


def _judge_bytes(record: Record, found: Findings, *, marks: bool = True) -> None:
    if b"\0" in record.raw:
        found.add("nul", record.line)
    if marks and b"\xef\xbb\xbf" in record.raw:
        found.add("byte-order-mark", record.line)
    try:
        record.raw.decode()
    except UnicodeDecodeError:
        found.add("encoding", record.line)


def _fields(raw: bytes) -> list[str]:
    text = raw.removesuffix(b"\r").decode(errors="surrogateescape")
    if '"' not in text:
        return text.split(",")
    # The csv module ends a record at any carriage return, so it must not see one.
    text = text.replace("\r", "\ue00d")
    (fields,) = csv.reader(re.split(r"(?<=\n)", text), strict=True)
    return [value.replace("\ue00d", "\r") for value in fields]


def _judge_values(
    spec: FileSpec,
    rows: Sequence[tuple[int, dict[str, str]]],
    column_indexes: Mapping[str, int],
    found: Findings,
) -> None:
    for column in spec.columns:
        if column.name not in column_indexes:
            continue
        for line, values in rows:
            value = values[column.name]
            if column.names_group and set(value) & set(found.limits.class_id_characters):
                found.add("class-id-characters", line, column.name, "Warning")
            if is_blank(value):
                if column.required_value:
                    found.add("value-missing", line, column.name)
                continue
            if rule := _broken_rule(column, value):
                found.add(rule, line, column.name, _weight(column, rule, value))
            if column.max_length and len(value) > column.max_length:
                found.add("value-too-long", line, column.name, "Warning")


def _weight(column: Column, rule: str, value: str) -> str:
    if not column.required_value:
        return "Warning"
    if rule == "enum-value":
        doubtful = {code.lower() for code in column.doubtful}
        return "Error" if column.closed and value.lower() not in doubtful else "Warning"
    return "Error"


def _broken_rule(column: Column, value: str) -> str | None:
    codes = {code.lower() for code in column.values or ("true", "false")}
    tests: dict[str, tuple[str, Callable[[], bool]]] = {
        "id": ("id-format", lambda: not re.search(r"\s", value)),
        "ids": ("id-format", lambda: not re.search(r"\s", value)),
        "username": ("id-format", lambda: not re.search(r"\s", value)),
        "email": (
            "email-format",
            lambda: bool(re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", value)),
        ),
        "phone": ("phone-format", lambda: bool(re.fullmatch(r"\+[1-9][0-9]{1,14}", value))),
        "year": ("year-format", lambda: bool(re.fullmatch(r"[0-9]{4}", value))),
        "boolean": ("enum-value", lambda: value.lower() in codes),
        "enum": ("enum-value", lambda: value.lower() in codes),
        "date": ("date-format", lambda: _is_date(value)),
    }
    rule, test = tests.get(column.kind, ("", lambda: True))
    if test():
        return None
    is_serial = column.kind == "date" and re.fullmatch(r"[1-6][0-9]{4}", value)
    return "date-serial" if is_serial else rule


def _is_date(value: str) -> bool:
    match = re.fullmatch(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})", value)
    if not match:
        return False
    try:
        date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return False
    return True
