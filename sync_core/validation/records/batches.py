"""From a run of lines to a table of its good records, every broken one reported with its line.

The column engine reads plain lines as they are, and of all others the records that a survey has
proven; so it sees nothing whose structure is in doubt, and its count must then be our own.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from sync_core.validation.findings import Tally
from sync_core.validation.records.blocks import Shape, checked, frame_of_fields, parsed
from sync_core.validation.records.layout import Positions
from sync_core.validation.records.outline import Outline, proven_outline
from sync_core.validation.records.reading import Run
from sync_core.validation.records.survey import Survey


@dataclass(frozen=True)
class Batch:
    """Good records. `lines` has the line of each, plain ones first, then all others.

    None says that they follow `line` one by one. In the first `tight` rows there is no white space,
    no quotation mark and no letter beyond ASCII. `records` counts the good and the broken ones.
    """

    frame: pl.DataFrame
    records: int
    line: int
    lines: Positions | None = None
    tight: int = 0

    def lines_of(self, rows: Positions) -> Positions:
        return rows + self.line if self.lines is None else self.lines[rows]

    def in_order(self, rows: Positions) -> Positions:
        """The rows in the order of their lines."""
        return np.sort(rows) if self.lines is None else rows[np.argsort(self.lines[rows])]


def batch_of(run: Run, shape: Shape, tally: Tally) -> Batch:
    """The good records of a run; the others are counted in `tally`."""
    if run.fault:
        tally.add(run.fault, run.line)
        return Batch(frame_of_fields([], shape), 1, run.line)
    return _batch(run, run.outline, shape, tally)


def _batch(run: Run, outline: Outline, shape: Shape, tally: Tally) -> Batch:
    survey = Survey(outline.odd, run.line, shape) if outline.odd else None
    plain = len(outline.plain)
    frame = parsed(_proven_bytes(run, outline, survey), shape)
    # A record without its last field gives a null there; but so does an empty field.
    if not outline.proven and (frame is None or frame[:plain, -1].null_count()):
        proven = proven_outline(run.data, shape.width)
        if frame is None or len(proven.plain) != plain:
            return _batch(run, proven, shape, tally)
    frame = checked(frame, plain + (survey.ordinary if survey else 0))
    lines = None if plain == outline.lines else np.asarray(outline.plain, np.intp) + run.line
    if survey and lines is not None:
        survey.report(tally)
        if by_hand := survey.by_hand:
            frame = pl.concat([frame, frame_of_fields(by_hand, shape)])
        lines = np.concatenate([lines, survey.lines])
    return Batch(
        frame,
        plain + (survey.records if survey else 0),
        run.line,
        lines,
        plain if outline.tight else 0,
    )


def _proven_bytes(run: Run, outline: Outline, survey: Survey | None) -> bytes:
    """What the column engine may read: plain lines, then the records that the survey let pass."""
    if outline.spans == ((0, len(run.data)),):
        return run.data
    whole = memoryview(run.data)
    pieces: list[bytes | memoryview] = [whole[start:end] for start, end in outline.spans]
    if survey:
        if pieces and pieces[-1][-1:] != b"\n":
            pieces.append(b"\n")
        pieces += survey.pieces()
    return b"".join(pieces)
