"""Handles events and the sweep timer: starts a feed's orchestration, or leaves it running."""
