"""What stands on an article's page beside the article, told by its marks and its shape."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from spiders.cuts import Cut, Why, cut_of
from spiders.headed import by_words
from spiders.measure import HEADINGS, measured, text_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml import html

    from spiders.measure import Plan

# What publishers' templates call the boxes beside an article: words of classes, ids and data attributes.
_NAMES = (
    r"related|read-(?:more|next|also|on)|see-also|also-(?:read|like)|you-(?:may|might)",
    r"most-(?:read|popular|viewed|shared|commented|recent)|trending|popular|top-stories|latest-(?:news|stories)",
    r"recommend\w*|suggested|more-(?:from|on|in|stories|news|articles|like)|up-next|next-(?:article|story|up)",
    r"newsletters?|sign-up|signup|subscribe|subscription-(?:box|form|cta)|email-(?:capture|signup|form)",
    r"share|shares|sharing|social|socials|sociable|follow-us|comments?|disqus|respond",
    r"cookies?|cookiebanner|consent|gdpr|onetrust|didomi|usercentrics",
    r"promos?|promo-?box|promoted|sponsored|partner-content|adverts?|advertis\w+|ad-(?:slot|unit|box|wrapper)",
    r"outbrain|taboola|zergnet|dianomi|mgid|revcontent|teasers?",
    r"bread-?crumbs?|tags|tag-(?:list|cloud|links)|taglist",
    r"(?:author|writer)-(?:bio|box|info|card|profile|about|description)|about-(?:the-)?authors?|bio|biography",
    r"paywall-(?:box|prompt|message|overlay|offer)|regwall|login-(?:box|prompt|form)",
    r"side-?bar|right-rail|site-(?:header|footer|nav)|skip-links?|back-to-top|toolbar",
    r"app-(?:banner|promo|download)|push-(?:prompt|notification)|report-error",
)
_BOX = re.compile("-(?:" + "|".join(_NAMES) + ")-")
_COMMENTS = re.compile(r"comment|disqus|respond", re.IGNORECASE)
_CAPTION = re.compile(r"-(?:caption|figcaption|(?:photo|image|picture)-credit)-")
_ROLES = frozenset(
    (
        "alertdialog",
        "banner",
        "complementary",
        "contentinfo",
        "dialog",
        "menu",
        "menubar",
        "navigation",
        "search",
        "toolbar",
    )
)
_ATTRIBUTES = ("class", "id", "data-testid", "data-component", "data-module", "data-type", "data-qa")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_JOINTS = re.compile(r"[^a-z0-9\s]+")

_BOXES = frozenset(
    (
        "a",
        "article",
        "aside",
        "button",
        "details",
        "dialog",
        "div",
        "dl",
        "fieldset",
        "figure",
        "footer",
        "form",
        "header",
        "nav",
        "ol",
        "section",
        "span",
        "table",
        "ul",
    )
)  # not p: a standfirst is a "teaser" in many houses; no heading: their ids are made of their words
_BESIDE = frozenset(("aside", "dialog", "figcaption", "footer", "menu", "nav"))  # always beside the article
_NAMELESS = frozenset(("p", *HEADINGS))
_LINES = ("p", "li", "div", "td", *HEADINGS)
_PAGE = frozenset(("html", "body", "main"))
_ROOTS = frozenset({"html", "body", "main", "article"})

_PROSE = 0.7  # share of the letters outside links that stand in paragraphs, where paragraphs tell the article
_BODY = 0.8  # share of the paragraphs that the article's element holds
_LEAST = 0.2  # share of the paragraphs that boxes leave: else their names mean something else on this page
_MOSTLY, _WHOLLY = 0.6, 0.9  # shares of letters in links
_CARD = 500  # letters of a card with a headline, at most
_FORM = 600  # letters around a field for an address
_SHORT = 12  # letters; shorter links are left to extraction
_HEADLINE = 30  # letters of a headline in a list, on average
_LEAD = re.compile(r"[:|>\u00bb\u203a\u2013\u2014\u2192\u25b6\u25ba\uff1a-]\s*$")
_COLONS = (":", "\uff1a")
_NAME = 1_000  # characters of a class; longer ones only cost time
_AFTER = 3  # letters that may follow the link of a teaser: a full stop, an arrow


def prune(root: html.HtmlElement, url: str) -> list[Cut]:
    """Take out of a page what is not its article: boxes by their names, forms, teasers, lists of links.

    What holds the headline, or a good part of the page's paragraphs, stays whatever it is called. Returns what was
    taken out. Linear in the size of the page.
    """
    own = urlsplit(url).path.rstrip("/")
    cuts = _drop((one, Why.BESIDE) for one in _beside(measured(root, own)))
    cuts += _drop(by_words(measured(root, own)))
    plan = measured(root, own)
    boxes, misnamed = _boxes(plan)
    found = dict.fromkeys(boxes, Why.BOX)
    for why, some in (
        (Why.FORM, _forms(plan)),
        (Why.CARD, _cards(plan)),
        (Why.LINKS, _lists(plan)),
        (Why.TEASER, _teasers(plan)),
    ):
        for one in some:
            found.setdefault(one, why)
    cuts += _drop(found.items())
    left = measured(root, own)
    _unname(left, misnamed)
    _mark(left)
    return cuts


def _mark(plan: Plan) -> None:
    """Mark the smallest element that holds the paragraphs of a page which marks none and is written in paragraphs."""
    root, size = plan.root, plan.sizes[plan.root]
    marked = next(root.iter("article", "main"), None) is not None or root.xpath("//*[@itemprop='articleBody']")
    if marked or size.written < (size.letters - size.linked) * _PROSE:
        return
    body: html.HtmlElement = root
    inner: html.HtmlElement | None = root
    while inner is not None:
        body = inner
        enough = max(plan.sizes[body].written * _BODY, 1)
        inner = next((one for one in body if isinstance(one.tag, str) and plan.sizes[one].written >= enough), None)
    if body.tag in {"div", "section"}:
        body.set("itemprop", "articleBody")


def _unname(plan: Plan, misnamed: Iterable[html.HtmlElement]) -> None:
    """Take the names that would mislead extraction: from lines, and from what stayed although it is called a box.

    Comments keep theirs: they may well be longer than the article.
    """
    for element in (*plan.sizes, *misnamed):
        stayed = element.tag in _BOXES and _is_box(element) and not _COMMENTS.search(element.get("class") or "")
        if element.tag in _NAMELESS or stayed or len(element.get("class") or "") > _NAME:
            _strip(element)


def _strip(element: html.HtmlElement) -> None:
    for name in _ATTRIBUTES:
        element.attrib.pop(name, None)


def _drop(elements: Iterable[tuple[html.HtmlElement, Why]]) -> list[Cut]:
    """Take elements out and record those that say anything; what stands in another goes with that."""
    marked = dict(elements)
    outer = [(one, why) for one, why in marked.items() if marked.keys().isdisjoint(one.iterancestors())]
    cuts = [cut_of(why, text) for one, why in outer if (text := text_in(one))]
    for one, _ in outer:
        if one.getparent() is not None:
            one.drop_tree()
    return cuts


def _beside(plan: Plan) -> list[html.HtmlElement]:
    """Return what its tag or its role puts beside the article, however much it holds."""
    return [one for one in plan.root.iter() if _is_beside(one) and not plan.sizes[one].head]


def _is_beside(element: html.HtmlElement) -> bool:
    role = (element.get("role") or "").lower()
    return element.tag in _BESIDE or (element.tag in _BOXES and (role in _ROLES or element.get("aria-modal") == "true"))


def _boxes(plan: Plan) -> tuple[list[html.HtmlElement], list[html.HtmlElement]]:
    """Return the boxes that their names betray, and those whose name nearly all that is written bears."""
    found: list[html.HtmlElement] = []
    rest = [plan.root]
    while rest:
        for child in rest.pop():
            if isinstance(child.tag, str):
                (found if _is_box(child) and plan.is_part(child) else rest).append(child)
    taken: Counter[str | None] = Counter()
    for one in found:
        taken[one.get("class")] += plan.sizes[one].written
    most = plan.whole * (1 - _LEAST)
    boxes = [one for one in found if taken[one.get("class")] <= most]
    return boxes, [one for one in found if taken[one.get("class")] > most]


def _is_box(element: html.HtmlElement) -> bool:
    if element.tag not in _BOXES and element.tag != "p":
        return False
    names = " ".join(filter(None, map(element.get, _ATTRIBUTES)))[:_NAME]
    pattern = _CAPTION if element.tag == "p" else _BOX
    return any(pattern.search(f"-{name}-") for name in _JOINTS.sub("-", _HUMP.sub("-", names).lower()).split())


def _forms(plan: Plan) -> Iterator[html.HtmlElement]:
    """Yield the boxes around fields for an address or a password: newsletters, logins, paywalls."""
    for entry in plan.root.iter("input"):
        if (entry.get("type") or "").lower() in {"email", "password"}:
            box = entry
            for above in entry.iterancestors():
                if above.tag in _ROOTS or plan.sizes[above].letters > _FORM or not plan.is_part(above):
                    break
                box = above
            yield box


def _cards(plan: Plan) -> Iterator[html.HtmlElement]:
    """Yield teasers as cards: a link around blocks, or a small box whose headline is a link."""
    for link in plan.root.iter("a"):
        size = plan.sizes[link]
        if size.blocks and size.linked and plan.is_part(link):
            yield link
    for heading in plan.root.iter(*HEADINGS):
        size, box = plan.sizes[heading], heading.getparent()
        if size.linked >= max(size.letters * _WHOLLY, _SHORT) and plan.sizes[box].letters <= _CARD:
            yield box if box.tag not in _PAGE and plan.is_part(box) else heading


def _lists(plan: Plan) -> Iterator[html.HtmlElement]:
    """Yield lists of links: of headlines, or of anything unless a paragraph announces the list by a colon."""
    for element in plan.root.iter("ul", "ol"):
        size, items = plan.sizes[element], sum(1 for one in element if one.tag == "li")
        if items > 1 and size.linked and plan.is_part(element):
            headlines = size.linked >= size.letters * _MOSTLY and size.letters >= _HEADLINE * items
            if headlines or (size.linked >= size.letters * _WHOLLY and not _announced(element)):
                yield element


def _announced(element: html.HtmlElement) -> bool:
    before = element.getprevious()
    return before is not None and before.tag == "p" and "".join(before.itertext()).rstrip().endswith(_COLONS)


def _teasers(plan: Plan) -> Iterator[html.HtmlElement]:
    """Yield lines that are a link, or a few words, a colon and a link: "Read also: ..." in any language."""
    for element in plan.root.iter(*_LINES):
        size = plan.sizes[element]
        if size.blocks or not size.linked or element.tag in HEADINGS:
            continue
        if size.linked >= size.letters * _WHOLLY:
            if size.letters >= _SHORT:
                yield element
        elif size.linked >= size.letters * _MOSTLY and _leads_in(element):
            yield element


def _leads_in(element: html.HtmlElement) -> bool:
    """Tell whether a colon or the like stands before an element's first link, and nothing follows the last."""
    before = []
    for one in element.iter():
        if one.tag == "a":
            break
        before.append(one.text or "")
    return len((element[-1].tail or "").strip()) <= _AFTER and bool(_LEAD.search("".join(before)))
