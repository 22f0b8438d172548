"""Tells systemd that we are ready, alive and stopping; see sd_notify(3)."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Supervisor:
    """Who started us and wants to hear from us; without one, nothing is said."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        usec = environ.get("WATCHDOG_USEC", "") if ours else ""
        self.patience = timedelta(microseconds=int(usec)) if usec.isascii() and usec.isdigit() else None

    def say(self, *lines: str) -> None:
        """Send ``READY=1``, ``WATCHDOG=1``, ``STOPPING=1`` or ``STATUS=…``; where nobody listens, nothing happens."""
        if not self._address.startswith(("/", "@")):
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address  # "@": abstract
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as wire, suppress(OSError):
            wire.setblocking(False)
            wire.sendto("\n".join(lines).encode(), address)
