"""Decides whether a night is held: compares it with the baseline and asks every guard."""

from collections.abc import Sequence

from sync_core.guards.baseline import Baseline, Summary
from sync_core.guards.compare import Difference, compare
from sync_core.guards.places import Places
from sync_core.guards.population import Population
from sync_core.guards.rules import Comparison

_NOTHING = Difference((), (), ())


def comparison(before: Baseline | Summary, now: Baseline, earlier: Sequence[Summary]) -> Comparison:
    """What the guards measure. `earlier` has the summaries of the last nights.

    People and files of another format cannot be compared, so only the guard of the format and those
    that need no names notice such a night. `before` is a summary if the baseline is missing: nobody
    can be compared with it either.
    """
    format_name = now.summary.format
    if isinstance(before, Summary):
        places = Places(Population(), now.population, format_name)
        return Comparison(before, now.summary, _NOTHING, places, earlier, baseline_missing=True)
    is_same_format = before.summary.format == format_name
    difference = (
        compare(before.population, now.population, format_name) if is_same_format else _NOTHING
    )
    places = Places(before.population, now.population, format_name)
    return Comparison(before.summary, now.summary, difference, places, earlier)
