from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
sources: [{id: wire, url: "https://wire.example/feed"}]
rules: [{id: talks, when: talks, to: ["#news"]}]
"""


@pytest.mark.parametrize(
    ("roles", "said"), [("crawl,cook", "'cook' is no role; write some of crawl,deliver,maintenance"), (",", "no role")]
)
def test_a_role_that_is_none_is_named(roles: str, said: str) -> None:
    result = CliRunner().invoke(tocsin, ["worker", "--roles", roles])
    assert result.exit_code == 2
    assert said in result.output


def test_workers_need_a_store_that_can_be_shared(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    result = CliRunner().invoke(tocsin, ["worker", "-c", str(path)])
    assert result.exit_code == 2
    assert "postgresql+psycopg://" in result.output
    assert "tocsin run" in result.output
