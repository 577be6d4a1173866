"""Masks possible cell values in texts of the service."""

from sync_core.model.masking.texts import MASK, Names, kept, kept_code, kept_role, masked, names_of

__all__ = ["MASK", "Names", "kept", "kept_code", "kept_role", "masked", "names_of"]
