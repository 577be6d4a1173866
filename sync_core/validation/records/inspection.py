"""Inspects irregular records: which rules they break, and which of them have readable fields."""

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np

from sync_core.validation.findings import FindingCounter
from sync_core.validation.records.irregular_records import IrregularRecords
from sync_core.validation.records.layout import (
    COMMA,
    CR,
    EQUALS,
    FAULTS,
    GOOD,
    LF,
    QUOTE,
    SPACE,
    IntArray,
    Mask,
)
from sync_core.validation.records.lines import BOM, decoded, fields_of, occurrences
from sync_core.validation.records.parsing import RecordShape, invalid_utf_8_in_block


class RecordInspection:
    """The irregular records of a block whose first line has the number `line`.

    A record is readable if it is well-formed and has as many fields as the header, not counting
    empty fields at its end. Most readable records can be parsed as CSV by polars. Those with a line
    break, a NUL or a byte order mark inside are split into fields manually, because polars would
    read something else.
    """

    def __init__(self, records: IrregularRecords, line: int, shape: RecordShape) -> None:
        self._data, self._layout, self._shape = records.data, records.layout, shape
        self._block = np.frombuffer(records.data, np.uint8)
        self._lines = records.layout.first_line + line

    def report(self, counter: FindingCounter) -> None:
        """Count every broken rule in `counter`, except that of `empty_lines`."""
        layout, width = self._layout, self._shape.width
        is_well_formed = layout.fault == GOOD
        found = {rule: layout.fault == fault for fault, rule in enumerate(FAULTS) if rule}
        found["formula"] = found["quotes"] & self._has_formula
        found["quotes"] &= ~self._has_formula
        found |= self._encoding_faults
        is_record = is_well_formed & ~self._is_empty
        found["fields-too-few"] = is_record & (self._separators < width - 1)
        found["fields-too-many"] = is_record & (self._separators >= width) & ~self._is_padded
        found["fields-padded"] = self._is_padded
        for rule, is_broken in found.items():
            counter.add_lines(rule, self._lines[is_broken])
        for index, fields in self._manual_fields:
            for column_index, value in enumerate(fields):
                if "\n" in value or "\r" in value:
                    name = self._shape.name_at(column_index)
                    counter.add("line-break", int(self._lines[index]), field=name)

    @property
    def record_count(self) -> int:
        """The number of records, readable or not, without empty rows."""
        return int(np.count_nonzero(~self._is_empty))

    @property
    def empty_lines(self) -> IntArray:
        """The lines of empty rows that have another number of fields than the header."""
        return self._lines[self._is_empty]

    @property
    def csv_count(self) -> int:
        """The number of records that polars can parse."""
        return int(np.count_nonzero(self._is_csv))

    @property
    def manual_rows(self) -> list[list[str]]:
        """The fields of each readable record that polars cannot parse."""
        return [fields for _, fields in self._manual_fields]

    @property
    def row_lines(self) -> IntArray:
        """The line numbers of the records in `csv_pieces`, then of those in `manual_rows`."""
        manual = [index for index, _ in self._manual_fields]
        return np.concatenate([self._lines[self._is_csv], self._lines[manual]])

    def csv_pieces(self) -> Iterator[bytes]:
        """The bytes of the records that polars can parse, as UTF-8.

        Neighbouring records form one piece.
        """
        is_utf_8 = not self._encoding_faults["encoding"].any()
        starts, ends = self._layout.starts[self._is_csv], self._ends[self._is_csv]
        if not starts.size:
            return
        gaps = np.flatnonzero(starts[1:] != ends[:-1])
        firsts = np.concatenate([[0], gaps + 1])
        lasts = np.concatenate([gaps, [len(ends) - 1]])
        for start, end in zip(starts[firsts].tolist(), ends[lasts].tolist(), strict=True):
            piece = self._data[start:end]
            yield piece if is_utf_8 else decoded(piece).encode()
            if not piece.endswith(b"\n"):
                yield b"\n"

    @cached_property
    def _is_readable(self) -> Mask:
        has_width = self._separators == self._shape.width - 1
        readable: Mask = (self._layout.fault == GOOD) & (has_width | self._is_padded)
        return readable

    @cached_property
    def _content_ends(self) -> IntArray:
        """The end of each record without its line end: CR LF, LF or, at the end of a file, CR."""
        ends = self._layout.ends
        ends = ends - (self._block[ends - 1] == LF)
        has_return = (ends > self._layout.starts) & (self._block[ends - 1] == CR)
        content_ends: IntArray = ends - has_return
        return content_ends

    @cached_property
    def _is_empty(self) -> Mask:
        """Which records consist of commas and spaces, and have another width than the header."""
        starts, ends = self._layout.starts, self._content_ends
        has_width = self._separators == self._shape.width - 1
        is_empty: Mask = (self._layout.fault == GOOD) & ~has_width
        filling = np.flatnonzero((self._block == COMMA) | (self._block == SPACE))
        counts = np.searchsorted(filling, ends) - np.searchsorted(filling, starts)
        is_empty &= counts == ends - starts
        return is_empty

    @cached_property
    def _is_padded(self) -> Mask:
        """Which records have more fields than the header, all of them empty."""
        extra = self._separators - (self._shape.width - 1)
        is_padded: Mask = (self._layout.fault == GOOD) & (extra > 0) & ~self._is_empty
        left = np.flatnonzero(is_padded)
        distance = 1
        while left.size:
            is_comma = self._block[self._content_ends[left] - distance] == COMMA
            is_padded[left[~is_comma]] = False
            left = left[is_comma & (extra[left] > distance)]
            distance += 1
        return is_padded

    @cached_property
    def _ends(self) -> IntArray:
        """The end of each record, without empty fields that the header does not have."""
        extra = self._separators - (self._shape.width - 1)
        ends: IntArray = np.where(self._is_padded, self._content_ends - extra, self._layout.ends)
        return ends

    @cached_property
    def _is_manual(self) -> Mask:
        faults = self._encoding_faults
        return self._has_line_break() | faults["nul"] | faults["byte-order-mark"]

    @cached_property
    def _is_csv(self) -> Mask:
        return self._is_readable & ~self._is_manual

    @cached_property
    def _manual_fields(self) -> list[tuple[int, list[str]]]:
        """The index and the fields of each readable record that polars cannot parse."""
        indexes = np.flatnonzero(self._is_readable & self._is_manual).tolist()
        return [(index, self._fields(index)) for index in indexes]

    def _fields(self, index: int) -> list[str]:
        end = min(self._ends[index], self._content_ends[index])
        return fields_of(decoded(self._data[self._layout.starts[index] : end]))

    @cached_property
    def _encoding_faults(self) -> dict[str, Mask]:
        """For each rule about encoding, which records break it."""
        # A record that is too long is not always kept in memory, so its bytes are never checked.
        is_kept = self._layout.fault != FAULTS.index("record-too-long")
        offsets = {
            "encoding": invalid_utf_8_in_block(self._data),
            "nul": occurrences(self._data, b"\0"),
            "byte-order-mark": occurrences(self._data, BOM),
        }
        return {rule: self._records_at(found) & is_kept for rule, found in offsets.items()}

    def _records_at(self, offsets: Iterable[int]) -> Mask:
        """Which records contain one of the offsets."""
        found = np.zeros(len(self._lines), np.bool_)
        found[self._layout.record_index(np.fromiter(offsets, np.intp))] = True
        return found

    @cached_property
    def _has_formula(self) -> Mask:
        """For which records `has_formula` is true."""
        starts, block, data = self._layout.starts, self._block, self._data
        # Equals signs are rare, and commas are not.
        signs = occurrences(data, b'="')
        found = self._records_at(sign for sign in signs if data[sign - 1 : sign] == b",")
        seconds = np.minimum(starts + 1, len(block) - 1)
        found |= (block[starts] == EQUALS) & (block[seconds] == QUOTE)
        return found

    def _has_line_break(self) -> Mask:
        """Which records contain a line break, or a carriage return that does not end them."""
        layout, block = self._layout, self._block
        found = layout.last_line > layout.first_line
        last = layout.line_ends - 1
        # Count the returns of CR LF line ends; in most files there are no others. The last line of
        # a file may have no line end.
        in_line_ends = np.count_nonzero((block[last] == LF) & (block[last - 1] == CR) & (last > 0))
        if not layout.starts.size or np.count_nonzero(block == CR) == in_line_ends:
            return found
        returns = np.flatnonzero(block == CR)
        index = layout.record_index(returns)
        # A return may also be on a blank line, which belongs to no record.
        is_inside = (index >= 0) & (returns < layout.ends[index])
        returns, index = returns[is_inside], index[is_inside]
        ends = layout.ends[index]
        ends_record = returns + 1 + (block[ends - 1] == LF) == ends
        found[index[~ends_record]] = True
        return found

    @cached_property
    def _separators(self) -> IntArray:
        """The number of commas outside quotation marks, for each record."""
        layout = self._layout
        commas = np.flatnonzero(self._block == COMMA)
        # The difference of cumulative counts at the ends of records is the count of each record.
        counts = np.diff(np.searchsorted(commas, layout.ends), prepend=0)
        if layout.quotes.size:
            index = layout.record_index(layout.quotes)
            # Malformed records are left out: their marks do not pair up, and their fields do not
            # matter.
            in_well_formed = layout.fault[index] == GOOD
            commas_before = np.searchsorted(commas, layout.quotes[in_well_formed])
            quoted_commas = commas_before[1::2] - commas_before[::2]
            counts -= np.bincount(index[in_well_formed][::2], quoted_commas, len(counts)).astype(
                np.intp
            )
        return counts
