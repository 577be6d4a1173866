"""Records that are not plain, looked at one by one, by vectors as long as they only seem odd."""

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np

from sync_core.validation.findings import Tally
from sync_core.validation.records.blocks import Shape, undecodable
from sync_core.validation.records.layout import COMMA, CR, FAULTS, GOOD, LF, Flags, Positions
from sync_core.validation.records.lines import BOM, all_places, content, decoded, fields_of
from sync_core.validation.records.walk import Odd


class Survey:
    """What is wrong with some records of a run, and which of them can be read.

    `line` is the number of the first line of the run. Good records have as many fields as the
    header; those that are odd all the same have to be read by hand.
    """

    def __init__(self, records: Odd, line: int, shape: Shape) -> None:
        self._data, self._layout, self._shape = records.data, records.layout, shape
        self._block = np.frombuffer(records.data, np.uint8)
        self._all_lines = records.layout.first_line + line

    def report(self, tally: Tally) -> None:
        """Count every broken rule."""
        layout, width = self._layout, self._shape.width
        whole = layout.fault == GOOD
        found = {rule: layout.fault == fault for fault, rule in enumerate(FAULTS) if rule}
        found |= self._encoding_faults
        found["fields-too-few"] = whole & (self._separators < width - 1)
        found["fields-too-many"] = whole & (self._separators >= width)
        for rule, records in found.items():
            tally.add_lines(rule, self._all_lines[records])
        for index, fields in self._odd_fields:
            for place, value in enumerate(fields):
                if "\n" in value or "\r" in value:
                    name = self._shape.name_at(place)
                    tally.add("line-break", int(self._all_lines[index]), field=name)

    @property
    def records(self) -> int:
        """How many there are, good or broken."""
        return len(self._layout.starts)

    @property
    def ordinary(self) -> int:
        """How many good records there are that are not odd."""
        return int(np.count_nonzero(self._ordinary))

    @property
    def by_hand(self) -> list[list[str]]:
        """The fields of the good records that are odd."""
        return [fields for _, fields in self._odd_fields]

    @property
    def lines(self) -> Positions:
        """The line of each ordinary record, and then of those by hand."""
        odd = [index for index, _ in self._odd_fields]
        return np.concatenate([self._all_lines[self._ordinary], self._all_lines[odd]])

    def pieces(self) -> Iterator[bytes]:
        """The bytes of the ordinary records as UTF-8, in as few pieces as possible."""
        is_text = not self._encoding_faults["encoding"].any()
        starts, ends = self._layout.starts[self._ordinary], self._layout.ends[self._ordinary]
        if not starts.size:
            return
        breaks = np.flatnonzero(starts[1:] != ends[:-1])
        firsts = np.concatenate([[0], breaks + 1])
        lasts = np.concatenate([breaks, [len(ends) - 1]])
        for start, end in zip(starts[firsts].tolist(), ends[lasts].tolist(), strict=True):
            piece = self._data[start:end]
            yield piece if is_text else decoded(piece).encode()

    @cached_property
    def _good(self) -> Flags:
        is_right = self._separators == self._shape.width - 1
        good: Flags = (self._layout.fault == GOOD) & is_right
        return good

    @cached_property
    def _odd(self) -> Flags:
        faults = self._encoding_faults
        return self._broken_lines() | faults["nul"] | faults["byte-order-mark"]

    @cached_property
    def _ordinary(self) -> Flags:
        return self._good & ~self._odd

    @cached_property
    def _odd_fields(self) -> list[tuple[int, list[str]]]:
        indexes = np.flatnonzero(self._good & self._odd).tolist()
        return [(index, self._fields(index)) for index in indexes]

    def _fields(self, index: int) -> list[str]:
        record = self._data[self._layout.starts[index] : self._layout.ends[index]]
        return fields_of(decoded(content(record)))

    @cached_property
    def _encoding_faults(self) -> dict[str, Flags]:
        """The records with bytes that are not UTF-8, a NUL or a byte order mark, by the rule."""
        readable = self._layout.fault != FAULTS.index("record-too-long")
        return {
            "encoding": self._undecodable() & readable,
            "nul": self._holding(b"\0") & readable,
            "byte-order-mark": self._holding(BOM) & readable,
        }

    def _undecodable(self) -> Flags:
        return self._flagged(undecodable(self._data))

    def _holding(self, needle: bytes) -> Flags:
        return self._flagged(all_places(self._data, needle))

    def _flagged(self, places: Iterable[int]) -> Flags:
        found = np.zeros(self.records, np.bool_)
        found[self._layout.record_index(np.fromiter(places, np.intp))] = True
        return found

    def _broken_lines(self) -> Flags:
        """The records with a line break or a stray carriage return inside."""
        layout, block = self._layout, self._block
        found = layout.last_line > layout.first_line
        last = layout.line_ends - 1
        # The last line of a file may have no line end, and then nothing regular stands in it.
        regular = np.count_nonzero((block[last] == LF) & (block[last - 1] == CR) & (last > 0))
        if not layout.starts.size or np.count_nonzero(block == CR) == regular:
            return found
        returns = np.flatnonzero(block == CR)
        index = layout.record_index(returns)
        inside = (index >= 0) & (returns < layout.ends[index])
        returns, index = returns[inside], index[inside]
        ends = layout.ends[index]
        ends_line = returns + 1 + (block[ends - 1] == LF) == ends
        found[index[~ends_line]] = True
        return found

    @cached_property
    def _separators(self) -> Positions:
        """How many commas each record has outside quotation marks."""
        layout = self._layout
        commas = np.flatnonzero(self._block == COMMA)
        counts = np.diff(np.searchsorted(commas, layout.ends), prepend=0)
        if layout.quotes.size:
            index = layout.record_index(layout.quotes)
            # In records with misplaced marks there is no telling, and no need to.
            good = layout.fault[index] == GOOD
            before = np.searchsorted(commas, layout.quotes[good])
            inside = before[1::2] - before[::2]
            counts -= np.bincount(index[good][::2], inside, len(counts)).astype(np.intp)
        return counts
