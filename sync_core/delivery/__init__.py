"""Crash-safe records of the steps that reach the service: upload, verification, start."""
