"""The examples of docs/choosing-sources.md are configurations."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crawler.config import load
from tests.crawler.config.makers import write

PAGE = (Path(__file__).parent.parent / "docs" / "choosing-sources.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
OPML = '<opml version="2.0"><body><outline text="One" xmlUrl="https://{}.example/"/></body></opml>'


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[1].strip())
def test_an_example_loads_without_a_word_of_complaint(tmp_path: Path, block: str) -> None:
    for name in ("feeds.opml", "lists/more.opml"):
        write(tmp_path, OPML.format(Path(name).stem), name)
    write(tmp_path, "anna:hush", "secrets/intranet")
    path = write(tmp_path, block + 'rules:\n  - {id: japan, when: Japan, to: "#news"}\n')
    config = load(path, {"USER": "anna", "PASSWORD": "hush", "API_TOKEN": "hush"})
    assert config.warnings == ()
    assert config.sources


def test_there_are_examples_of_pages_logins_and_lists() -> None:
    assert len(BLOCKS) == 3
