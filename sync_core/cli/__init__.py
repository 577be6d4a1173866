"""The command line `sis-sync`: a package for each kind of command. Azure never loads it."""
