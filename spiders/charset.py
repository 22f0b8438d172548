"""The charset of a document: declarations are heard, the bytes decide."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from w3lib.encoding import http_content_type_encoding, read_bom, resolve_encoding

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = 4_096  # bytes in which a document declares its charset
_SAMPLE = 65_536  # bytes of a document without a usable declaration that are looked at
_XML = re.compile(rb"<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']\s*([\w.:-]+)", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]{0,400}?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_WIDE = {b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}
_HOLE = re.compile("[\ufffd\ue000-\uf8ff]")  # what could not be read, or is of private use: no text has such
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_BROKEN = 100  # one letter that cannot be read in so many others is damage, more is another charset
_LONGEST_RUN = 2.0  # letters with marks that follow each other in a Latin text, on average
_REFERENCE = re.compile(r"&#(x?)([0-9a-f]{1,8});", re.IGNORECASE)
_WHITE = frozenset({0x9, 0xA, 0xD})
_FIRST, _SURROGATES, _AFTER_SURROGATES, _LAST = 0x20, 0xD800, 0xE000, 0x10FFFF
_ISO_2022 = (b"\x1b$B", b"\x1b$@", b"\x1b$(D")  # where Japanese begins in a document of ASCII bytes
_ENOUGH = 24  # bytes outside ASCII, before their shape says anything

# What a server says when nobody has told it what it serves.
_DEFAULTS = frozenset({"cp1252", "ascii", "iso8859-1"})
_LATIN = _DEFAULTS | {
    "cp1250",
    "cp1254",
    "cp1257",
    "iso8859-2",
    "iso8859-3",
    "iso8859-4",
    "iso8859-9",
    "iso8859-13",
    "iso8859-15",
}
_OLD = {  # charsets that were in use for a language, the commonest first
    "ja": ("cp932", "euc_jp"),
    "zh": ("gb18030", "big5hkscs"),
    "ko": ("cp949",),
    "th": ("cp874",),
    "he": ("cp1255",),
    "ar": ("cp1256",),
    "fa": ("cp1256",),
    "el": ("cp1253",),
    "tr": ("cp1254",),
    **dict.fromkeys(("cs", "sk", "pl", "hu", "hr", "sl", "ro"), ("cp1250",)),
    **dict.fromkeys(("en", "fr", "de", "es", "it", "pt", "nl", "sv", "da", "no", "nb", "fi", "ca"), ("cp1252",)),
}
_CYRILLIC = ("cp1251", "koi8_u", "cp866", "iso8859_5")
_CYRILLIC_LANGUAGES = frozenset({"ru", "uk", "be", "bg", "mk", "sr", "kk", "ky", "mn", "tg"})
_COMMON = re.compile("[оеаинтсрвлі]")  # more than half of the letters of a text in one of these languages


def charset_of(body: bytes, content_type: str = "", language: str | None = None) -> str:
    """Return the name of the codec that a document is written in.

    A byte-order mark and valid UTF-8 settle it. Then come the header's charset and the document's own, each
    if the bytes bear it out; the header's comes later when it is a default that many servers add to
    everything. Else the source's language and the bytes themselves are asked.
    """
    if proven := _proven(body):
        return proven
    return next((name for name in _declared(body, content_type) if _plausible(body, name)), None) or _guess(
        body, language
    )


def decoded(body: bytes, content_type: str = "", language: str | None = None) -> str:
    """Return a document's text without its byte-order mark; what cannot be read is U+FFFD."""
    return body.decode(charset_of(body, content_type, language), "replace").removeprefix("\ufeff")


def legible(text: str) -> str:
    """Return a document without references to characters that there are not: ``&#xD800;`` breaks every parser."""
    return _REFERENCE.sub(_existing, text) if "&#" in text else text


def _existing(match: re.Match[str]) -> str:
    """Return a reference to a character, or nothing where there is none of that number: parsers stumble over it."""
    try:
        number = int(match[2], 16 if match[1] else 10)
    except ValueError:
        return match[0]
    exists = number in _WHITE or _FIRST <= number < _SURROGATES or _AFTER_SURROGATES <= number <= _LAST
    return match[0] if exists else ""


def _proven(body: bytes) -> str | None:
    mark, _ = read_bom(body)
    if mark:
        return mark
    if wide := _WIDE.get(body[:2]):
        return wide
    if body.isascii():
        return "iso2022_jp_2" if any(start in body for start in _ISO_2022) else "utf-8"
    try:  # a document that breaks off may do so within a letter
        codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _declared(body: bytes, content_type: str) -> Iterator[str]:
    """Yield the codecs that header and document name, the more credible first."""
    head = body[:_HEAD]
    inside = _XML.search(head) or _META.search(head)
    names = [http_content_type_encoding(content_type), inside[1].decode("ascii", "replace") if inside else None]
    codec_names = [found for name in names if name and (found := resolve_encoding(name))]
    yield from sorted(codec_names, key=lambda name: name in _DEFAULTS)


def _plausible(body: bytes, codec: str) -> bool:
    """Tell whether a text is readable as ``codec``: hardly a hole, and no salad of accents where letters were."""
    if codec.startswith(("utf-16", "utf-32")):  # would have been seen
        return False
    sample = body if len(body) <= _SAMPLE else body[: body.rfind(b">", 0, _SAMPLE) + 1]  # never within a letter
    text = sample.decode(codec, "replace")
    runs = _NOT_ASCII.findall(text)
    letters = sum(map(len, runs))
    if len(_HOLE.findall(text)) * _BROKEN > letters:
        return False
    return codec not in _LATIN or letters < _ENOUGH or letters / len(runs) < _LONGEST_RUN


def _cyrillic(body: bytes) -> str:
    """Return the codec by which the commonest letters are common: by another, a text shouts or has rare ones only."""
    sample = body[:_SAMPLE]
    if _plausible(body, "utf-8"):
        return "utf-8"
    return max(_CYRILLIC, key=lambda codec: len(_COMMON.findall(sample.decode(codec, "replace"))))


def _guess(body: bytes, language: str | None) -> str:
    """Return the most likely codec of a document that declares none, or a wrong one."""
    known = (language or "").partition("-")[0]
    if known in _CYRILLIC_LANGUAGES:
        return _cyrillic(body)
    for codec in _OLD.get(known, ()):
        if _plausible(body, codec):
            return codec
    if _plausible(body, "utf-8"):  # a few broken letters in a long text
        return "utf-8"
    from charset_normalizer import from_bytes  # slow to load, and seldom needed

    best = from_bytes(body[:_SAMPLE], threshold=0.5).best()
    if best is None or (best.encoding in _LATIN and _plausible(body, "cp1252")):
        return "cp1252"  # by far the commonest of its kind
    return resolve_encoding(best.encoding) or best.encoding
