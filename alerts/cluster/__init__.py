"""Whether two texts tell the same story: copies across outlets, updates of one, and what stories share."""

from __future__ import annotations

from alerts.cluster.prints import copy_key, fingerprint

__all__ = ["copy_key", "fingerprint"]
