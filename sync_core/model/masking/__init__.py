"""Masks possible cell values in texts of the service."""

from sync_core.model.masking.texts import (
    MASK,
    NOT_SHOWN,
    Names,
    kept,
    kept_code,
    kept_role,
    masked,
    names_of,
)

__all__ = [
    "MASK",
    "NOT_SHOWN",
    "Names",
    "kept",
    "kept_code",
    "kept_role",
    "masked",
    "names_of",
]
