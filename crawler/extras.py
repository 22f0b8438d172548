"""How one gets what Tocsin can do without: its extras, for messages that name one."""

from __future__ import annotations

import sys


def way_to(extra: str) -> str:
    """Return how to install an extra, such as ``scale``, where Tocsin is installed: it is in no package index."""
    command = f"{sys.executable} -m pip install '.[{extra}]'"
    return f"in Tocsin's checkout: {command}; or its wheel with [{extra}], see docs/deploy.md"
