from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from crawler.extras import way_to

ROOT = Path(__file__).parents[2]


def test_an_extra_is_installed_from_a_checkout_into_this_very_environment() -> None:
    assert way_to("scale").startswith(f"in Tocsin's checkout: {sys.executable} -m pip install '.[scale]'")


def test_every_extra_that_a_message_names_exists() -> None:
    named = {
        extra
        for file in (ROOT / "crawler").rglob("*.py")
        for extra in re.findall(r"\bway_to\([\"'](\w+)[\"']\)", file.read_text())
    }
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert named == {"apprise", "browser", "scale"}
    assert named <= known.keys()


def test_nobody_is_sent_to_an_index_that_has_no_tocsin() -> None:
    from_index = re.compile(r"pip install [\"']?tocsin\b(?!-)|\"tocsin\[")
    read = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "crawler").rglob("*.py")]
    assert [file.name for file in read if from_index.search(file.read_text())] == []
