"""Into how many parts the hosts are divided, so that several workers can share them out."""

from __future__ import annotations

from urllib.parse import urlsplit
from zlib import crc32

SHARDS = 256  # fixed: each source keeps the number of its own


def shard_of(host: str) -> int:
    """Return which shard a host, with its port and lower case, belongs to."""
    return crc32(host.encode()) % SHARDS


def shard_at(url: str) -> int:
    """Return which shard the host of a web address belongs to."""
    return shard_of(urlsplit(url).netloc.rpartition("@")[2].lower())
