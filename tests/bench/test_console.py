from __future__ import annotations

from typing import TYPE_CHECKING

from bench import console

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_bench_fills_a_store_asks_for_every_page_and_uses_the_store_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.db"
    console.main(120, kept, looks=1)
    printed = capsys.readouterr().out
    assert "filled in" in printed
    for page in ("/ ", "/stories?q=", "/sources/s1", "/delivery?state=dead", "/api/v1/alerts", ".atom"):
        assert page in printed
    console.main(120, kept, looks=1)
    assert "filled in" not in capsys.readouterr().out
