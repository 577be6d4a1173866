"""The checks of one file's values, made from its format and where its columns stand."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

from sync_core.formats import Column, FileSpec, Reference, Severity, Unique
from sync_core.validation.tally import Tally
from sync_core.validation.values import comparable, format_of, is_blank

Check = Callable[[int, Sequence[str]], None]
"""Takes a record's line number and its fields, and reports."""

Keys = dict[tuple[str, tuple[str, ...]], set[Hashable]]
"""The values seen so far, by file name and the columns that must be unique in it."""

_Place = tuple[Column, int]


def checks_for(
    spec: FileSpec, positions: Mapping[str, int], tally: Tally, keys: Keys
) -> Iterator[Check]:
    """Every check that the columns at hand allow. What must be unique is added to `keys`."""
    places = {
        column.name: (column, positions[column.name])
        for column in spec.columns
        if column.name in positions
    }
    for place in places.values():
        yield from _value_checks(place, tally)
    for unique in spec.unique:
        if all(name in places for name in unique.columns):
            seen = keys.setdefault((spec.name, unique.columns), set())
            yield _unique_check(unique, [places[name] for name in unique.columns], seen, tally)
    for reference in spec.references:
        known = keys.get((reference.to_file, (reference.to_column,)))
        if known is not None and reference.column in places:
            yield _reference_check(reference, places[reference.column], known, tally)


def _value_checks(place: _Place, tally: Tally) -> Iterator[Check]:
    column, _ = place
    if column.required_value:
        yield _missing_check(place, tally)
    if kind := format_of(column):
        yield _format_check(place, *kind, tally)


def _missing_check(place: _Place, tally: Tally) -> Check:
    column, position = place

    def check(line: int, fields: Sequence[str]) -> None:
        if is_blank(fields[position]):
            tally.add("value-missing", line, field=column.name)

    return check


def _format_check(place: _Place, rule: str, is_right: Callable[[str], bool], tally: Tally) -> Check:
    column, position = place
    # A bad value that is required costs the whole record, another only itself.
    severity: Severity = "Error" if column.required_value else "Warning"

    def check(line: int, fields: Sequence[str]) -> None:
        value = fields[position]
        if not is_blank(value) and not is_right(value):
            tally.add(rule, line, field=column.name, severity=severity)

    return check


def _unique_check(
    unique: Unique, places: Sequence[_Place], seen: set[Hashable], tally: Tally
) -> Check:
    key_of = _key_reader(places)
    field = " + ".join(unique.columns)

    def check(line: int, fields: Sequence[str]) -> None:
        key = key_of(fields)
        if key is None:
            return
        if key in seen:
            tally.add("duplicate", line, field=field, severity=unique.severity)
        seen.add(key)

    return check


def _reference_check(
    reference: Reference, place: _Place, known: set[Hashable], tally: Tally
) -> Check:
    key_of = _key_reader([place])

    def check(line: int, fields: Sequence[str]) -> None:
        key = key_of(fields)
        if key is not None and key not in known:
            tally.add(
                "reference-not-found", line, field=reference.column, severity=reference.severity
            )

    return check


def _key_reader(places: Sequence[_Place]) -> Callable[[Sequence[str]], Hashable | None]:
    """Reads what a record is compared by: None when any part of it is blank."""
    readers = [(position, comparable(column)) for column, position in places]

    def pair(fields: Sequence[str]) -> Hashable | None:
        values = [fields[position] for position, _ in readers]
        if any(map(is_blank, values)):
            return None
        return tuple(plain(fields[position]) for position, plain in readers)

    def single(fields: Sequence[str]) -> Hashable | None:
        value = fields[position]
        return None if is_blank(value) else plain(value)

    position, plain = readers[0]
    return single if len(readers) == 1 else pair
