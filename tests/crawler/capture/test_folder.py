from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.capture.shelf import folder_of
from tests.crawler.config.makers import loaded

if TYPE_CHECKING:
    from pathlib import Path


def test_a_capture_is_beside_the_store_or_beside_the_copies_of_a_servers_database(tmp_path: Path) -> None:
    file = loaded(tmp_path, {"store": "sqlite:///data/news.db"})
    assert folder_of(file) == tmp_path / "data" / "capture"
    server = loaded(tmp_path, {"store": "postgresql://ada:hush@db/world%20news?sslmode=require"})
    assert folder_of(server) == tmp_path / "var" / "capture-world news"
    elsewhere = loaded(tmp_path, {"store": "postgresql://ada@db/news", "backup": {"path": "/srv/copies"}})
    assert str(folder_of(elsewhere)) == "/srv/capture-news"
