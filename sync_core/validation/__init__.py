"""Validates a file set against its format, row by row, before anything is uploaded.

Start with `engine`, which validates a set. `recognition` detects files that are not CSV in the
format, `records` turns bytes into records, `checks` checks values, keys and references, and
`findings` counts problems. The wording and advice of every rule are in `sync_core.formats.rules`.
`engine` loads numpy and polars, so import it only where a set is validated.
"""
