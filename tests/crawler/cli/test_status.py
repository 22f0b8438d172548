from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from click.testing import CliRunner

from crawler.cli import tocsin
from crawler.store import Store
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CONFIG = (
    "store: sqlite:///tocsin.db\nsources: [https://example.org/feed.xml]\nrules: [{id: a, when: japan, to: '#n'}]\n"
)


def status(folder: Path, text: str, *options: str) -> Result:
    path = folder / "config.yaml"
    path.write_text(text)
    asyncio.run(Store.open(f"sqlite:///{folder}/tocsin.db", clock=FakeClock()).close())
    return CliRunner().invoke(tocsin, ["status", "--config", str(path), *options])


def test_a_sound_configuration_is_no_news(tmp_path: Path) -> None:
    assert "refused" not in status(tmp_path, CONFIG).stdout
    assert json.loads(status(tmp_path, CONFIG, "--json").stdout)["configuration_errors"] == 0


def test_the_status_is_shown_beside_a_configuration_that_would_be_refused(tmp_path: Path) -> None:
    broken = CONFIG.replace("when:", "wehn:")
    done = status(tmp_path, broken)
    assert done.exit_code == 0
    assert "refused" in done.stdout
    assert "1 error" in done.stdout
    assert "stories" in done.stdout
    assert json.loads(status(tmp_path, broken, "--json").stdout)["configuration_errors"] == 1


def test_rules_that_fail_their_tests_would_be_refused_as_well(tmp_path: Path) -> None:
    failing = CONFIG.replace("to: '#n'", "to: '#n', tests: {match: [France]}")
    assert json.loads(status(tmp_path, failing, "--json").stdout)["configuration_errors"] == 1


def test_a_file_that_names_no_store_is_an_error(tmp_path: Path) -> None:
    done = status(tmp_path, "rules: [")
    assert done.exit_code == 1
