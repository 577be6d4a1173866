"""Builds, stores and announces results."""
