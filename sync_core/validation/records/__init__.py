"""Turns the bytes of a file into its header and its records, with bounded memory."""
