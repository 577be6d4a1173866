"""Errors that keep the host from starting.

HostFailed
└── IndexingFailed
"""


class HostFailed(Exception):  # noqa: N818 - it names what happened
    """The host cannot start with this app or these settings. The message says what to change."""


class IndexingFailed(HostFailed):
    """The app's functions cannot be registered. The real host rejects such an app too."""
