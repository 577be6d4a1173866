"""The command line `sis-sync`. The app in Azure never loads it."""
