"""From a run of lines to a table of its good records, every broken one reported with its line.

The column engine reads plain lines as they are, and of all others the records that a survey has
proven; so it sees nothing whose structure is in doubt, and its count must then be our own.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from sync_core.validation.layout import Flags, Positions
from sync_core.validation.outline import Outline, closer_outline
from sync_core.validation.parsing import (
    Shape,
    checked,
    frame_of_fields,
    interleaved,
    parsed,
)
from sync_core.validation.reading import Run
from sync_core.validation.survey import Survey
from sync_core.validation.tally import Tally

_FEW = 200


@dataclass(frozen=True)
class Batch:
    """Good records. `lines` has the line of each; None says that they follow `line` one by one.

    `loose` are the rows that may have white space, quotation marks or letters beyond ASCII in them;
    None says that any may. `records` counts the good and the broken ones, before any was left out.
    """

    frame: pl.DataFrame
    records: int
    line: int
    lines: Positions | None = None
    loose: Positions | None = None

    def lines_of(self, rows: Positions) -> Positions:
        return rows + self.line if self.lines is None else self.lines[rows]


def batch_of(run: Run, shape: Shape, tally: Tally) -> Batch:
    """The good records of a run; the others are counted in `tally`."""
    if run.fault:
        tally.add(run.fault, run.line)
        return Batch(frame_of_fields([], shape), 1, run.line)
    outline = run.outline
    frame = _frame_of(run, outline, shape)
    # A record without its last field gives a null there; but so does an empty field.
    if not outline.proven and (frame is None or frame[:, -1].null_count()):
        outline = closer_outline(run.data, shape.width, at_end=True)
        if frame is None or frame.height != len(outline.plain):
            frame = _frame_of(run, outline, shape)
    records = len(outline.plain)
    plain = Batch(
        checked(frame, records),
        records,
        run.line,
        lines=None if records == outline.lines else np.asarray(outline.plain) + run.line,
        loose=np.zeros(0, np.intp) if outline.tight else None,
    )
    if not outline.odd:
        return plain
    survey = Survey(outline.odd, run.line, shape)
    survey.report(tally)
    return _together(plain, survey, shape)


def _frame_of(run: Run, outline: Outline, shape: Shape) -> pl.DataFrame | None:
    return parsed(b"".join(run.data[start:end] for start, end in outline.spans), shape)


def _together(plain: Batch, survey: Survey, shape: Shape) -> Batch:
    """The batch with those of the records that are not plain, and yet good."""
    ordinary = parsed(b"".join(survey.pieces()), shape)
    ordinary = checked(ordinary, int(np.count_nonzero(~survey.odd)))
    others = _merged(ordinary, frame_of_fields(survey.by_hand, shape), survey.odd)
    records = plain.records + survey.records
    if not plain.records:
        loose = survey.loose()
        few = loose if len(loose) <= others.height // 4 else None
        return Batch(others, records, plain.line, survey.lines, few)
    lines = plain.lines_of(np.arange(plain.records))
    places = np.searchsorted(lines, survey.lines) + np.arange(others.height)
    is_other = np.zeros(len(lines) + others.height, np.bool_)
    is_other[places] = True
    merged = np.empty(len(is_other), np.intp)
    merged[is_other], merged[~is_other] = survey.lines, lines
    frame = _merged(plain.frame, others, is_other)
    few = None if plain.loose is None else places[survey.loose()]
    return Batch(frame, records, plain.line, merged, few)


def _merged(frame: pl.DataFrame, others: pl.DataFrame, is_other: Flags) -> pl.DataFrame:
    """The rows of both in their order."""
    if not others.height or not frame.height:
        return frame if frame.height else others
    if others.height <= _FEW:
        return pl.concat(interleaved(frame, others, is_other), rechunk=True)
    order = np.concatenate([np.flatnonzero(~is_other), np.flatnonzero(is_other)])
    return pl.concat([frame, others])[np.argsort(order)]
