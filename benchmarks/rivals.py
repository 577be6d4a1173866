"""Alternatives to the engine, for comparison. Each runs on one set in its own process.

`python -m benchmarks.rivals NAME FOLDER` prints the seconds of the work and the number of findings.
Each checks what its documentation makes easy: required values, ids, uniqueness, references.
"""

import csv
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sync_core.formats import Column, FileSpec, format_named

if TYPE_CHECKING:
    from sync_core.model.messages import Finding

SDS_V1 = format_named("sds-v1")
ID = r"^\S+$"


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig") as file:
        return file.readline().rstrip("\r\n").split(",")


def _present(folder: Path) -> list[tuple[FileSpec, Path, list[Column]]]:
    """The files that exist, each with its columns in the order of the format."""
    found = []
    for spec in SDS_V1.files:
        path = folder / spec.name
        if path.exists():
            names = _header(path)
            found.append((spec, path, [column for column in spec.columns if column.name in names]))
    return found


def engine(folder: Path) -> int:
    return len(_findings(folder))


def engine_rows(folder: Path) -> int:
    """The engine, with the rows of all findings counted."""
    return sum(finding.count for finding in _findings(folder))


def _findings(folder: Path) -> "Sequence[Finding]":
    from sync_core.cli.exports.places import place_at
    from sync_core.cli.exports.sources import source_of
    from sync_core.validation.engine import validate

    place = place_at(folder)
    with place.items() as items:
        return validate(SDS_V1, source_of(place, items, SDS_V1).files).findings


def plain(folder: Path) -> int:
    """Reading only: polars parses and counts every value, without checks."""
    return _parsed(folder)


def plain_at_any_price(folder: Path) -> int:
    """Reading only, with all options that make polars continue after faults, which is slower."""
    return _parsed(folder, quote_char=None, truncate_ragged_lines=True, encoding="utf8-lossy")


def _parsed(folder: Path, **options: Any) -> int:
    import polars as pl

    for _, path, _ in _present(folder):
        frame = pl.scan_csv(path, infer_schema=False, **options)
        frame.select(pl.all().count()).collect(engine="streaming")
    return 0


def polars(folder: Path) -> int:
    import polars as pl

    found = 0
    frames: dict[str, pl.DataFrame] = {}
    for spec, path, columns in _present(folder):
        names = [column.name for column in columns]
        frame = pl.read_csv(path, infer_schema=False, columns=names)
        frames[spec.name] = frame
        checks = [pl.col(c.name).is_null().sum() for c in columns if c.required_value]
        found += sum(count > 0 for count in frame.select(checks).row(0))
        ids = [
            (~pl.col(c.name).str.contains(ID)).sum().alias(f"id {c.name}")
            for c in columns
            if c.kind == "id"
        ]
        found += sum(count > 0 for count in frame.select(ids).row(0))
        for unique in spec.unique:
            if set(unique.columns) <= set(names):
                found += int(frame.select(pl.struct(unique.columns).is_duplicated().any()).item())
        for reference in spec.references:
            keys = frames[reference.to_file].select(pl.col(reference.to_column).alias("key"))
            missing = frame.join(keys, left_on=reference.column, right_on="key", how="anti")
            found += missing.height > 0
    return found


def duckdb(folder: Path) -> int:
    import duckdb as db

    found = 0
    base = db.connect()
    base.execute("SET threads = 1")
    for spec, path, columns in _present(folder):
        table = f'"{spec.name}"'
        base.execute(
            f"CREATE TEMP TABLE {table} AS SELECT * FROM read_csv('{path}', header = true,"
            " all_varchar = true, store_rejects = true, ignore_errors = true)"
        )
        found += base.execute("SELECT count(*) FROM reject_errors").fetchall()[0][0] > 0
        for column in columns:
            name = f'"{column.name}"'
            if column.required_value:
                found += _count(base, f"SELECT count(*) FROM {table} WHERE {name} IS NULL")
            if column.kind == "id":
                found += _count(
                    base, f"SELECT count(*) FROM {table} WHERE NOT regexp_matches({name}, '{ID}')"
                )
        for unique in spec.unique:
            if set(unique.columns) <= {column.name for column in columns}:
                keys = ", ".join(f'"{name}"' for name in unique.columns)
                found += _count(
                    base,
                    f"SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY {keys}"
                    " HAVING count(*) > 1)",
                )
        for reference in spec.references:
            found += _count(
                base,
                f'SELECT count(*) FROM {table} WHERE "{reference.column}" NOT IN'
                f' (SELECT "{reference.to_column}" FROM "{reference.to_file}"'
                f' WHERE "{reference.to_column}" IS NOT NULL)',
            )
    return found


def _count(base: object, query: str) -> bool:
    rows = base.execute(query).fetchall()  # type: ignore[attr-defined]
    return bool(rows[0][0])


def pandera(folder: Path) -> int:
    import pandera.polars as pa
    import polars as pl

    found = 0
    for spec, path, columns in _present(folder):
        names = [column.name for column in columns]
        frame = pl.read_csv(path, infer_schema=False, columns=names)
        alone = {unique.columns[0] for unique in spec.unique if len(unique.columns) == 1}
        schema = pa.DataFrameSchema(
            {
                column.name: pa.Column(
                    str,
                    pa.Check.str_matches(ID) if column.kind == "id" else None,
                    nullable=not column.required_value,
                    unique=column.name in alone,
                )
                for column in columns
            }
        )
        try:
            schema.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as errors:
            found += len(errors.failure_cases)
    return found


def frictionless(folder: Path) -> int:
    from frictionless import Package, Resource, Schema, fields

    resources = []
    for spec, path, columns in _present(folder):
        known = {column.name: column for column in columns}
        described = [
            fields.StringField(
                name=name,
                constraints={"required": name in known and known[name].required_value},
            )
            for name in _header(path)
        ]
        references = [
            {
                "fields": [reference.column],
                "reference": {
                    "resource": reference.to_file.removesuffix(".csv"),
                    "fields": [reference.to_column],
                },
            }
            for reference in spec.references
        ]
        schema = Schema(fields=described, foreign_keys=references)
        resources.append(
            Resource(
                name=spec.name.removesuffix(".csv"),
                path=path.name,
                schema=schema,
                basepath=str(folder),
            )
        )
    report = Package(resources=resources, basepath=str(folder)).validate(limit_errors=100_000)
    return sum(len(task.errors) for task in report.tasks)


def stdlib(folder: Path) -> int:
    found = 0
    keys: dict[tuple[str, str], set[str]] = {}
    for spec, path, columns in _present(folder):
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = csv.reader(file)
            header = next(rows)
            required = [header.index(column.name) for column in columns if column.required_value]
            uniques: list[tuple[list[int], set[tuple[str, ...]]]] = [
                ([header.index(name) for name in unique.columns], set())
                for unique in spec.unique
                if set(unique.columns) <= set(header)
            ]
            references = [
                (header.index(reference.column), keys[reference.to_file, reference.to_column])
                for reference in spec.references
            ]
            for row in rows:
                if len(row) != len(header):
                    found += bool(row)
                    continue
                found += any(not row[place].strip() for place in required)
                for places, seen in uniques:
                    key = tuple(row[place] for place in places)
                    found += key in seen
                    seen.add(key)
                found += sum(row[place] not in known for place, known in references)
        for (places, seen), unique in zip(uniques, spec.unique, strict=False):
            if len(places) == 1:
                keys[spec.name, unique.columns[0]] = {key[0] for key in seen}
    return found


RIVALS: dict[str, Callable[[Path], int]] = {
    "engine": engine,
    "engine-rows": engine_rows,
    "plain": plain,
    "plain-at-any-price": plain_at_any_price,
    "polars": polars,
    "duckdb": duckdb,
    "pandera": pandera,
    "frictionless": frictionless,
    "stdlib": stdlib,
}


def main() -> None:
    name, folder = sys.argv[1:]
    began = perf_counter()
    try:
        found: object = RIVALS[name](Path(folder))
    except Exception as error:  # noqa: BLE001 - what a rival dies of is the answer
        found = f"gives up: {type(error).__name__}"
    seconds = perf_counter() - began
    print(json.dumps({"seconds": seconds, "peak": peak_mib(), "found": found}))


def peak_mib() -> float:
    """Peak MiB of this process, without the memory of the parent it was forked from."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
