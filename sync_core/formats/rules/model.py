"""The type of a validation rule."""

import msgspec

from sync_core.formats.model import Severity


class Rule(msgspec.Struct, frozen=True):
    """One thing that can be wrong with a file.

    `wording` is the template of a finding's description. Its placeholders are `{file}`, `{format}`,
    `{field}`, `{count}`, `{rows}` (such as "1 row" or "1,234 rows"), `{position}` (of columns, from
    1) and `{hint}`, which is one of a fixed list or names a file. It never contains a value. If
    School Data Sync has a message for the problem, the wording is that message. `severity` applies
    unless the format has another one for the column. `advice` tells an administrator what to do.
    `adjustable`: a feed may change the severity. It may not if the file cannot be read without this
    rule, or would be read as another format.
    """

    id: str
    severity: Severity
    wording: str
    advice: str
    adjustable: bool = True
