from __future__ import annotations

import os
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.upkeep.systemd import Supervisor

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("abstract", [False, True])
def test_it_is_heard_at_the_socket_that_systemd_names(tmp_path: Path, abstract: bool) -> None:
    name = f"@tocsin-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(f"\0{name[1:]}" if abstract else name)
        wire.settimeout(5)
        Supervisor({"NOTIFY_SOCKET": name}).say("READY=1", "STATUS=at work")
        assert wire.recv(200) == b"READY=1\nSTATUS=at work"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": "/nowhere/notify"}, {"NOTIFY_SOCKET": "tcp:1"}])
def test_nobody_listens_and_nothing_happens(environ: dict[str, str]) -> None:
    Supervisor(environ).say("READY=1")


@pytest.mark.parametrize(
    ("environ", "patience"),
    [
        ({"WATCHDOG_USEC": "60000000"}, timedelta(minutes=1)),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, timedelta(minutes=1)),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_fed_only_when_it_is_ours(environ: dict[str, str], patience: timedelta | None) -> None:
    assert Supervisor(environ).patience == patience
