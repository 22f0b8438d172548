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
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from tests.postgres import Server


@pytest.fixture
def folder(tmp_path: Path, sqlite_url: str) -> Path:
    (tmp_path / "config.yaml").write_text(f"store: {sqlite_url}\nsources: []\nrules: []\n")

    async def fill() -> None:
        store = Store.open(sqlite_url, clock=FakeClock())
        newsroom = Newsroom(store, WordJudge({"talks": ("#news",)}), FakeClock())
        await newsroom.add(source())
        await newsroom.visit("bbc", entry("a", "talks"))
        await store.close()

    asyncio.run(fill())
    return tmp_path


@pytest.fixture
def new_database(postgres: Server) -> Iterator[str]:
    name = postgres.make()
    yield postgres.url(name)
    postgres.drop(name)


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(tocsin, [*words, "--config", str(folder / "config.yaml")])


def test_a_store_is_moved_in_two_steps_and_what_to_write_is_said(folder: Path, new_database: str) -> None:
    daemon = Store.open(f"sqlite:///{folder}/tocsin.db", clock=FakeClock())
    first = run(folder, "migrate", "--to", new_database)
    assert first.exit_code == 0, first.output
    assert "not complete: a Tocsin works on the store (process " in first.output
    assert "stop it, and run the same command again" in first.output
    assert "store: " not in first.output
    asyncio.run(daemon.close())

    (folder / "capture").mkdir()
    second = run(folder, "migrate", "--to", new_database)
    assert second.exit_code == 0, second.output
    assert "complete, and verified: " in second.output
    assert f"now write in {folder}/config.yaml:  store: {new_database}" in second.output
    assert f"move those in {folder}/capture to {folder}/var/capture-" in second.output
    (folder / "config.yaml").write_text(f"store: {new_database}\nsources: []\nrules: []\n")
    found = run(folder, "search", "talks", "--json")
    assert [one["title"] for one in json.loads(found.output)] == ["talks"]
    (folder / "config.yaml").write_text(f"store: {new_database}\nengine: embedded\nsources: []\nrules: []\n")
    back = run(folder, "migrate", "--to", "sqlite:///back.db", "--json")
    facts = json.loads(back.output)
    assert (facts["complete"], facts["company"], facts["store"]) == (True, None, f"sqlite:///{folder}/back.db")
    assert {one["name"]: one["there"] for one in facts["tables"]}["story"] == 1


def test_a_password_is_not_printed(folder: Path, new_database: str) -> None:
    secret = new_database.replace("tocsin@", "tocsin:hush@")
    done = run(folder, "migrate", "--to", secret)
    assert done.exit_code == 0, done.output
    assert "hush" not in done.output
    assert "store: postgresql+psycopg://tocsin:***@" in done.output
    assert "with the password in the place of ***" in done.output
    assert "hush" not in run(folder, "migrate", "--to", secret, "--json").output


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("mysql://host/x", "'mysql://host/x' is not a store"),
        ("sqlite:///", "names no file"),
        ("postgresql://me:secret@host", "names no database"),
    ],
)
def test_an_address_that_is_none_is_wrong_usage(folder: Path, to: str, said: str) -> None:
    done = run(folder, "migrate", "--to", to)
    assert done.exit_code == 2
    assert said in done.output
    assert "secret" not in done.output
