"""Reads the names of schools, for the reports of feeds that show them.

A name must reach nothing but a report or a page: no other document, event, log, and no answer of an
activity, which would be kept in the durable history.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from sync_core.activities.context import ActivityContext
from sync_core.formats import FileSpec
from sync_core.formats.entities import SCHOOL
from sync_core.model.errors import SupersededError

if TYPE_CHECKING:
    # Only for types: these modules load polars.
    import polars as pl

    from sync_core.validation.records.layout import IntArray


def school_names(context: ActivityContext) -> Mapping[int, str]:
    """The name of each school by its line in the schools file of the run's export.

    Empty unless the feed has `showSchoolNames`, or if the file has been overwritten since.
    """
    sources = context.format.entities.entities
    source = next((each for each in sources if each.entity == SCHOOL), None)
    if source is None or source.name is None or not context.feed.show_school_names:
        return {}
    column, found = source.name, dict[int, str]()

    def observe(_: FileSpec, frame: "pl.DataFrame", lines: "IntArray") -> None:
        if column in frame.columns:
            named = zip(lines.tolist(), frame[column].to_list(), strict=True)
            found.update((line, name) for line, name in named if name)

    files = [file for file in context.question.file_set.files if file.name == source.file]
    # Imported here because the engine is large. It counts lines as a preview does.
    from sync_core.validation.engine import validate
    from sync_core.validation.model import CsvFile

    chunks = context.services.landing.chunks
    given = [CsvFile(name=file.name, open=partial(chunks, file)) for file in files]
    try:
        validate(context.format, given, observe=observe)
    except SupersededError:
        return {}
    return found
