from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.capture.rule_texts import name_texts, needed, texts_of
from crawler.config import load

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
sources: [{id: wire, url: "https://wire.example/feed"}]
entities:
  raa: {label: Access, aliases: {en: [{text: RAA, needs: $forces, within: sentence}]}}
  idle: {aliases: [Nobody]}
lists: {metals: [cobalt, nickel]}
queries:
  trade: $metals AND export
  forces: troops OR army
rules:
  - {id: deep, when: "$trade OR $raa", to: "#news"}
  - {id: raised, when: tin, raise: [{to: high, if: $metals}], to: "#news"}
  - {id: plain, when: gold, to: "#news"}
"""


def test_the_names_that_rules_use_are_kept_through_others_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    config = load(path, {})
    names = name_texts(config, {})
    deep = needed(names, ["deep"])
    assert list(deep) == ["forces", "metals", "raa", "trade"]
    assert deep["trade"] == {"kind": "query", "id": "trade", "when": "$metals AND export", "uses": ["metals"]}
    assert needed(names, ["raised"]).keys() == {"metals"}
    assert needed(names, ["plain", "unknown"]) == {}


async def test_names_of_files_that_have_changed_are_not_taken_for_those_of_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    config = load(path, {})
    path.write_text(CONFIG.replace("nickel]", "nickel, zinc]"))
    assert name_texts(config, {}) == {}
    path.unlink()
    rules, names = await texts_of(config, {})
    assert set(rules) == {"deep", "raised", "plain"}
    assert names == {}
