"""The whole cloud on one machine, for demonstrations and tests. Never deployed."""
