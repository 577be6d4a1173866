"""`sis-sync explain`, and the document of all rules."""
