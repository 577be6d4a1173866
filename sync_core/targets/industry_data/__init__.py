"""The Industry Data API: inbound flows, upload sessions, operations and runs."""
