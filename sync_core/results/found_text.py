"""Words for files that lie in a feed's folder and were not taken."""

from collections.abc import Sequence

from sync_core.model.found import FOUND, FoundFile
from sync_core.model.outcomes import OUTCOMES, Outcome

NAMED = 3
"""How many files a sentence names per reason."""

GROUPS = 3
"""How many reasons a summary has sentences for, and how many an action has advice for."""


def found_sentences(found: Sequence[FoundFile], left_out: int) -> str:
    """What lies in the folder instead, as sentences; empty if nothing does."""
    if not found:
        return ""
    groups: dict[str, list[FoundFile]] = {}
    for one in found:
        groups.setdefault(one.description, []).append(one)
    told = [_group(description, files) for description, files in groups.items()]
    more = left_out + sum(len(files) for files in [*groups.values()][GROUPS:])
    rest = [f"{more:,} more"] if more else []
    return f" In the folder, but not taken: {'; '.join([*told[:GROUPS], *rest])}."


def incomplete_action(missing: Sequence[str], found: Sequence[FoundFile]) -> str:
    """What to do about an incomplete export: first about the files that were found instead."""
    advice = list(dict.fromkeys(action for one in found if (action := FOUND[one.reason].action)))
    paired = {one.expected for one in found if one.expected}
    general = OUTCOMES[Outcome.INCOMPLETE].action
    if not advice:
        return general
    # If some of the missing files were found under another name, the others may really be missing.
    rest = [general] if paired and not paired.issuperset(missing) else []
    return " ".join([*advice[:GROUPS], *rest])


def _group(description: str, files: Sequence[FoundFile]) -> str:
    names = [_name(one) for one in files[:NAMED]]
    more = len(files) - len(names)
    return f"{', '.join(names)}{f' and {more:,} more' if more else ''} ({description})"


def _name(one: FoundFile) -> str:
    expected = one.expected
    is_other = expected and one.name.rpartition("/")[2].lower() != expected.lower()
    return f"{one.name} for {expected}" if is_other else one.name
