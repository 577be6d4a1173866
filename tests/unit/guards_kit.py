"""File sets for tests of the guards, and the nights that they become."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from sync_core.formats import format_named
from sync_core.guards.baseline import Baseline, Summary, entity_counts
from sync_core.guards.collecting import Collector
from sync_core.guards.compare import compare
from sync_core.guards.digests import key_id
from sync_core.guards.places import Places
from sync_core.guards.population import Population
from sync_core.guards.rules import Comparison, evaluate
from sync_core.model.documents import TargetReference
from sync_core.model.guards import GuardSettings
from sync_core.model.holds import Trip
from sync_core.validation.engine import validate
from tests.unit.validation_kit import csv_file

KEY = bytes(range(32))

Person = tuple[str, str]
"""The ID of a person, and the ID of a school."""


def v1(
    students: Iterable[Person] = (),
    teachers: Iterable[Person] = (),
    sections: Iterable[Person] = (),
    *,
    schools: Sequence[str] = ("N", "S"),
    enrolled: Iterable[Person] = (),
) -> dict[str, str]:
    """A file set of SDS V1. `enrolled` has pairs of a section and a student."""
    people = "SIS ID,School SIS ID,Username\n"
    return {
        "school.csv": "SIS ID,Name\n" + "".join(f"{each},School\n" for each in schools),
        "student.csv": people
        + "".join(f"{who},{at},{who}-{n}\n" for n, (who, at) in enumerate(students)),
        "teacher.csv": people
        + "".join(f"{who},{at},{who}-{n}\n" for n, (who, at) in enumerate(teachers)),
        "section.csv": "SIS ID,School SIS ID,Section Name\n"
        + "".join(f"{which},{at},Maths\n" for which, at in sections),
        "studentenrollment.csv": "Section SIS ID,SIS ID\n"
        + "".join(f"{section},{student}\n" for section, student in enrolled),
        "teacherroster.csv": "Section SIS ID,SIS ID\n",
    }


def v21(
    roles: Iterable[tuple[str, str, str]], *, schools: Sequence[str] = ("N", "S")
) -> dict[str, str]:
    """A file set of SDS V2.1 from triples of user, organisation and role."""
    triples = list(roles)
    users = sorted({user for user, _, _ in triples})
    return {
        "orgs.csv": "sourcedId,name,type\n"
        + "".join(f"{each},School,school\n" for each in schools),
        "users.csv": "sourcedId,username\n" + "".join(f"{each},{each}\n" for each in users),
        "roles.csv": "userSourcedId,orgSourcedId,role\n"
        + "".join(f"{user},{org},{role}\n" for user, org, role in triples),
    }


def numbered(count: int, school: str = "N", prefix: str = "s", *, first: int = 0) -> list[Person]:
    """People with numbers as IDs."""
    return [(f"{prefix}{number}", school) for number in range(first, first + count)]


def population(
    files: Mapping[str, str], format_name: str = "sds-v1", *, block: int = 1 << 20, key: bytes = KEY
) -> Population:
    """Who is in a file set, as validation observes it."""
    collector = Collector(format_name, key)
    given = [csv_file(name, content, block=block) for name, content in files.items()]
    validate(format_named(format_name), given, observe=collector, block_size=block)
    return collector.population()


def summary(
    files: Mapping[str, int] | None = None,
    *,
    landed_at: str = "2026-11-28T02:00:00.000Z",
    **changes: object,
) -> Summary:
    """The summary of a night."""
    made = Summary(
        feed="northwind",
        run="20261128T020000Z-0123456789ab",
        generation="0" * 64,
        key_id=key_id(KEY),
        format="sds-v1",
        target=TargetReference(kind="classic", id="profile"),
        landed_at=landed_at,
        files=dict(files or {}),
        entities={},
    )
    return msgspec.structs.replace(made, **changes)


def night(
    files: Mapping[str, str],
    format_name: str = "sds-v1",
    *,
    landed_at: str = "2026-11-28T02:00:00.000Z",
) -> Baseline:
    """A night with this file set."""
    found = population(files, format_name)
    rows = {name: content.count("\n") - 1 for name, content in files.items()}
    told = summary(rows, landed_at=landed_at, format=format_name, entities=entity_counts(found))
    return Baseline(told, found)


def compared(before: Baseline, now: Baseline) -> Comparison:
    """The comparison of two nights."""
    format_name = now.summary.format
    return Comparison(
        before.summary,
        now.summary,
        compare(before.population, now.population, format_name),
        Places(before.population, now.population, format_name),
    )


def trips(
    before: Mapping[str, str],
    now: Mapping[str, str],
    format_name: str = "sds-v1",
    settings: GuardSettings | None = None,
) -> tuple[Trip, ...]:
    """The guards that hold a file set after another one."""
    comparison = compared(night(before, format_name), night(now, format_name))
    return evaluate(comparison, settings or {})
