"""Crash-safe records of the steps that change something at the service: upload, verify, start."""
