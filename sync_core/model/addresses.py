"""Checks of addresses that the app connects to."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str | None) -> bool:
    """Whether a host name always means this machine."""
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_secure(address: str) -> bool:
    """Whether an address uses https. http is allowed for this machine only."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    local_http = parts.scheme == "http" and is_loopback(host)
    return bool(host) and (parts.scheme == "https" or local_http)


def is_root(address: str) -> bool:
    """Whether an address is secure and has no user, path, query or fragment.

    The scope of access tokens is made from such an address.
    """
    if not is_secure(address):
        return False
    parts = urlsplit(address)
    return not ("@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment)
