from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.rules.ruleset import RuleSet
from crawler.config import Config, load
from crawler.config.files import Files
from crawler.config.keys import KEYS
from tests.crawler.config.makers import loaded, with_key, without_key, write

PAGE = (Path(__file__).parent.parent / "docs" / "config.md").read_text("utf-8")
ROWS = {
    path: (about, default, example)
    for path, about, default, example in re.findall(r"^\| `(\S+)` \| (.*) \| (.*) \| `(.*)` \|$", PAGE, re.MULTILINE)
}
DEFAULTS = {path: found[1] for path, row in ROWS.items() if (found := re.fullmatch("`(.*)`", row[1]))}
FILES = {
    "secrets/slack-token": "xoxb-1\n",
    "secrets/app-token": "xapp-1\n",
    "secrets/proxy": "http://anna:hush@proxy.example:3128\n",
    "secrets/login": "anna:hush\n",
    "secrets/token": "hush\n",
    "secrets/console": "4f1c8a52be0d97e3\n",
    "secrets/webhook": "https://hooks.example/tocsin/hush\n",
    "secrets/mail": "mailto://desk:hush@mail.example\n",
    "wordings/brief.txt": "{{ title }}: {{ url }}",
    "feeds.opml": '<opml version="2.0"><body><outline xmlUrl="https://two.example/"/></body></opml>',
}
NO_RULES = RuleSet.empty()
HEADINGS = set(re.findall(r"^## `(\S+)`$", PAGE, re.MULTILINE))


def value_of(text: str) -> Any:
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts, lists and mappings of texts only


def comparable(config: Config) -> tuple[Config, str]:
    return replace(config, rules=NO_RULES, warnings=(), files=Files()), config.rules.revision


def test_the_page_lists_every_key_and_no_other() -> None:
    assert ROWS.keys() | HEADINGS == {key.path for key in KEYS}


@pytest.mark.parametrize("key", [key for key in KEYS if key.path in ROWS], ids=lambda key: key.path)
def test_the_page_says_of_a_key_what_the_program_says(key: Any) -> None:
    assert ROWS[key.path][0] == key.about


@pytest.mark.parametrize("path", DEFAULTS)
def test_writing_a_default_out_changes_nothing(tmp_path: Path, path: str) -> None:
    written = loaded(tmp_path, with_key(path, value_of(DEFAULTS[path])))
    assert comparable(written) == comparable(loaded(tmp_path, without_key(path)))


@pytest.mark.parametrize("path", ROWS)
def test_an_example_is_accepted(tmp_path: Path, path: str) -> None:
    write(tmp_path, "rules: []", "rules/more.yaml")
    for name, content in FILES.items():
        write(tmp_path, content, name)
    assert loaded(tmp_path, with_key(path, value_of(ROWS[path][2]))).warnings == ()


def test_an_example_shows_something_else_than_the_default() -> None:
    assert not [path for path, default in DEFAULTS.items() if ROWS[path][2] == default]


def test_the_example_at_the_top_is_a_configuration(tmp_path: Path) -> None:
    block, *_ = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    config = load(write(tmp_path, block), {})
    assert config.warnings == ()
    assert (len(config.sources), len(config.rules.rules)) == (2, 1)
