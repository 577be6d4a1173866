"""The product: from an export in blob storage to a sync that has started."""
