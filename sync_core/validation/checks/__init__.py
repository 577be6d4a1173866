"""Checks the records of a file: values, unique keys and references."""
