"""Numbers and lists in words."""

from collections.abc import Sequence


def counted(count: int, noun: str, nouns: str = "") -> str:
    """A count with its noun, such as "1 row" or "1,234 rows". `nouns`: an irregular plural."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def listed(words: Sequence[str]) -> str:
    """Words with commas, and "and" before the last one."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def first_of(words: Sequence[str], most: int) -> str:
    """The first words with commas, and how many more there are."""
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more:,} more" if more > 0 else "")
