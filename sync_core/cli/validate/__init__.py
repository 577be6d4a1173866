"""`sis-sync validate`: check exports, and show what was found in any of the output formats."""
