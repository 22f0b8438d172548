from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crawler.config.makers import loaded

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.config.marks import Marks

TEXT = """\
sources: [https://example.org/feed.xml]
entities: {japan: {aliases: {en: [Japan, {text: JPN, case: exact, needs: Tokyo}]}, except: [Japan Airlines]}}
lists: {signing: [signed]}
queries: {deal: $signing AND treaty}
rules:
  - {id: japan, when: $japan, to: "#news", only: {tier: 2}, tests: {match: [Japan]}}
  - {id: deal, when: $deal, to: "#news"}
"""


def marks(folder: Path, text: str) -> Marks:
    return loaded(folder, text).marks


def test_what_only_moved_keeps_its_mark(tmp_path: Path) -> None:
    moved = "# a comment\n" + TEXT.replace("  - {id: japan", "\n  -   {id: japan").replace("lists: {", "lists: { ")
    assert marks(tmp_path, moved) == marks(tmp_path, TEXT)


@pytest.mark.parametrize(
    ("old", "new", "rules", "names"),
    [
        ("tier: 2", "tier: 1", {"japan"}, set()),
        ("match: [Japan]", "match: [Japan!]", {"japan"}, set()),
        ("when: $deal", "when: $deal AND $japan", {"deal"}, set()),
        ("needs: Tokyo", "needs: Kyoto", set(), {"japan"}),
        ("Japan Airlines", "Japan Post", set(), {"japan"}),
        ("[signed]", "[ratified]", set(), {"signing"}),
        ("AND treaty", "AND pact", set(), {"deal"}),
    ],
)
def test_what_says_something_else_gets_another_mark(
    tmp_path: Path, old: str, new: str, rules: set[str], names: set[str]
) -> None:
    before, after = marks(tmp_path, TEXT), marks(tmp_path, TEXT.replace(old, new))
    assert {one for one in before.rules if before.rules[one] != after.rules[one]} == rules
    assert {one for one in before.names if before.names[one] != after.names[one]} == names
