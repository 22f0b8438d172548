"""OPML 2.0: lists of subscriptions, as feed readers exchange them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LARGEST = 10 * 1024 * 1024  # bytes of a file
MOST_OUTLINES = 50_000
DEEPEST = 50  # outlines inside outlines
LONGEST = 2_000  # characters of an attribute that is used
NAMESPACE = "urn:tocsin:source"
_PREFIX = "tocsin:"
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WRITE_AGAIN = "export it again, or mend the line"


class Unreadable(ValueError):
    """A document is no usable OPML; line and column count from 1."""

    def __init__(self, message: str, hint: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A subscription; ``fields`` hold what the file says besides, under the names that config.yaml has for it."""

    url: str
    name: str | None = None
    tags: tuple[str, ...] = ()  # its categories, and the folders that it is in
    fields: Mapping[str, str] = field(default_factory=dict)
    line: int = field(default=1, compare=False)
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opml:
    """What a file holds."""

    outlines: tuple[Outline, ...]
    skipped: int = 0  # outlines that are neither a subscription nor a folder: links, notes


def read_opml(data: bytes) -> Opml:
    """Read a file; raises Unreadable for what is no OPML, too large, or made to harm.

    Entities are refused where they are declared, so none is ever expanded, and nothing is fetched.
    """
    if len(data) > LARGEST:
        raise Unreadable(f"the file is larger than {LARGEST // 1024**2} MiB", "split it")
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        hint = "write & as &amp; in addresses" if "token" in said or "entity" in said else _WRITE_AGAIN
        hint = "save it as UTF-8" if "encoding" in said else hint
        raise Unreadable(f"this is not XML: {said}", hint, line=error.lineno, column=error.offset + 1) from error
    except Unreadable:
        raise
    except (ValueError, LookupError) as error:  # an encoding that Python cannot lend to expat
        raise Unreadable(f"this encoding cannot be read: {error}", "save it as UTF-8") from error
    if not reader.rooted:
        raise Unreadable("this is XML, but not OPML: the first element is not <opml>", _WRITE_AGAIN)
    return Opml(outlines=tuple(reader.found), skipped=reader.skipped)


def write_opml(outlines: Iterable[Outline], title: str) -> str:
    """Write OPML 2.0 that ``read_opml`` reads back; what OPML has no word for stands in a namespace of its own."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:tocsin="{NAMESPACE}">',
        f"  <head><title>{_quoted(title)[1:-1]}</title></head>",
        "  <body>",
        *(f"    <outline {' '.join(_attributes(outline))}/>" for outline in outlines),
        "  </body>",
        "</opml>",
    ]
    return "\n".join(lines) + "\n"


class _Reader:
    """Collects outlines while expat reads."""

    def __init__(self) -> None:
        self.found: list[Outline] = []
        self.skipped = 0
        self.rooted = False
        self._folders: list[str | None] = []  # of the outlines that are open; None: a subscription
        self._depth = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._refuse_entity

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            self.rooted = name.lower() == "opml"
        if name.lower() != "outline":
            return
        if len(self._folders) >= DEEPEST:
            raise self._fault(f"outlines are nested deeper than {DEEPEST} levels", "flatten the file")
        outline = self._outline(attributes)
        self._folders.append(None if outline else _text(attributes, "text", "title"))
        if outline:
            self.found.append(outline)
        elif any(key in attributes for key in ("url", "htmlUrl", "type")):
            self.skipped += 1
        if len(self.found) > MOST_OUTLINES:
            raise self._fault(f"the file holds more than {MOST_OUTLINES} feeds", "split it")

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name.lower() == "outline":
            self._folders.pop()

    def _outline(self, attributes: Mapping[str, str]) -> Outline | None:
        own = {key.removeprefix(_PREFIX): value for key, value in attributes.items() if key.startswith(_PREFIX)}
        url = _text(attributes, "xmlUrl", *(["url"] if "kind" in own else []))
        if url is None:
            return None
        fields = {key: text for key, value in own.items() if (text := _plain(value))}
        if language := _text(attributes, "language"):
            fields.setdefault("language", language)
        name = _text(attributes, "text", "title")
        categories = _text(attributes, "category") or ""
        tags = [*self._folders, *(category.strip().strip("/").strip() for category in categories.split(","))]
        for value in (url, name or "", categories, *(tag or "" for tag in tags), *fields.values()):
            if len(value) > LONGEST:
                raise self._fault(f"an attribute is longer than {LONGEST} characters", "shorten it")
        return Outline(
            url=url,
            name=name,
            tags=tuple(dict.fromkeys(filter(None, tags))),
            fields=fields,
            line=self.parser.CurrentLineNumber,
            column=self.parser.CurrentColumnNumber + 1,
        )

    def _refuse_entity(self, *_declared: object) -> None:
        raise self._fault("the file declares entities, which OPML has no use for", "remove its <!DOCTYPE …>")

    def _fault(self, message: str, hint: str) -> Unreadable:
        parser = self.parser
        return Unreadable(message, hint, line=parser.CurrentLineNumber, column=parser.CurrentColumnNumber + 1)


def _text(attributes: Mapping[str, str], *names: str) -> str | None:
    """Return the first of some attributes that says something; readers differ in its capitals."""
    folded = {key.lower(): value for key, value in attributes.items()}
    return next((text for name in names if (text := _plain(folded.get(name.lower(), "")))), None)


def _plain(value: str) -> str:
    return " ".join(value.split())


def _attributes(outline: Outline) -> Iterator[str]:
    """Yield the attributes; a source that is no feed is written as a link, so that no reader takes it for one."""
    fields = dict(outline.fields)
    is_feed = fields.get("kind", "feed") in {"feed", "auto"}
    if not is_feed:
        yield 'type="link"'
    else:
        yield 'type="rss"'
    yield f"text={_quoted(outline.name or outline.url)}"
    yield f"{'xmlUrl' if is_feed else 'url'}={_quoted(outline.url)}"
    if outline.tags:
        yield f"category={_quoted(','.join(outline.tags))}"
    if language := fields.pop("language", None):
        yield f"language={_quoted(language)}"
    for key, value in fields.items():
        yield f"{_PREFIX}{key}={_quoted(value)}"


def _quoted(value: str) -> str:
    return quoteattr(_ILLEGAL.sub("\ufffd", value))
