"""How much stands in each element of a page, how much of that in paragraphs and in links."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml import html

HEADINGS = ("h2", "h3", "h4", "h5", "h6")
BLOCKS = frozenset(("p", "li", "div", "blockquote", "td", "dd", "section", "ul", "ol", "table", "figure", *HEADINGS))
UNSEEN = frozenset(("script", "style", "noscript", "template", "head", "svg", "iframe", "textarea", "select"))
_PARTED = BLOCKS | {"br", "tr", "th", "dt", "dl"}

_PART = 0.3  # share of the page's paragraphs that no box has: what has more is the article
_BULK = 0.6  # the same for boxes of few letters, beside briefs; and for letters outside links
_SMALL = 400


@dataclass(slots=True)
class Size:
    """How much stands in an element: letters in all, in paragraphs and in links; blocks; whether the headline does."""

    letters: int = 0
    written: int = 0
    linked: int = 0
    blocks: int = 0
    head: bool = False


@dataclass(slots=True)
class Plan:
    """A page's elements with their sizes."""

    root: html.HtmlElement
    own: str  # the path of the page: a link to itself leads nowhere else
    sizes: dict[html.HtmlElement, Size] = field(default_factory=dict)
    whole: int = 1  # letters in the page's paragraphs

    def is_part(self, element: html.HtmlElement) -> bool:
        """Tell whether an element is too small a part of the page to be its article."""
        size, all_of_it = self.sizes[element], self.sizes[self.root]
        spoken = size.letters - size.linked
        if size.head or spoken > (all_of_it.letters - all_of_it.linked) * _BULK:
            return False
        return size.written <= self.whole * (_BULK if size.written <= _SMALL else _PART)


def measured(root: html.HtmlElement, own: str) -> Plan:
    """Measure every element in one walk from the end of the page to its beginning: children before their parents."""
    plan = Plan(root, own)
    sizes = plan.sizes
    for element in reversed([one for one in root.iter() if isinstance(one.tag, str)]):
        size = sizes.setdefault(element, Size())
        tag = element.tag
        if tag in UNSEEN:
            size.letters = size.written = size.linked = 0
        else:
            size.letters += len((element.text or "").strip())
        if tag == "p":
            size.written = size.letters
        if tag == "a" and _leads_away(element, own):
            size.linked = size.letters
        parent = element.getparent()
        if parent is not None:
            above = sizes.setdefault(parent, Size())
            above.letters += size.letters + len((element.tail or "").strip())
            above.written += size.written
            above.linked += size.linked
            above.blocks += size.blocks + (tag in BLOCKS)
            above.head = above.head or size.head or tag == "h1"
    plan.whole = max(sizes[root].written, sizes[root].letters // 4, 1)
    return plan


def _leads_away(link: html.HtmlElement, own: str) -> bool:
    """Tell whether a link leads to another page."""
    href = (link.get("href") or "#").strip()
    if href.startswith("#"):
        return False
    return not own or not href.partition("#")[0].partition("?")[0].rstrip("/").endswith(own)


def text_in(element: html.HtmlElement) -> str:
    """Return what stands in an element on one line, its blocks parted by spaces."""
    parts = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, one in walk:
        is_text = isinstance(one.tag, str)
        if event == "start":
            if is_text and one.tag not in UNSEEN:
                parts.append(f" {one.text or ''}" if one.tag in _PARTED else one.text or "")
            else:
                walk.skip_subtree()
        elif one is not element:
            parts.append(f" {one.tail or ''}" if one.tag in _PARTED else one.tail or "")
    return " ".join("".join(parts).split())
