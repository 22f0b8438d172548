"""Facts to route and to mute with."""

from __future__ import annotations

from typing import Any

from alerts.routing.facts import Facts
from alerts.story import Severity
from tests.fakes import outlet


def facts(**changes: Any) -> Facts:
    values: dict[str, Any] = {
        "rule": "raa",
        "severity": Severity.HIGH,
        "outlet": outlet(country="jp"),
        "tags": frozenset({"treaties"}),
        "owner": "anna",
        "language": "ja",
        "title": "Japan and France open talks",
    }
    return Facts(**(values | changes))
