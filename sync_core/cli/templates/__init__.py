"""`sis-sync template` and `sis-sync formats`."""
