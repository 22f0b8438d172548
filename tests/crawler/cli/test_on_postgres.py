"""Every command that looks into the store or changes it does so where a PostgreSQL server has it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin
from crawler.ids import encode
from crawler.store import Store, dumps
from tests.crawler.store.makers import Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from tests.postgres import Server

CONFIG = """
store: {store}
engine: embedded
backup: {{path: copies, keep: 2}}
digests: [{{name: day, at: "09:00", to: ["#news"]}}]
sources: [{{id: bbc, name: BBC, url: "https://bbc.example/feed"}}]
rules: [{{id: talks, when: talks, to: ["#news"]}}]
"""
SECRET = "hush-hush"  # which nobody checks: the server trusts everybody on loopback


@pytest.fixture
def folder(postgres_url: str, tmp_path: Path) -> Path:
    secret = postgres_url.replace("tocsin@", f"tocsin:{SECRET}@")
    (tmp_path / "config.yaml").write_text(CONFIG.format(store=secret))
    return tmp_path


@pytest.fixture
def story(folder: Path, postgres_url: str) -> str:
    """Return the id of a story that was told."""
    del folder

    async def fill() -> int:
        store = Store.open(postgres_url, clock=FakeClock())
        newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}), FakeClock())
        await newsroom.add(source())
        await newsroom.visit("bbc", entry("a", "Peace talks", "They met in Paris"), entry("b", "A cat"))
        (row,) = await store.deliveries()
        await store.close()
        return row.delivery.alert.story.id

    return encode(asyncio.run(fill()))


def run(folder: Path, *words: str) -> Result:
    done = CliRunner().invoke(tocsin, [*words, "--config", str(folder / "config.yaml")])
    assert SECRET not in done.output + str(done.exception)
    return done


@pytest.mark.parametrize(
    "words",
    [
        ["check"],
        ["status"],
        ["status", "--json"],
        ["sources", "list"],
        ["sources", "show", "bbc"],
        ["stories"],
        ["stories", "show", "STORY"],
        ["search", "talks"],
        ["why", "STORY"],
        ["explain", "STORY"],
        ["explain", "talks", "STORY"],
        ["try", "talks", "STORY"],
        ["rules", "list"],
        ["rules", "advise", "talks"],
        ["rules", "trials"],
        ["suggest", "talks"],
        ["replay", "--since", "9999d", "--workers", "1"],
        ["silence", "list"],
        ["silence", "add", "--rule", "talks", "--for", "1h"],
        ["feedback", "add", "STORY", "--rule", "talks", "--relevant"],
        ["feedback", "list"],
        ["outbox", "list"],
        ["digest"],
        ["digest", "--now"],
        ["cards", "preview", "talks"],
        ["export", "case", "STORY", "--to", "CASE"],
        ["migrate"],
        ["doctor", "--offline"],
    ],
    ids=" ".join,
)
def test_a_command_works(folder: Path, story: str, words: list[str]) -> None:
    given = {"STORY": story, "CASE": str(folder / "case.zip")}
    done = run(folder, *(given.get(word, word) for word in words))
    assert done.exit_code == 0, (done.output, done.exception)


def test_where_there_is_no_store_yet_it_is_said(postgres: Server, tmp_path: Path) -> None:
    name = postgres.make()
    (tmp_path / "config.yaml").write_text(CONFIG.format(store=postgres.url(name)))
    assert run(tmp_path, "check").exit_code == 0
    for command in (["status"], ["search", "talks"], ["replay"], ["migrate"], ["silence", "list"]):
        done = run(tmp_path, *command)
        assert done.exit_code == 1
        assert "there is no store" in str(done.exception)
    assert "there is none in" in run(tmp_path, "doctor", "--offline").output
    postgres.drop(name)


def test_a_server_that_is_not_there_costs_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.format(store=f"postgresql://ada:{SECRET}@127.0.0.1:1/news"))
    for command in (["status"], ["replay"], ["silence", "list"], ["once"]):
        done = run(tmp_path, *command)
        assert done.exit_code == 1
        assert "the server cannot be reached" in str(done.exception)
    assert run(tmp_path, "check").exit_code == 0
    found = run(tmp_path, "doctor", "--offline")
    assert found.exit_code == 1
    assert "the server cannot be reached" in found.output


@pytest.fixture
def other(postgres: Server) -> Iterator[str]:
    name = postgres.make()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.mark.skipif(bool(dumps.missing()), reason="pg_dump is not installed")
def test_a_copy_is_made_beside_a_daemon_and_put_into_an_empty_database(
    folder: Path, story: str, postgres_url: str, other: str
) -> None:
    daemon = Store.open(postgres_url, clock=FakeClock())
    assert "made and verified" in run(folder, "backup").output
    (copy,) = (folder / "copies").iterdir()
    assert "in use by another Tocsin" in str(run(folder, "restore", str(copy)).exception)
    asyncio.run(daemon.close())
    assert "is not empty" in str(run(folder, "restore", str(copy)).exception)
    assert json.loads(run(folder, "backup", "--verify", str(copy), "--json").output)["counts"]["story"] == 2
    (folder / "config.yaml").write_text(CONFIG.format(store=other))
    restored = run(folder, "restore", str(copy))
    assert restored.exit_code == 0, restored.output
    assert story in run(folder, "search", "talks").output
