"""Keyed one-way digests of IDs: what a baseline keeps instead of the IDs themselves.

A digest is BLAKE2b (RFC 7693) with the feed's key and an output of 8 bytes over the ID in UTF-8,
read as an unsigned little-endian integer. Without the key nobody can compute the digest of a known
ID, and once the key is deleted no digest can be traced to an ID again.

Two of n IDs have the same digest with a probability of n² / 2⁶⁵: about 1 in 37 million for a
million IDs. A collision hides one removed ID at most.
"""

import hashlib
import secrets
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

KEY_BYTES = 32
DIGEST_BYTES = 8

Digests = npt.NDArray[np.uint64]


def new_key() -> bytes:
    """A random key for a feed."""
    return secrets.token_bytes(KEY_BYTES)


def key_id(key: bytes) -> str:
    """What a key is known by: 16 hexadecimal digits, from which the key cannot be computed."""
    return hashlib.blake2b(key=key, digest_size=DIGEST_BYTES).hexdigest()


def digest(text: str, key: bytes) -> int:
    """The digest of one ID."""
    hashed = hashlib.blake2b(text.encode(), key=key, digest_size=DIGEST_BYTES)
    return int.from_bytes(hashed.digest(), "little")


def digests(ids: Iterable[bytes], key: bytes) -> Digests:
    """The digests of IDs in UTF-8, in their order."""
    keyed = hashlib.blake2b(key=key, digest_size=DIGEST_BYTES)
    hashed = bytearray()
    for each in ids:
        # A copy saves hashing the key again.
        state = keyed.copy()
        state.update(each)
        hashed += state.digest()
    return np.frombuffer(bytes(hashed), "<u8").astype(np.uint64, copy=False)
