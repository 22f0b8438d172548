"""An article's page made into an Article: its words by selectors, extraction or JSON-LD."""

from __future__ import annotations

import copy
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.errors import FetchError
from spiders import clean, dating, facts, furniture
from spiders.cuts import Cut, bounded, summary
from spiders.identity import identity_of
from spiders.listing import select
from spiders.liveblog import posts_of
from spiders.markup import tree_of, words_of
from spiders.remains import blocks_of, left_behind
from spiders.signs import sifted
from spiders.sniff import Form, form_of, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime, timedelta

    from lxml import html

    from alerts.story import DateNote
    from spiders.dating import Precision
    from spiders.liveblog import Post
    from spiders.reading import Document
    from spiders.source import Source

_SHORT = 60  # words; an extraction of fewer is doubted
_TEASER = 200  # words; a paid article of fewer is only its beginning
_MOST = 0.6  # share of the words that the page claims, below which a paid article is only its beginning
_STUB = 10  # words; where pruning left fewer, it took the article for furniture
_DENSE = 80  # letters that trafilatura takes for an article in a script without spaces; its default fits Latin
_ELEMENTS = 20_000  # that trafilatura is given: its time grows by the square of them. News pages have some 800
_SENTENCE = 40  # letters of a paragraph, where nothing but its length tells it from furniture
_REPEATED = 80  # letters by which the line of a headline may be longer: a kicker, the outlet
_BESIDE = frozenset({"nav", "footer", "aside", "form", "header", "button"})
_UNREADABLE = frozenset({Form.JSON, Form.FEED, Form.SITEMAP, Form.ADDRESSES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What one page tells: plain text in NFC, paragraphs parted by a blank line, aware UTC or None."""

    title: str
    text: str
    published: datetime | None = None  # of a day its first minute, where its zone is known
    published_day: date | None = None  # as the page writes it, in its own zone; may be known where the moment is not
    precision: Precision | None = None  # of what is known of these two
    offset: timedelta | None = None  # east of UTC: the zone in which the page dates it
    date_note: DateNote | None = None
    modified: datetime | None = None
    language: str | None = None  # as the page declares it
    authors: tuple[str, ...] = ()
    canonical: str | None = None  # what the page calls itself, if it may: same site and no front page; else its address
    origin_url: str | None = None  # at another site, which the page names as its original: a copy, says the page
    section: str | None = None
    site_name: str | None = None
    image: str | None = None
    paywalled: bool = False  # the page says so
    truncated: bool = False  # and the text is only its beginning: no measure of whether stories are alike
    posts: tuple[Post, ...] = ()  # of a live blog: stories of their own, so the page's text is no measure either
    method: str  # how the text was found: selectors, extraction, json-ld, or description when there is no other text
    notes: tuple[str, ...] = ()
    cuts: tuple[Cut, ...] = ()  # what of the page is not in the text, and why, as far as that is kept


def extract(document: Document, source: Source, *, fast: bool = False) -> Article:
    """Read an article's page; raises FetchError: ``empty``, ``not-a-page``, or ``no-text`` when it says nothing.

    A selector of the source that matches nothing is noted as drift, and extraction takes its place. ``fast`` is for
    a backlog: a little less exact, in a tenth less time.
    """
    document, notes = unpacked(document)
    if (form := form_of(document.body)) in _UNREADABLE:
        raise FetchError("not-a-page", f"the page is no page: {form}")
    root = tree_of(document, source.language)
    page = facts.Page.of(root, document)
    chosen = _selected(root, source)
    title = chosen["title"] or facts.title_of(page)
    posts = posts_of(page, source)
    authors = facts.authors_of(page)
    text, method, cuts = _text(page, chosen["body"], title, authors, fast=fast)
    if not text and not posts:
        raise FetchError("no-text", "the page has no text that could be an article's: is it drawn by script?")
    published = dating.published_of(page, source, first=chosen["date"])
    paywalled, known = facts.is_paywalled(page), identity_of(page)
    return Article(
        title=clean.cut(clean.title_of(title), clean.TITLE_LIMIT),
        text=clean.cut(text, clean.TEXT_LIMIT),
        published=published.at,
        published_day=published.day,
        precision=published.precision,
        offset=published.offset,
        date_note=published.note,
        modified=dating.modified_of(page, source),
        language=facts.language_of(page),
        authors=authors,
        canonical=known.url,
        origin_url=known.origin,
        section=facts.section_of(page),
        site_name=facts.site_name_of(page),
        image=facts.image_of(page),
        paywalled=paywalled,
        truncated=paywalled and _is_beginning(text, facts.word_count_of(page)),
        posts=posts,
        method=method,
        notes=(*notes, *_remarks(text, chosen, source, cuts, paywalled=paywalled)),
        cuts=cuts,
    )


def says_it_is_one(document: Document) -> bool:
    """Tell whether a page says that it is an article: by og:type, by JSON-LD about its own address, by itemprop.

    Raises FetchError as ``extract`` does.
    """
    document, _ = unpacked(document)
    page = facts.Page.of(tree_of(document), document)
    kinds = {kind.strip().lower() for kind in page.meta(("og:type",))}
    return "article" in kinds or facts.tells_of_itself(page) or bool(page.root.xpath("//*[@itemprop='articleBody']"))


def _remarks(
    text: str, chosen: dict[str, str], source: Source, cuts: Iterable[Cut], *, paywalled: bool
) -> Iterable[str]:
    """Yield what whoever wonders about a text should know."""
    yield from (f"drift: article.{part} matches nothing" for part in _lost(chosen, source))
    if paywalled:
        yield "for paying readers only, says the page"
    if len(text) > clean.TEXT_LIMIT:
        yield f"text cut to {clean.TEXT_LIMIT} of {len(text)} characters"
    if left := summary(cuts):
        yield f"left out: {left}"


def _is_beginning(text: str, claimed: int | None) -> bool:
    """Tell whether a paid article's text is not the whole of it."""
    words = clean.length_of(text)
    return words < (claimed * _MOST if claimed else _TEASER)


def _selected(root: html.HtmlElement, source: Source) -> dict[str, str]:
    """Return what the source's selectors match; "" where there is none or it matches nothing."""
    css = source.article
    found = {"title": "", "body": "", "date": ""}
    if css is None:
        return found
    if css.title:
        found["title"] = next(filter(None, map(words_of, select(root, css.title))), "")
    if css.body:
        found["body"] = "\n\n".join(filter(None, map(_paragraphs, _outermost(select(root, css.body)))))
    if css.date:
        elements = select(root, css.date)
        dates = (one.get("datetime") or one.get("content") or words_of(one) for one in elements)
        found["date"] = next(filter(None, dates), "")
    return found


def _lost(chosen: dict[str, str], source: Source) -> Iterable[str]:
    return (part for part, text in chosen.items() if not text and source.article and getattr(source.article, part))


def _outermost(elements: list[html.HtmlElement]) -> list[html.HtmlElement]:
    known = set(elements)
    return [element for element in elements if known.isdisjoint(element.iterancestors())]


def _paragraphs(element: html.HtmlElement) -> str:
    """Return the paragraphs of a block that the user chose, all of its text where it has none."""
    from lxml import html as lxml_html

    return clean.text_of(lxml_html.tostring(element, encoding="unicode", with_tail=False))


def _text(
    page: facts.Page, selected: str, title: str, authors: tuple[str, ...], *, fast: bool
) -> tuple[str, str, tuple[Cut, ...]]:
    """Return the article's text, how it was found, and what was taken out for that.

    The user's selector comes first, and nothing is taken out of what it matches; then extraction; JSON-LD where it
    says more than a short extraction, or the same with its paragraphs; at last the description.
    """
    if selected:
        return _without_title(selected, title), "selectors", ()
    found, cuts = _extracted(page, title, authors, fast=fast)
    extracted = _without_title(found, title)
    told, told_cuts = sifted(_without_title(_told(page), title), authors)
    if clean.length_of(extracted) < _SHORT:
        extracted = _without_furniture(extracted, page)
        if len(told) > len(extracted):
            return told, "json-ld", bounded(told_cuts)
    if told and told.split() == extracted.split():
        return told, "json-ld", bounded(told_cuts)
    if extracted:
        return extracted, "extraction", bounded(cuts)
    return clean.text_of(facts.description_of(page)), "description", ()


def _without_title(text: str, title: str) -> str:
    """Return a text that does not begin by repeating its title, alone or with a kicker before it."""
    head = title.casefold()
    first, _, rest = text.partition("\n\n")
    while head and rest and first.casefold().endswith(head) and len(first) <= len(head) + _REPEATED:
        text = rest
        first, _, rest = text.partition("\n\n")
    return text


def _without_furniture(text: str, page: facts.Page) -> str:
    """Return the paragraphs that are no navigation, footer or link: of a page without text these are all there is."""
    blocks = (words_of(block) for block in page.root.iter("nav", "footer", "aside", "form", "a", "h1"))
    beside = "\n".join(filter(None, blocks))
    return "\n\n".join(part for part in text.split("\n\n") if part not in beside)


def _extracted(page: facts.Page, title: str, authors: tuple[str, ...], *, fast: bool) -> tuple[str, list[Cut]]:
    """Return the article's words, and what was taken out.

    They are those of the page without its furniture, or of all of it where hardly any are left.
    """
    pruned = page.copy()
    cuts = furniture.prune(pruned, page.url)
    blocks = blocks_of(pruned)
    dense = clean.is_unspaced(title)
    found = _found(pruned, page.url, fast=fast, dense=dense)
    if clean.length_of(found) < _STUB:
        whole = _found(page.copy(), page.url, fast=fast, dense=dense)
        if clean.length_of(whole) > clean.length_of(found):
            found, cuts, blocks = whole, [], blocks_of(page.root)
    text, lines = sifted(found, authors)
    return text, [*cuts, *lines, *left_behind(blocks, f"{title}\n{found}")]


def _found(tree: html.HtmlElement, url: str, *, fast: bool, dense: bool) -> str:
    """Return what trafilatura takes for the article, else the paragraphs; it marks paragraphs by line breaks."""
    from trafilatura import bare_extraction  # slow to load; the pool's worker keeps it
    from trafilatura.settings import DEFAULT_CONFIG

    if sum(1 for _ in tree.iter()) > _ELEMENTS:
        return _plain(tree)
    config = copy.deepcopy(DEFAULT_CONFIG)
    if dense:
        config.set("DEFAULT", "MIN_EXTRACTED_SIZE", str(_DENSE))
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it reports what this function returns
    try:
        found = bare_extraction(
            tree, url=url, fast=fast, include_comments=False, include_tables=True, with_metadata=False, config=config
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, AssertionError):
        return _plain(tree)  # it stumbles over some trees
    text = (found.text if found is not None and not isinstance(found, dict) else "") or ""
    return clean.text_of("\n\n".join(line.strip() for line in text.splitlines() if line.strip()))


def _plain(tree: html.HtmlElement) -> str:
    """Return the paragraphs of a page that are long enough to be sentences and stand in no part beside the article."""
    paragraphs = []
    beside: set[html.HtmlElement] = set()
    for element in tree.iter():
        if element.tag in _BESIDE or element.getparent() in beside:
            beside.add(element)
        elif element.tag == "p" and len(words := words_of(element)) >= _SENTENCE:
            paragraphs.append(words)
    return "\n\n".join(paragraphs)


def _told(page: facts.Page) -> str:
    """Return the longest text that JSON-LD gives; it may be markup."""
    bodies = (facts.text_in(item, "articleBody") for item in page.articles)
    return max((clean.text_of(body) for body in bodies), key=len, default="")
