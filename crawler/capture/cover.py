"""The page of an evidence pack that people read: whole in itself, every text escaped as it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from alerts.card import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crawler.capture.case import Case, Passage

_STYLE = """
:root { color-scheme: light dark; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
td, th { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
code { font-family: ui-monospace, monospace; font-size: .85em; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  th { display: none; } tr { display: block; border-bottom: 1px solid var(--line); padding: .3rem 0; }
  td { display: block; border: 0; padding: 0; overflow-wrap: anywhere; }
}
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
pre { border-left: 3px solid var(--line); padding-left: 1rem; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_LONG = 20_000  # characters of a text that are shown


def cover(case: Case, files: Mapping[str, bytes]) -> bytes:
    """Return the page of a case; ``files`` are the others of its pack."""
    html = Element("html", lang="en")
    head = SubElement(html, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _say(head, "title", f"Case {case.id}: {case.title}")
    SubElement(head, "style").text = _STYLE
    body = SubElement(html, "body")
    _say(body, "h1", case.title)
    for line in (*case.about, *([case.verdict] if case.verdict else ())):
        _say(body, "p", line)
    fetched = ("when (UTC)", "address", "answer", "SHA-256 of the bytes in this pack", "left out of it")
    _section(body, "Fetched", fetched, case.fetched)
    _section(body, "Rules that held", ("version", "rule", "severity", "channel", "decision", "words"), case.decided)
    for rule in case.rules:
        _quote(body, rule)
    _section(body, "Deliveries", ("when (UTC)", "channel", "state", "reason", "detail"), case.delivered)
    for version in case.texts:
        _quote(body, version)
    if case.left_out:
        _section(body, "Left out of its page", ("sign", "words", "characters"), case.left_out)
    _section(body, "Not in this pack", ("what", "why"), [(one.what, one.why) for one in case.missing])
    listed = [(name, f"{len(data):,}") for name, data in sorted(files.items())]
    _section(body, "Files", ("file", "bytes"), listed)
    SubElement(body, "p").text = (
        "manifest.json has the SHA-256 of every file; `tocsin export verify FILE.zip` checks them. "
        "fetches.warc.gz is a WARC, with bodies as they were after decompression; secrets were left out."
    )
    page: str = tostring(html, encoding="unicode", method="html")
    return f"<!DOCTYPE html>\n{page}\n".encode("utf-8", "replace")


def _section(body: Element, heading: str, columns: Iterable[str], rows: Sequence[Sequence[str]]) -> None:
    SubElement(body, "h2").text = heading
    if not rows:
        SubElement(body, "p").text = "Nothing."
        return
    table = SubElement(body, "table")
    line = SubElement(table, "tr")
    for name in columns:
        SubElement(line, "th").text = name
    for row in rows:
        line = SubElement(table, "tr")
        for cell in row:
            _say(SubElement(line, "td"), "code" if cell.startswith("sha256:") else "span", cell)


def _quote(body: Element, passage: Passage) -> None:
    _say(body, "h2", passage.heading)
    lines = (clean(line, _LONG) for line in passage.text[:_LONG].splitlines())
    SubElement(body, "pre").text = "\n".join(lines)
    if len(passage.text) > _LONG:
        _say(body, "p", f"That is the beginning; all {len(passage.text):,} characters are in a file of this pack.")


def _say(parent: Element, tag: str, text: str) -> None:
    """Write a text without what is unseen or turns others around."""
    SubElement(parent, tag).text = clean(text, _LONG)
