"""What extraction leaves behind of a page: the blocks of which no word is in the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spiders.cuts import Cut, Why, cut_of
from spiders.measure import BLOCKS, UNSEEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml import html

_PARTING = BLOCKS | {"tr", "th", "dt", "dl", "article", "main", "header", "body", "pre", "h1"}
_SIGNS = re.compile(r"[\W_]+")  # by which extraction and the page may differ
_LOOKED_FOR = 2_000  # blocks of a page that are looked for within lines; of more, each must be a line itself


def blocks_of(root: html.HtmlElement) -> list[str]:
    """Return what a page says, block by block, in its order. Linear in the size of the page."""
    return [line for block in _blocks(root) if (line := " ".join("".join(block).split()))]


def _blocks(root: html.HtmlElement) -> Iterator[list[str]]:
    from lxml import etree

    block: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, one in walk:
        is_seen = isinstance(one.tag, str) and one.tag not in UNSEEN
        if is_seen and one.tag in _PARTING:
            yield block
            block = []
        if event == "end":
            block.append(one.tail or "" if one is not root else "")
        elif is_seen:
            block.append(" " if one.tag == "br" else one.text or "")
        else:
            walk.skip_subtree()
    yield block


def left_behind(blocks: Iterable[str], text: str) -> Iterator[Cut]:
    """Yield the blocks that are not in a text; signs, spaces and capitals make no difference."""
    lines = {_bare(line) for line in text.split("\n")}
    whole, looked_for = "\n".join(lines), 0
    for block in blocks:
        bare = _bare(block)
        if not bare or bare in lines:
            continue
        looked_for += 1
        if looked_for > _LOOKED_FOR or bare not in whole:
            yield cut_of(Why.EXTRACTION, block)


def _bare(line: str) -> str:
    return _SIGNS.sub("", line).casefold()
