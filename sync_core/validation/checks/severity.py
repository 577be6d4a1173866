"""How much an invalid value weighs."""

from sync_core.formats import Column, Severity

_ALWAYS_WARNINGS = frozenset({"value-too-long", "id-date"})


def severity_of(column: Column, rule: str) -> Severity:
    """The severity of an invalid value.

    If the value is required, School Data Sync drops the whole record; otherwise only the value. A
    value that is only too long for the directory is a warning. So is a name with lost letters, and
    an ID that only looks like a date. An invisible character in a key is always an error, because
    nobody can see why the key is not found.
    """
    if rule in _ALWAYS_WARNINGS or (rule == "lost-letters" and column.kind == "name"):
        return "Warning"
    is_error = column.required_value or rule == "invisible-character"
    return "Error" if is_error else "Warning"
