"""Broken copies: for each rule, changes that it must notice, one at a time."""

from typing import NamedTuple

from tests.infra.deployed import GONE, Project

__all__ = ["GONE", "Break", "changed", "edited"]


class Break(NamedTuple):
    """One change, and a part of what the rule then says: it must be this assertion that speaks.

    `where` is a path below the project, of whose text `old` becomes `new`; or a deployment, of
    which `old`, a resource and a path in it, becomes `new`.
    """

    rule: str
    where: str
    old: str | tuple[str, str]
    new: object
    offender: str

    def of(self, project: Project) -> Project:
        if isinstance(self.old, str):
            return project.edited(self.where, self.old, str(self.new))
        return project.changed(self.where, *self.old, self.new)


def edited(rule: str, path: str, *changes: tuple[str, str, str]) -> list[Break]:
    """Changes of one text for one rule, each as (old, new, offender)."""
    return [Break(rule, path, *change) for change in changes]


def changed(
    rule: str, deployment: str, resource: str, *changes: tuple[str, object, str]
) -> list[Break]:
    """Changes of what a deployment makes, each as (path in the resource, new value, offender).

    With an empty path it is the resource itself.
    """
    return [Break(rule, deployment, (resource, path), new, it) for path, new, it in changes]
