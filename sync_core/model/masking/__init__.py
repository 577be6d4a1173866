"""The service's own words without what may be a cell value."""

from sync_core.model.masking.texts import MASK, Names, kept, kept_code, kept_role, masked, names_of

__all__ = ["MASK", "Names", "kept", "kept_code", "kept_role", "masked", "names_of"]
