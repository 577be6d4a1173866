"""Reads a feeds document: its feeds, and every fault with its line.

A wrong entry does not affect the other feeds.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from sync_core.model.errors import SettingsError
from sync_core.model.feeds.checks import WORD, checked
from sync_core.model.feeds.feed import EXAMPLE, FEED_NAME, Feed

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, as Windows editors and shells write them, and the encoding of each."""

SPACE = re.compile(r"[ \t\r\n]*")


class UnreadableFeedsError(SettingsError):
    """The document is not a JSON array. `line` is the line at which reading stopped."""

    def __init__(self, where: str, line: int, reason: str) -> None:
        super().__init__(
            f"{where} is not a JSON array of objects, line {line}: {reason}."
            f" Example: SIS_FEEDS={EXAMPLE}"
        )
        self.line = line


class Fault(NamedTuple):
    """One fault of a document.

    `line` and `entry` count from 1; entry 0 is the whole document. `feed` is the feed's name, None
    if it cannot be read.
    """

    line: int
    entry: int
    feed: str | None
    text: str

    def __str__(self) -> str:
        named = f" ({self.feed})" if self.feed else ""
        return f"line {self.line}{f', feed {self.entry}{named}' * bool(self.entry)}: {self.text}"


class FeedsDocument(NamedTuple):
    """The valid feeds of a document by name, and the faults of the other entries.

    `stand_ins` holds, for each wrong entry whose name can be read, its valid fields and defaults
    for the others. `kept` is a document of the valid entries only, byte for byte.
    """

    feeds: Mapping[str, Feed]
    faults: tuple[Fault, ...]
    stand_ins: Mapping[str, Feed]
    kept: bytes
    entries: int


class _Entry(NamedTuple):
    """One entry. `line` is its first line, `raw` its bytes."""

    number: int
    line: int
    raw: bytes
    feed: Feed | None
    faults: tuple[Fault, ...]


class _Named(msgspec.Struct):
    name: str


def nothing_known() -> Mapping[str, Feed]:
    """No feeds: there is no previous document."""
    return {}


def read_feeds(
    document: bytes | str, where: str, known: Callable[[], Mapping[str, Feed]] = nothing_known
) -> FeedsDocument:
    """Read a document. Raises UnreadableFeedsError if it is not a JSON array.

    `known` returns the feeds of the previous document. If two entries share a name or a target, the
    entry that has not changed since then is valid; if both have, both are wrong.
    """
    data = _utf8(document, where)
    try:
        raws = msgspec.json.decode(data, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableFeedsError(where, _line_of(error, data), _reason(error)) from None
    entries = list(_entries(data, raws))
    for key in (_name_key, _target_key):
        entries = _one_each(entries, key, known)
    faults = [fault for entry in entries for fault in entry.faults]
    if not entries:
        faults = [Fault(1, 0, None, "it contains no feed.")]
    good = [entry for entry in entries if entry.feed and not entry.faults]
    feeds = {entry.feed.name: entry.feed for entry in good if entry.feed}
    stand_ins = {
        entry.feed.name: entry.feed
        for entry in entries
        if entry.feed and FEED_NAME.fullmatch(entry.feed.name) and entry.feed.name not in feeds
    }
    kept = b"[" + b",\n".join(entry.raw for entry in good) + b"]"
    return FeedsDocument(feeds, tuple(faults), stand_ins, kept, len(entries))


def fault_report(where: str, faults: Sequence[Fault]) -> str:
    """One message with all faults and an example."""
    example = f"Example: SIS_FEEDS={EXAMPLE}"
    if len(faults) == 1:
        return f"{where}, {faults[0]} {example}"
    lines = "".join(f"\n- {fault}" for fault in faults)
    return f"{where} has {len(faults):,} errors:{lines}\n{example}"


def _utf8(document: bytes | str, where: str) -> bytes:
    if isinstance(document, str):
        return document.removeprefix("\ufeff").encode("utf-8", "surrogatepass")
    mark, encoding = next(
        (each for each in BYTE_ORDER_MARKS if document.startswith(each[0])), (b"", "utf-8")
    )
    try:
        return document[len(mark) :].decode(encoding).encode()
    except UnicodeDecodeError as error:
        line = document.count(b"\n", 0, error.start + len(mark)) + 1
        raise UnreadableFeedsError(where, line, f"it is not {encoding.upper()}") from None


def _entries(data: bytes, raws: Iterable[msgspec.Raw]) -> Iterator[_Entry]:
    at = data.index(b"[") + 1
    line = data.count(b"\n", 0, at) + 1
    for number, raw in enumerate(map(bytes, raws), start=1):
        # Only a comma and white space are between two entries, so this finds the entry itself.
        begins = data.index(raw, at)
        line += data.count(b"\n", at, begins)
        yield _entry(number, line, raw)
        at = begins + len(raw)
        line += raw.count(b"\n")


def _entry(number: int, line: int, raw: bytes) -> _Entry:
    try:
        value: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        feed = _named(raw)
        fault = Fault(
            line, number, feed.name if feed else None, f"it cannot be read: {_reason(error)}."
        )
        return _Entry(number, line, raw, feed, (fault,))
    feed, wrongs = checked(value)
    if not wrongs:
        return _Entry(number, line, raw, feed, ())
    try:
        lines = _lines_of_keys(raw.decode()) if isinstance(value, dict) else {}
    except RecursionError:
        lines = {}
    name = feed.name if feed and (FEED_NAME.fullmatch(feed.name) or _is_word(feed.name)) else None
    faults = tuple(
        Fault(line + lines.get(wrong.key or "", 0), number, name, wrong.text) for wrong in wrongs
    )
    return _Entry(number, line, raw, feed, tuple(sorted(faults)))


def _named(raw: bytes) -> Feed | None:
    """A feed with the name of an entry that cannot be decoded otherwise."""
    try:
        return Feed(name=msgspec.json.decode(raw, type=_Named).name)
    except (msgspec.DecodeError, RecursionError):
        return None


def _is_word(text: str) -> bool:
    return WORD.fullmatch(text) is not None


def _lines_of_keys(entry: str) -> dict[str, int]:
    """The line of each field of an object, counted from the object's first line as 0."""
    found: dict[str, int] = {}
    decoder = json.JSONDecoder()
    at = _after_space(entry, 1)
    while entry[at] == '"':
        key, end = decoder.raw_decode(entry, at)
        found[key] = entry.count("\n", 0, at)
        colon = _after_space(entry, end)
        _, end = decoder.raw_decode(entry, _after_space(entry, colon + 1))
        at = _after_space(entry, end)
        at = _after_space(entry, at + 1) if entry[at] == "," else at
    return found


def _after_space(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return found.end() if found else at


def _name_key(feed: Feed) -> str:
    return feed.name


def _target_key(feed: Feed) -> str:
    return (feed.target_id or feed.name).lower()


def _one_each(
    entries: Sequence[_Entry], key: Callable[[Feed], str], known: Callable[[], Mapping[str, Feed]]
) -> list[_Entry]:
    """The entries, with a fault for each valid one that shares its name or target with another."""
    groups: dict[str, list[_Entry]] = {}
    for entry in entries:
        if entry.feed and not entry.faults:
            groups.setdefault(key(entry.feed), []).append(entry)
    changed = {
        entry.number: entry
        for group in groups.values()
        if len(group) > 1
        for entry in _in_conflict(group, named=key is _name_key, known=known())
    }
    return [changed.get(entry.number, entry) for entry in entries]


def _in_conflict(
    group: Sequence[_Entry], *, named: bool, known: Mapping[str, Feed]
) -> Iterator[_Entry]:
    as_before = [each for each in group if each.feed and known.get(each.feed.name) == each.feed]
    if named and all(each.feed == group[0].feed for each in group):
        as_before = [group[0]]
    for entry in group:
        if entry.feed and entry not in as_before[:1]:
            others = [each for each in group if each is not entry]
            text = _shared_name(entry, others) if named else _shared_target(entry, others)
            fault = Fault(entry.line, entry.number, entry.feed.name, text)
            yield entry._replace(faults=(fault,))


def _shared_name(entry: _Entry, others: Sequence[_Entry]) -> str:
    name = entry.feed.name if entry.feed else ""
    return f"another feed is also named {name!r} ({_lines(others)}); rename one of them."


def _shared_target(entry: _Entry, others: Sequence[_Entry]) -> str:
    names = " and ".join(repr(each.feed.name) for each in (entry, *others) if each.feed)
    return (
        f"feeds {names} have the same profile or flow ({_lines(others)}). Each feed needs its own:"
        " otherwise each export deactivates the people of the other. Change one of them."
    )


def _lines(entries: Iterable[_Entry]) -> str:
    return ", ".join(f"line {entry.line}" for entry in entries)


def _line_of(error: Exception, data: bytes) -> int:
    position = re.search(r"\(byte (\d+)\)", str(error))
    end = int(position[1]) if position else len(data) if "truncated" in str(error) else 0
    return data.count(b"\n", 0, end) + 1


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return re.sub(r" \(byte \d+\)| - at `.*`", "", str(error))
