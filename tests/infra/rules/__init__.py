"""What must be true of the templates. A rule is a function that gives its offenders, if any."""

from collections.abc import Callable, Iterable

from tests.infra.deployed import Project

Rule = Callable[[Project], Iterable[str]]

RULES: dict[str, Rule] = {}


def rule(check: Rule) -> Rule:
    """Register a rule under its function's name."""
    RULES[check.__name__] = check
    return check
