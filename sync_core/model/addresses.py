"""Which addresses may be trusted with what."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str | None) -> bool:
    """Whether a host name can only mean this machine."""
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_secure(address: str) -> bool:
    """Whether it is an https address of a host; plain http is for this machine."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    plain = parts.scheme == "http" and is_loopback(host)
    return bool(host) and (parts.scheme == "https" or plain)


def is_root(address: str) -> bool:
    """Whether it is secure and nothing hangs on it: the scope of tokens is made from a root."""
    if not is_secure(address):
        return False
    parts = urlsplit(address)
    return not ("@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment)
