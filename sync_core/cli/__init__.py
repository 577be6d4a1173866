"""The command line `sis-sync`. It is not deployed with the app."""
