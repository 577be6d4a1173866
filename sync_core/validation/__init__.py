"""Validation of a file set against its format, row by row, before anything is uploaded.

`engine` checks a set. `recognition` tells what a file is, `records` turns bytes into records,
`checks` looks at columns, keys and references, `findings` counts what is wrong, and `rules` holds
every rule's wording and advice. Import the modules, and `engine` only where it is used: it loads
numpy and polars.
"""
