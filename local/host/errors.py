"""What stops the host before it serves.

HostFailed
└── IndexingFailed
"""


class HostFailed(Exception):  # noqa: N818 - it names what happened
    """The host cannot start with this app or these settings; the message says what to change."""


class IndexingFailed(HostFailed):
    """The app's functions cannot be registered; the real host would refuse the app as well."""
