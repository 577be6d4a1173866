"""The exports that the examples of the rules belong to."""

from collections.abc import Mapping

from sync_core.formats.rules.model import Content, Example, csv

_EXPORTS: Mapping[str, Mapping[str, Content]] = {
    "sds-v1": {
        "school.csv": csv("SIS ID,Name", "42,Sample School"),
        "student.csv": csv("SIS ID,School SIS ID,Username", "1001,42,student1"),
        "teacher.csv": csv("SIS ID,School SIS ID,Username", "2001,42,teacher1"),
    },
    "sds-v2.1": {
        "orgs.csv": csv("sourcedId,name,type", "42,Sample School,school"),
        "users.csv": csv(
            "sourcedId,username", "1001,student1@school.example", "2001,teacher1@school.example"
        ),
        "roles.csv": csv("userSourcedId,orgSourcedId,role", "1001,42,student"),
    },
}


def example_exports(example: Example) -> tuple[dict[str, Content], dict[str, Content]]:
    """All files of an example's export, with the fault and without it."""
    named = {*example.before, *example.after}
    rest = {name: text for name, text in _EXPORTS[example.format].items() if name not in named}
    rest = {**rest, **example.beside}
    return {**rest, **example.before}, {**rest, **example.after}
