from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alerts.errors import Later, RouteRefused
from alerts.face import face_for
from alerts.notify.jsonl import JsonlNotifier
from alerts.outbox import Receipt
from tests.fakes import NOON, FakeClock, story
from tests.fakes_outbox import alert, delivery

FULL = Path("/dev/full")


def audit(path: Path) -> JsonlNotifier:
    return JsonlNotifier(path, clock=FakeClock())


async def send(to: JsonlNotifier, key: str, **changes: Any) -> Receipt:
    one = delivery(key, alert(story("Talks\u2028open\n{"), "audit"), **changes)
    return await to.send(one, face_for(one))


async def test_each_message_and_each_edit_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "new" / "audit.jsonl"
    to = audit(path)
    assert await send(to, "K1") == Receipt(channel="audit", message="K1")
    one = delivery("K1", alert(channel="audit"), revision=1)
    await to.edit(one, face_for(one))
    first, second = map(json.loads, path.read_bytes().splitlines())
    assert (first["at"], first["kind"], first["key"]) == (NOON.isoformat(), "alert", "K1")
    assert (second["kind"], second["key"], second["revision"]) == ("edit", "K1", 1)


async def test_what_stands_in_the_file_is_found_and_what_does_not_is_not(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    to = audit(path)
    assert await to.find("audit", ["K1"], NOON) == {}
    await send(to, "K1")
    one = delivery("K2", alert(channel="audit"))
    await to.edit(one, face_for(one))
    path.write_bytes(path.read_bytes() + b'[1]\nnot json\n{"key": "K3", "kind": "al')
    assert await to.find("audit", ["K1", "K2", "K3"], NOON) == {"K1": Receipt(channel="audit", message="K1")}


async def test_a_line_that_a_crash_cut_off_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'{"key": "K0", "kind": "al')
    await send(audit(path), "K1")
    torn, whole = path.read_bytes().splitlines()
    assert torn == b'{"key": "K0", "kind": "al'
    assert json.loads(whole)["key"] == "K1"


async def test_a_file_that_cannot_be_written_is_somebodys_to_mend(tmp_path: Path) -> None:
    with pytest.raises(RouteRefused, match="EISDIR"):
        await send(audit(tmp_path), "K1")
    (tmp_path / "file").write_text("")
    with pytest.raises(RouteRefused, match=r"ENOTDIR|EEXIST"):
        await send(audit(tmp_path / "file" / "audit.jsonl"), "K1")


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has it")
async def test_a_full_disk_is_waited_for() -> None:
    with pytest.raises(Later, match="ENOSPC"):
        await send(audit(FULL), "K1")
