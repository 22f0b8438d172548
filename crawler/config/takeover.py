"""What another tool's file holds, as entries of a configuration, and what of it cannot be taken over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.errors import Level
from alerts.imports import DIALECTS
from alerts.imports.translate import translate
from crawler.config import values
from crawler.config.document import display_name
from crawler.config.findings import Findings
from crawler.config.outlines import read_drafts
from crawler.config.sources import SourceDefaults, address_key, settle_sources
from crawler.config.writing import as_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from crawler.config.writing import Written

LARGEST = 10 * 1024 * 1024  # bytes of a file
_BARE = re.compile(r"[\w-]+(\.[\w-]+)+(:\d+)?(/\S*)?")


class Unclear(ValueError):
    """A file may be the saved queries of several tools; who has it knows of which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a file brought."""

    what: str  # "3 sources from feeds.opml"
    sources: tuple[Mapping[str, Written], ...] = ()
    rules: tuple[str, ...] = ()  # as entries of `rules:`, indented
    left_out: tuple[str, ...] = ()  # with their place and the reason


def split(written: str) -> tuple[str | None, str]:
    """Return the tool and the file that ``--from`` names: ``factiva:saved.txt``, or a file alone."""
    tool, colon, path = written.partition(":")
    return (tool, path) if colon and tool in DIALECTS else (None, written)


def take_over(path: Path, tool: str | None, taken: Iterable[str]) -> Taken:
    """Read a file; without ``tool`` it is OPML, a list of sites, or what says itself what it is.

    ``taken`` are ids that no rule may get. Raises Unclear, OSError, and ValueError for a file that is too large.
    """
    data = path.read_bytes() if path.stat().st_size <= LARGEST else None
    if data is None:
        raise ValueError(f"it is larger than {LARGEST // 1024**2} MiB")
    text = _decoded(data)
    beginning = text.lstrip("\ufeff \t\r\n")[:2_000].lower()
    if tool is None and beginning.startswith("<"):
        return _feeds(path)
    if tool is None and beginning.startswith(("{", "[")):
        tool = "miniflux"
    if tool is None:
        lines = [line for _, line in _lines(text)]
        if not lines or sum(_as_address(line) is not None for line in lines) * 2 >= len(lines):
            return _sites(display_name(path), text)
        raise Unclear("it is neither OPML nor a list of sites")
    return _queries(display_name(path), text, tool, taken)


def entry_of(address: str) -> Mapping[str, Written]:
    """Return the entry of a site or a feed; raises values.Unusable."""
    written = address.strip()
    return {"url": values.address(f"https://{written}" if _BARE.fullmatch(written) else written)}


def distinct(entries: Iterable[Mapping[str, Written]]) -> tuple[tuple[Mapping[str, Written], ...], tuple[str, ...]]:
    """Return entries whose address is new, with ids that are free, and the addresses of the others."""
    known: set[str] = set()
    ids: set[str] = set()
    kept, again = [], []
    for entry in entries:
        key = address_key(str(entry["url"]))
        if key in known:
            again.append(str(entry["url"]))
            continue
        known.add(key)
        taken = entry.get("id") in ids
        ids.add(str(entry.get("id")))
        kept.append({name: value for name, value in entry.items() if not (taken and name == "id")})
    return tuple(kept), tuple(again)


def _feeds(path: Path) -> Taken:
    findings = Findings()
    found = settle_sources(read_drafts(path, SourceDefaults(), findings), findings)
    left_out = tuple(str(problem).replace("\n", "; ") for problem in findings.all)
    entries = tuple(as_mapping(source) for source in found)
    return Taken(what=f"{len(entries)} sources from {display_name(path)}", sources=entries, left_out=left_out)


def _sites(name: str, text: str) -> Taken:
    entries, left_out = [], []
    for number, line in _lines(text):
        try:
            entries.append(entry_of(line))
        except values.Unusable as error:
            hint = f"; {error.hint}" if error.hint else ""
            shown = "***" if error.secret or "@" in line else line[:80]  # it may be a password
            left_out.append(f"{name}:{number}: `{shown}` {error.message}{hint}")
    return Taken(what=f"{len(entries)} sources from {name}", sources=tuple(entries), left_out=tuple(left_out))


def _queries(name: str, text: str, tool: str, taken: Iterable[str]) -> Taken:
    found = translate(tool, name, text, taken)
    rules = tuple(found.yaml().splitlines()[1:]) if found.rules else ()
    left_out = [f"{one.place}: {one.message}" for one in found.problems if one.level is Level.ERROR]
    on_trial = sum(bool(rule.lost) for rule in found.rules)
    trial = f", {on_trial} of them on trial" if on_trial else ""
    return Taken(what=f"{len(found.rules)} rules from {name}{trial}", rules=rules, left_out=tuple(left_out))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that say something, without their comments, with their numbers."""
    for number, line in enumerate(text.splitlines(), 1):
        said = re.sub(r"(^|\s)#.*", "", line.lstrip("\ufeff")).strip()
        if said:
            yield number, said


def _as_address(line: str) -> str | None:
    try:
        return str(entry_of(line)["url"])
    except values.Unusable:
        return None


def _decoded(data: bytes) -> str:
    """Decode a file as its byte order mark says, else as UTF-8, else as Windows does."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
