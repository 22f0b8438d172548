"""Where each exchange of a capture lies: a line of CDXJ for each, in the order of time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.capture.exchange import Kind, Occasion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from crawler.capture.exchange import Exchange
    from crawler.capture.warc import Place

WARC, INDEX = ".warc.gz", ".cdxj"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One exchange of a capture."""

    file: str  # the name of the WARC
    offset: int
    length: int
    url: str
    at: datetime
    status: int | None  # None: there was no answer
    reason: str | None  # why there was none
    digest: str | None
    occasion: Occasion | None


def line_of(exchange: Exchange, place: Place, file: str, digest: str | None) -> str:
    """Write the line of an exchange."""
    page, visit = exchange.page, exchange.occasion
    facts: dict[str, Any] = {
        "url": exchange.url,
        "mime": page.header("content-type").partition(";")[0].strip() if page else None,
        "status": str(page.status) if page else None,
        "digest": digest,
        "length": str(place.length),
        "offset": str(place.offset),
        "filename": file,
        "at": exchange.at.isoformat(),
        "reason": exchange.failure.reason if exchange.failure else None,
    }
    if visit:
        facts["visit"] = {"id": visit.id, "kind": visit.kind, "source": visit.source, "url": visit.url}
        facts["visit"]["began"] = visit.began.isoformat()
    known = {name: value for name, value in facts.items() if value is not None}
    return f"{surt(exchange.url)} {exchange.at:%Y%m%d%H%M%S} {json.dumps(known, ensure_ascii=False)}\n"


def entries(folder: Path) -> list[Entry]:
    """Return all that is captured, oldest first; a line that was cut off is left out. Raises OSError."""
    found = [one for path in sorted(folder.glob(f"*{INDEX}")) for one in _read(path)]
    return sorted(found, key=lambda one: one.at)


def _read(path: Path) -> Iterator[Entry]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                yield _entry(json.loads(line.split(" ", 2)[2]))
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError):
                continue


def _entry(facts: Mapping[str, Any]) -> Entry:
    visit, at = facts.get("visit"), datetime.fromisoformat(facts["at"])
    file, offset, length = facts["filename"], int(facts["offset"]), int(facts["length"])
    if at.tzinfo is None or not _is_name(file) or offset < 0 or length <= 0:
        raise ValueError("a line is not what it was")
    urlsplit(facts["url"])
    return Entry(
        file=file,
        offset=offset,
        length=length,
        url=facts["url"],
        at=at,
        status=int(facts["status"]) if "status" in facts else None,
        reason=facts.get("reason"),
        digest=facts.get("digest"),
        occasion=_occasion(visit) if visit else None,
    )


def _is_name(file: object) -> bool:
    """Say whether it may be the name of a file beside the index."""
    return isinstance(file, str) and file.endswith(WARC) and not {"/", "\\", "\0"} & {*file}


def _occasion(facts: Mapping[str, str]) -> Occasion:
    began = datetime.fromisoformat(facts["began"])
    if began.tzinfo is None or not all(isinstance(facts[name], str) for name in ("id", "source", "url")):
        raise ValueError("a visit is not what it was")
    return Occasion(id=facts["id"], kind=Kind(facts["kind"]), source=facts["source"], url=facts["url"], began=began)


def surt(url: str) -> str:
    """Return an address with its host turned round, by which indexes of web archives are sorted."""
    parts = urlsplit(url)
    host, _, port = parts.netloc.rpartition("@")[2].lower().partition(":")
    turned = ",".join(reversed(host.split("."))) + (f":{port}" if port else "")
    query = f"?{parts.query}" if parts.query else ""
    return f"{turned}){parts.path or '/'}{query}".replace(" ", "%20")
