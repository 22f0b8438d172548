"""Markup from outside made into plain text in NFC."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

TITLE_LIMIT = 1_000  # characters
TEXT_LIMIT = 100_000
_MARKUP_LIMIT = 4 * TEXT_LIMIT  # what is beyond is cut before it is looked at

_PARAGRAPH_NAMES = (
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol option p pre section summary table tbody td "
    "tfoot th thead tr ul"
)
_INLINE_NAMES = (
    "a abbr acronym area audio b base bdi bdo big br button canvas caption cite code col colgroup data datalist del "
    "dfn em embed font head i iframe img input ins kbd label link map mark meta meter noscript object optgroup output "
    "param picture progress q rp rt ruby s samp script select slot small source span strike strong style sub sup svg "
    "template textarea time title track tt u var video wbr"
)
_PARAGRAPHS = frozenset(_PARAGRAPH_NAMES.split())
_ELEMENTS = _PARAGRAPHS | frozenset(_INLINE_NAMES.split())

_UNSEEN = re.compile(r"<(script|style|template|svg|iframe)\b[^<>]*>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
# A tag ends at the next "<" or ">", so that a text full of "<a" costs linear time.
_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[|\]\]>|<[!?][^<>]*>|</?([a-zA-Z][\w:-]*)(?:[\s/][^<>]*)?>", re.DOTALL)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNSPACED_LETTER = re.compile(rf"[{_UNSPACED}]")
_WORDS = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_SPACES = re.compile(r"[^\S\n]+")
_BREAK = re.compile(r" ?\n ?")
_BREAKS = re.compile(r"\n{2,}")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


def title_of(markup: str) -> str:
    """Return a title as one line; only real HTML elements count as tags, so ``<Breaking>`` stays."""
    if _is_escaped_twice(markup):
        markup = unescape(markup)
    text = unescape(_TAG.sub(_inline, _UNSEEN.sub(" ", markup)))
    if _ENTITY.search(text):
        text = unescape(text)
    return " ".join(_normal(text).split())


def text_of(markup: str) -> str:
    """Return the text of an HTML fragment or of plain text, paragraphs parted by a blank line."""
    markup = markup[:_MARKUP_LIMIT]
    if _is_escaped_twice(markup):
        markup = unescape(markup)
    if has_markup(markup):
        markup = _TAG.sub(_block, _SPACES.sub(" ", _UNSEEN.sub(" ", markup).replace("\n", " ")))
    else:
        markup = "\n\n".join(part.replace("\n", " ") for part in _BLANK_LINE.split(markup.replace("\r\n", "\n")))
    text = _SPACES.sub(" ", _normal(unescape(markup)))
    return _BREAKS.sub("\n\n", _BREAK.sub("\n", text)).strip()


def has_markup(text: str) -> bool:
    """Tell whether there is at least one real HTML tag or comment in a text."""
    return any(match[1] is None or match[1].lower() in _ELEMENTS for match in _TAG.finditer(text))


def is_unspaced(text: str) -> bool:
    """Tell whether a text is of a script that puts no spaces between words."""
    return sum(1 for _ in _UNSPACED_LETTER.finditer(text)) * 2 > sum(map(str.isalpha, text))


def parts_paragraphs(name: str) -> bool:
    """Tell whether an element of this lower-case name begins and ends a paragraph."""
    return name in _PARAGRAPHS


def length_of(text: str) -> int:
    """Return how long a text is, in words; letters of scripts that put no spaces between words count as one each."""
    return sum(1 for _ in _WORDS.finditer(text))


def cut(text: str, limit: int) -> str:
    """Shorten a text to ``limit`` characters, at a space where one is near, with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ", limit * 9 // 10)
    return (head[:space] if space > 0 else head).rstrip() + "…"


def printable(text: str) -> str:
    """Drop control characters, and surrogates that no encoding can hold."""
    return _UNPRINTABLE.sub("", text)


def _is_escaped_twice(text: str) -> bool:
    """Tell whether the tags themselves came escaped: ``&lt;p&gt;`` where ``<p>`` was meant."""
    return "&lt;" in text and not has_markup(text) and has_markup(unescape(text))


def _inline(match: re.Match[str]) -> str:
    name = match[1]
    if name is None:
        return " "
    name = name.lower()
    if name not in _ELEMENTS:
        return match[0]
    return " " if name in _PARAGRAPHS or name == "br" else ""


def _block(match: re.Match[str]) -> str:
    name = (match[1] or "").lower()
    if name == "br":
        return "\n"
    return "\n\n" if name in _PARAGRAPHS else ""


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", printable(text.replace("\r", "\n")))
