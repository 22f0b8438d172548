from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from crawler.config.loader import read
from crawler.config.stores import store_in
from crawler.config.values import Unusable
from tests.crawler.config.makers import loaded

if TYPE_CHECKING:
    from pathlib import Path

SERVER = "postgresql://tocsin@db.example/news"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("postgresql://ada@db/news", "postgresql+psycopg://ada@db/news"),
        ("postgres://ada@db:5433/news", "postgresql+psycopg://ada@db:5433/news"),
        ("postgresql+psycopg://ada:hu%40sh%2F@db/news", "postgresql+psycopg://ada:hu%40sh%2F@db/news"),
        ("postgresql:///news", "postgresql+psycopg:///news"),
        ("postgresql://ada@/news?host=/run/postgresql", "postgresql+psycopg://ada@/news?host=%2Frun%2Fpostgresql"),
        (
            "postgresql://ada@[::1]:5432/news?sslmode=require",
            "postgresql+psycopg://ada@[::1]:5432/news?sslmode=require",
        ),
    ],
)
def test_an_address_is_spelled_in_one_way(tmp_path: Path, written: str, read_as: str) -> None:
    assert store_in(tmp_path)(written) == read_as


@given(user=st.text(min_size=1), password=st.text(min_size=1), database=st.text(min_size=1))
def test_whatever_is_escaped_is_what_the_driver_gets(
    tmp_path_factory: pytest.TempPathFactory, user: str, password: str, database: str
) -> None:
    from urllib.parse import quote

    try:
        parts = [quote(one, safe="") for one in (user, password, database)]
        url = make_url(store_in(tmp_path_factory.getbasetemp())("postgresql://{}:{}@db/{}".format(*parts)))
    except (Unusable, UnicodeEncodeError):
        assert "/" in database or not all(one.isprintable() for one in user + password + database)
        return
    assert (url.username, url.password, url.database) == (user, password, database)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:hush@db",
        "postgresql://ada:hush@db/",
        "postgresql://ada:hush@db/a/b",
        "postgresql:ada:hush@db/news",
        "postgresql://ada:hu#sh@db/news",
        "postgresql://ada:hu@sh@db/news",
        "postgresql://ada:hu%sh@db/news",
        "postgresql://ada:hush@db:port/news",
        "postgresql://ada:hush@db/news?options=-c%20fsync=off",
        "mysql://ada:hush@db/news",
    ],
)
def test_what_is_no_address_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"store: {url!r}\nsources: [https://example.org/feed]\n")
    attempt = read(path, {})
    (problem, *_) = [one for one in attempt.problems if one.level == "error"]
    assert problem.place.line == 1
    assert problem.hint
    assert "hush" not in str(attempt.problems)
    assert attempt.store is None


@pytest.mark.parametrize(
    ("lines", "engine"),
    [
        ("", "embedded"),
        ("engine: auto", "embedded"),
        ("engine: embedded", "embedded"),
        (f"store: {SERVER}", "procrastinate"),
        (f"store: {SERVER}\nengine: auto", "procrastinate"),
        (f"store: {SERVER}\nengine: embedded", "embedded"),
        (f"store: {SERVER}\nengine: procrastinate", "procrastinate"),
    ],
)
def test_auto_chooses_by_the_store(tmp_path: Path, lines: str, engine: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"{lines}\nsources: [https://example.org/feed]\n")
    config = read(path, {}).config
    assert config
    assert config.engine == engine


def test_a_password_may_come_from_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("store: postgresql://ada:${PASSWORD}@db/news\nsources: [https://example.org/feed]\n")
    config = read(path, {"PASSWORD": "hu%40sh"}).config
    assert config
    assert make_url(config.store).password == "hu@sh"
    problem = next(one for one in read(path, {}).problems if one.level == "error")
    assert "PASSWORD" in problem.message


def test_without_psycopg_a_server_is_refused_with_the_way_out_and_a_file_is_not(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['psycopg'] = None\n"
        "import asyncio; from pathlib import Path; from crawler.config.loader import read\n"
        "from crawler.store import Store; from tests.fakes import FakeClock\n"
        "path = Path(sys.argv[1])\n"
        "path.write_text('store: postgresql://ada:hush@db/news\\nsources: [https://example.org/feed]\\n')\n"
        "problem = next(one for one in read(path, {}).problems if one.level == 'error')\n"
        "assert problem.hint and \"pip install '.[scale]'\" in problem.hint, problem\n"
        "path.write_text('store: sqlite:///news.db\\nsources: [https://example.org/feed]\\n')\n"
        "asyncio.run(Store.open(read(path, {}).config.store, clock=FakeClock()).close())\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "config.yaml")], check=True)


def test_a_file_is_below_the_configuration(tmp_path: Path) -> None:
    assert loaded(tmp_path, {"store": "sqlite:///var/news.db"}).store == f"sqlite:///{tmp_path}/var/news.db"
