"""``sources_from:``: feeds listed in OPML files, read by the same rules as ``sources:``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import yaml

from alerts.errors import Place
from crawler.config.document import Document, display_name
from crawler.config.nodes import Context, Item
from crawler.config.opml import LARGEST, Outline, Unreadable, read_opml
from crawler.config.sources import read_source
from crawler.config.writing import as_mapping

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.config.findings import Findings
    from crawler.config.sources import Draft, SourceDefaults
    from spiders.source import Source

_STR, _MAP, _SEQ = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq"))
# What a list from elsewhere may say about a source: nothing that reads a file, or sends a credential.
FIELDS = (
    "id",
    "kind",
    "every",
    "fulltext",
    "language",
    "country",
    "tier",
    "type",
    "backlog",
    "timezone",
    "links",
    "links_match",
    "next",
    "pages",
    "render",
)
ARTICLE = ("title", "body", "date")  # written `article.title` …


def read_drafts(path: Path, defaults: SourceDefaults, findings: Findings) -> list[Draft]:
    """Read an OPML file; what is wrong with it, or with one of its outlines, is noted with its line."""
    name = display_name(path)
    try:
        with path.open("rb") as file:
            opml = read_opml(file.read(LARGEST + 1))
    except OSError as error:
        findings.error(Place(name, 1, 1), f"cannot be read: {error.strerror or error}")
        return []
    except Unreadable as error:
        findings.error(Place(name, error.line, error.column), error.message, error.hint)
        return []
    if not opml.outlines:
        findings.warn(Place(name, 1, 1), "there is no feed in this file", "a feed is an <outline> with an xmlUrl")
    context = Context(Document(path, name, (), None), findings, {}, literal=True)
    drafts = [read_source(Item("an outline", _node(outline), context), defaults) for outline in opml.outlines]
    return [replace(draft, imported=True) for draft in drafts if draft]


def outline_of(source: Source) -> Outline:
    """Return the outline that ``read_drafts`` reads back as the same source, without headers and credentials."""
    written = as_mapping(source)
    article = written.pop("article", {})
    fields = {key: str(written[key]) for key in FIELDS if key in written} | {"id": source.id, "kind": source.kind}
    if isinstance(article, dict):
        fields |= {f"article.{part}": css for part, css in article.items()}
    return Outline(url=source.url, name=source.name, tags=source.tags, fields=fields)


def _node(outline: Outline) -> yaml.MappingNode:
    """Return the entry of ``sources:`` that says the same, standing where the outline stands."""
    mark = yaml.Mark("", 0, outline.line - 1, outline.column - 1, None, 0)

    def scalar(value: str) -> yaml.ScalarNode:
        return yaml.ScalarNode(_STR, value, mark, mark, style='"')

    def mapping(pairs: list[tuple[str, yaml.Node]]) -> yaml.MappingNode:
        return yaml.MappingNode(_MAP, [(scalar(key), value) for key, value in pairs], mark, mark)

    pairs: list[tuple[str, yaml.Node]] = [("url", scalar(outline.url))]
    if outline.name:
        pairs.append(("name", scalar(outline.name)))
    fields = {"kind": "feed"} | dict(outline.fields)  # OPML is about feeds
    pairs += [(key, scalar(fields[key])) for key in FIELDS if key in fields]
    article = [(part, scalar(value)) for part in ARTICLE if (value := outline.fields.get(f"article.{part}"))]
    if article:
        pairs.append(("article", mapping(list(article))))
    if outline.tags:
        pairs.append(("tags", yaml.SequenceNode(_SEQ, [scalar(tag) for tag in outline.tags], mark, mark)))
    return mapping(pairs)
