"""The product: from an export in blob storage to a sync that has started."""

__version__ = "0.1.0"
"""The one place of the version: the package, `--version`, results and pages read it here."""
