"""Words for files that lie in a feed's folder and were not taken."""

from collections.abc import Sequence

from sync_core.landing.exports import MANIFEST
from sync_core.model.found import FOUND, FoundFile
from sync_core.model.outcomes import OUTCOMES, Outcome

NAMED = 3
"""How many files a sentence names per reason."""

GROUPS = 3
"""How many reasons a summary has sentences for, and how many an action has advice for."""

CORRECT_MANIFEST = (
    "Deliver the files again, with a manifest.json in UTF-8 that has the name, the size and the"
    " SHA-256 of each of them."
)


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
    """What to do about an incomplete export: first about the files that were found instead.

    `missing` has names of files, some with a reason in parentheses.
    """
    told = (FOUND[one.reason].action for one in found)
    about_found = list(dict.fromkeys(filter(None, told)))[:GROUPS]
    wrong_manifest = [entry for entry in missing if _is_about_manifest(entry)]
    about_manifest = [CORRECT_MANIFEST] if wrong_manifest else []
    paired = {one.expected for one in found if one.expected}
    names = {entry.partition(" (")[0] for entry in missing if entry not in wrong_manifest}
    # A workbook may be there by chance, so it does not explain why files are missing.
    are_explained = any(FOUND[one.reason].meant for one in found)
    # If some of the missing files were found under another name, the others may really be missing.
    are_missing = not names <= paired and (paired or not are_explained)
    advice = [*about_found, *about_manifest]
    general = [OUTCOMES[Outcome.INCOMPLETE].action] if are_missing or not advice else []
    return " ".join([*advice, *general])


def _is_about_manifest(entry: str) -> bool:
    """Whether the manifest is wrong, or a file differs from what it says."""
    # A feed that requires a marker lacks "_READY or manifest.json", which is to be delivered.
    return MANIFEST in entry and not entry.endswith(f"or {MANIFEST}")


def _group(description: str, files: Sequence[FoundFile]) -> str:
    names = [_name(one) for one in files[:NAMED]]
    more = len(files) - len(names)
    return f"{', '.join(names)}{f' and {more:,} more' if more else ''} ({description})"


def _name(one: FoundFile) -> str:
    expected = one.expected
    is_other = expected and one.name.rpartition("/")[2].lower() != expected.lower()
    return f"{one.name} for {expected}" if is_other else one.name
