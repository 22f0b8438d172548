from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin
from crawler.store import Store
from tests.crawler.store.makers import Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CONFIG = "store: sqlite:///tocsin.db\nbackup: {path: copies, keep: 2}\nsources: []\nrules: []\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG)

    async def fill() -> None:
        store = Store.open(f"sqlite:///{tmp_path}/tocsin.db", clock=FakeClock())
        newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}), FakeClock())
        await newsroom.add(source())
        await newsroom.visit("bbc", entry("a", "talks"))
        await store.close()

    asyncio.run(fill())
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(tocsin, [*words, "--config", str(folder / "config.yaml")])


def test_a_copy_is_made_beside_a_daemon_and_put_back_without_one(folder: Path) -> None:
    daemon = Store.open(f"sqlite:///{folder}/tocsin.db", clock=FakeClock())
    made = run(folder, "backup")
    assert made.exit_code == 0, made.output
    assert "made and verified" in made.output
    (copy,) = (folder / "copies").iterdir()
    refused = run(folder, "restore", str(copy))
    assert refused.exit_code == 1
    assert "in use by another Tocsin" in str(refused.exception)
    assert run(folder, "migrate").exit_code == 1
    asyncio.run(daemon.close())

    facts = json.loads(run(folder, "backup", "--verify", str(copy), "--json").output)
    assert facts["counts"]["story"] == 1
    restored = run(folder, "restore", str(copy))
    assert restored.exit_code == 0, restored.output
    assert "is kept: " in restored.output
    assert "nothing: it knew no more" in restored.output
    assert "nothing to do" in run(folder, "migrate").output


def test_a_copy_is_never_written_over_another(folder: Path) -> None:
    (folder / "mine.db").touch()
    assert run(folder, "backup", "--to", str(folder / "mine.db")).exit_code == 2
    assert run(folder, "backup", "--to", str(folder / "other.db")).exit_code == 0


def test_what_is_no_copy_is_refused(folder: Path) -> None:
    assert run(folder, "backup", "--verify", str(folder / "config.yaml")).exit_code == 1
    assert run(folder, "restore", str(folder / "none.db")).exit_code == 1


def test_before_there_is_a_store_there_is_nothing_to_copy(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    refused = run(tmp_path, "backup")
    assert refused.exit_code == 1
    assert "there is no store at" in str(refused.exception)
    assert not (tmp_path / "copies").exists()


def test_a_store_is_not_migrated_before_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    assert "there is no store" in str(run(tmp_path, "migrate").exception)


def test_the_doctor_looks_without_asking_anybody(folder: Path) -> None:
    done = run(folder, "doctor", "--offline", "--json")
    found = {one["subject"]: one["level"] for one in json.loads(done.output)}
    assert {"sqlite", "store", "disk", "packages", "backup", "files", "config"} <= found.keys()
    assert "dns" not in found
    shown = run(folder, "doctor", "--offline")
    assert "✓ sqlite" in shown.output
    assert "→ " in shown.output


def test_a_broken_configuration_is_at_fault(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.replace("rules", "ruels"))
    done = run(tmp_path, "doctor", "--offline")
    assert done.exit_code == 1
    assert "✗ rules and sources" in done.output


def test_the_status_cannot_be_watched_by_a_program(folder: Path) -> None:
    assert run(folder, "status", "--watch", "--json").exit_code == 2
    assert "does not run" in run(folder, "status").output
