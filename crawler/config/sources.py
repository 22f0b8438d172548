"""The ``sources:`` of a configuration."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from operator import attrgetter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import yaml

from crawler.config import values
from crawler.config.every import Every, every
from crawler.config.nodes import Item, Section
from crawler.config.requests import read_headers
from crawler.config.selectors import read_css, read_pattern, read_selectors
from crawler.config.slug import free_id
from crawler.config.strangers import read_language
from crawler.extras import way_to
from spiders.source import DEFAULT_BACKLOG, LONGEST, SHORTEST, Fulltext, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import timedelta

    from alerts.errors import Place
    from crawler.config.findings import Findings

_KINDS = ("auto", "feed", "sitemap", "listing")
_LISTING_KEYS = ("links", "links_match", "next", "pages")
_MOST_PAGES = 50
_PAGES = 3  # read in one visit, where `next` says that there are more
_BROWSER = "playwright"  # what the extra [browser] installs
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDefaults:
    """What ``defaults:`` says about sources."""

    every: Every = field(default_factory=Every)
    every_min: timedelta = SHORTEST
    every_max: timedelta = LONGEST
    fulltext: Fulltext = Fulltext.AUTO
    backlog: timedelta = DEFAULT_BACKLOG
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))  # in which cron strings count


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A source as written; its id may still be missing."""

    source: Source
    place: Place
    id_place: Place | None = None  # None: the id is derived
    concealed: bool = False  # its address holds the value of a variable
    hidden: Mapping[str, str] = field(default_factory=dict, repr=False)  # these values, by their variables
    imported: bool = False  # from an OPML file: what is watched already comes before it


def read_source(item: Item, defaults: SourceDefaults) -> Draft | None:
    """Read one entry of ``sources:``; None, with a problem noted, when it names no usable address."""
    entry = replace(item, name="url") if isinstance(item.node, yaml.ScalarNode) else item
    if entry is not item:
        if item.is_null and not item.report_lost_word():
            item.error("an empty entry in `sources`", "write an address, or remove the `-`")
        url = None if item.is_null else entry.read(values.address)
        return (
            None
            if url is None
            else Draft(
                source=_bare(url, defaults),
                place=item.place,
                concealed=item.has_variable,
                hidden=item.variable_values(),
            )
        )
    section = Section(replace(item, name="an entry of sources"), "sources[]")
    given = section.required("url")
    url = given.read(values.address) if given else None
    identity = section.get("id")
    source = _described(section, _bare(url or "", defaults), defaults)
    if given is None or url is None:
        return None
    return Draft(
        source=source,
        place=given.place,
        id_place=identity.place if identity and source.id else None,
        concealed=given.has_variable,
        hidden=given.variable_values(),
    )


def fulltext(value: str) -> Fulltext:
    """Read ``fulltext:``."""
    return Fulltext(values.choice(*Fulltext)(value))


def _bare(url: str, defaults: SourceDefaults) -> Source:
    name = (urlsplit(url).hostname or "").removeprefix("www.")
    bare = Source(
        id="",
        url=url,
        name=name,
        kind="auto",
        every_min=defaults.every_min,
        every_max=defaults.every_max,
        fulltext=defaults.fulltext,
        backlog=defaults.backlog,
    )
    return _paced(bare, defaults.every, defaults)


def _paced(source: Source, pace: Every, defaults: SourceDefaults) -> Source:
    zone = defaults.zone if pace.cron else None
    return replace(source, every=pace.interval, cron=pace.cron, cron_zone=zone)


def _described(section: Section, bare: Source, defaults: SourceDefaults) -> Source:
    following = read_css(section, "next")
    pages = section.optional("pages", values.whole(1, _MOST_PAGES))
    source = replace(
        _paced(bare, section.read("every", every, defaults.every), defaults),
        id=section.read("id", values.identifier, ""),
        name=section.read("name", values.text, bare.name),
        kind=section.read("kind", values.choice(*_KINDS), bare.kind),
        fulltext=section.read("fulltext", fulltext, bare.fulltext),
        backlog=section.read("backlog", values.backlog, defaults.backlog),
        language=read_language(section, "language"),
        country=section.optional("country", values.country),
        tier=section.read("tier", values.whole(1, 4), 4),
        type=section.optional("type", values.choice(*values.SOURCE_TYPES)),
        tags=section.many("tags", values.text),
        timezone=section.optional("timezone", values.zone),
        links=read_css(section, "links"),
        links_match=read_pattern(section, "links_match"),
        next=following,
        pages=pages or (_PAGES if following else 1),
        article=read_selectors(section.section("article")),
        render=section.optional("render", browser(_BROWSER)) is not None,
        headers=read_headers(section),
    )
    _check_company(section, source)
    return source


def browser(module: str) -> Callable[[str], str]:
    """Read ``render:``; it needs the module that the extra [browser] installs."""

    def read(value: str) -> str:
        word = values.choice("browser")(value)
        if find_spec(module) is None:
            raise values.Unusable(f"needs {module}, which is not installed", way_to("browser"))
        return word

    return read


def _check_company(section: Section, source: Source) -> None:
    """Refuse what makes no sense together."""
    refused = section.tried("kind") and section.optional("kind", values.choice(*_KINDS)) is None
    for key in _LISTING_KEYS:
        if source.kind != "listing" and not refused and (item := section.get(key)):
            item.error(f"`{key}` is for `kind: listing`, and this is `kind: {source.kind}`", "change one of the two")
    if source.kind in {"feed", "sitemap"} and (item := section.get("render")):
        item.error(f"a {source.kind} is data and needs no browser", "remove `render`, or write `kind: listing`")
    if source.fulltext is Fulltext.NEVER and (item := section.get("article")):
        item.error("`article` is about pages, and with `fulltext: never` none is fetched", "write `fulltext: always`")
    if source.url.startswith("http:") and (item := section.get("auth")):
        warn = section.context.findings.warn
        warn(item.place, "the address is http, so everybody on the way can read these credentials", "use https")


def settle_sources(drafts: Iterable[Draft], findings: Findings) -> tuple[Source, ...]:
    """Refuse repeated addresses and ids, and give an id to each source that has none.

    Derived ids depend on the addresses alone, not on their order in the file.
    """
    unique = _without_repeats(list(drafts), findings)
    taken = {draft.source.id for draft in unique if draft.id_place}
    derived: dict[str, str] = {}
    for url in sorted(draft.source.url for draft in unique if not draft.id_place):
        name = free_id(url, taken)
        taken.add(name)
        derived[url] = name
    return tuple(
        draft.source if draft.id_place else replace(draft.source, id=derived[draft.source.url]) for draft in unique
    )


def concealed(drafts: Iterable[Draft], sources: Iterable[Source]) -> frozenset[str]:
    """Return the ids of the sources whose address must not be shown: it holds the value of a variable."""
    addresses = {draft.source.url for draft in drafts if draft.concealed}
    return frozenset(source.id for source in sources if source.url in addresses)


def _without_repeats(drafts: list[Draft], findings: Findings) -> list[Draft]:
    by_address: dict[str, Place] = {}
    by_id: dict[str, Place] = {}
    unique = []
    for draft in sorted(drafts, key=attrgetter("imported")):
        first = by_address.setdefault(address_key(draft.source.url), draft.place)
        if first is not draft.place:
            message = f"this address is watched already, see {first}"
            if draft.imported:
                findings.warn(draft.place, message, "what stands there counts; remove one of the two")
            else:
                findings.error(draft.place, message, "remove one of the two")
            continue
        unique.append(draft)
        if draft.id_place:
            first = by_id.setdefault(draft.source.id, draft.id_place)
            if first is not draft.id_place:
                findings.error(draft.id_place, f"`id: {draft.source.id}` is taken, see {first}", "choose another id")
    return unique


def address_key(url: str) -> str:
    """Return what two ways of writing one address have in common."""
    parts = urlsplit(url)
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    host = (parts.hostname or "").rstrip(".")
    return f"{parts.scheme}://{host}:{port}{parts.path or '/'}?{parts.query}"
