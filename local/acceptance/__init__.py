"""Acceptance checks for any Functions host, through the interfaces that Azure and Graph use."""
