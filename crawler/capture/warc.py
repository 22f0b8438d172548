"""Exchanges as WARC 1.1 records, each a gzip member of its own; the only module that knows warcio."""

from __future__ import annotations

import io
import json
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from alerts.errors import CaptureError
from crawler.capture.exchange import Exchange, Failure, Kind, Occasion
from spiders.base import Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_VISIT, _FAILED, _WITHHELD = "X-Tocsin-Visit", "X-Tocsin-Failure", "X-Tocsin-Withheld"
_ORIGINAL = "X-Archive-Orig-"  # as other archives name a header that the bytes that are kept no longer agree with
_OF_THE_WIRE = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_VERSION = "1.1"  # whose dates have fractions of a second
# What warcio and these functions stumble over where bytes are not what they were.
_DAMAGE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, OSError, zlib.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an exchange's records lie in a file, in bytes."""

    offset: int
    length: int  # of all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A response record whose payload was held against its digest."""

    url: str
    sound: bool


def digest_of(body: bytes) -> str:
    """Return the digest of a payload as it stands in records and indexes."""
    return f"sha256:{sha256(body).hexdigest()}"


def begin(out: BinaryIO, name: str, software: str, at: datetime) -> None:
    """Write the record that says what a file is."""
    writer = _writer(out)
    about = {
        "software": software,
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "description": "bodies are kept as they were after decompression; secrets were left out and named instead",
    }
    record = writer.create_warcinfo_record(name, about)
    record.rec_headers.replace_header("WARC-Date", _date(at))
    writer.write_record(record)


def write(out: BinaryIO, exchange: Exchange) -> Place:
    """Append an exchange, the answer or what there was in its place first; raises OSError."""
    writer, start = _writer(out), out.tell()
    common = {"WARC-Date": _date(exchange.at)}
    if exchange.occasion:
        common[_VISIT] = json.dumps(_visit(exchange.occasion))
    if exchange.withheld:
        common[_WITHHELD] = json.dumps(exchange.withheld)
    if exchange.page:
        first = _response(writer, exchange.url, exchange.page, common)
    else:
        first = _failure(writer, exchange.url, exchange.failure or Failure(reason="unknown"), common)
    writer.write_record(first)
    if exchange.asked is not None:
        link = {"WARC-Concurrent-To": first.rec_headers.get_header("WARC-Record-ID")}
        writer.write_record(_request(writer, exchange.url, exchange.asked, common | link))
    return Place(offset=start, length=out.tell() - start)


def read(file: BinaryIO, place: Place) -> Exchange:
    """Return the exchange at a place; raises CaptureError when none can be read there."""
    file.seek(place.offset)
    found = next(exchanges(io.BytesIO(file.read(place.length))), None)
    if found is None:
        raise CaptureError(f"there is no record at byte {place.offset} of {getattr(file, 'name', 'the file')}")
    return found


def exchanges(file: BinaryIO) -> Iterator[Exchange]:
    """Yield the exchanges of a file in its order, without what the requests held; what was cut off ends it.

    Raises CaptureError at a record that is damaged.
    """
    try:
        for record in ArchiveIterator(file):
            if record.rec_type in {"response", "metadata"}:
                yield _exchange(record)
    except (ArchiveLoadFailed, EOFError):
        return
    except _DAMAGE as error:
        raise CaptureError(f"a record is damaged: {error!r:.100}") from error


def _exchange(record: Any) -> Exchange:
    head = record.rec_headers
    url, visit, failed = (head.get_header(name) for name in ("WARC-Target-URI", _VISIT, _FAILED))
    at, withheld = datetime.fromisoformat(head.get_header("WARC-Date")), json.loads(head.get_header(_WITHHELD) or "[]")
    if not url or at.tzinfo is None or not isinstance(withheld, list):
        raise ValueError("a header is not what it was")
    return Exchange(
        occasion=_occasion(json.loads(visit)) if visit else None,
        url=url,
        asked={},
        at=at,
        page=_page(url, record) if record.rec_type == "response" else None,
        failure=_failed(json.loads(failed)) if failed else None,
        withheld=tuple(map(str, withheld)),
    )


def checked(file: BinaryIO) -> Iterator[Checked]:
    """Hold the payload of each response of a file against its digest; raises CaptureError for what is no WARC."""
    try:
        for record in ArchiveIterator(file):
            if record.rec_type == "response":
                head = record.rec_headers
                sound = digest_of(record.content_stream().read()) == head.get_header("WARC-Payload-Digest")
                yield Checked(url=head.get_header("WARC-Target-URI") or "no address", sound=sound)
    except (ArchiveLoadFailed, EOFError, *_DAMAGE) as error:
        raise CaptureError(f"this is no whole WARC: {error}") from error


def _writer(out: BinaryIO) -> Any:
    return WARCWriter(out, gzip=True, warc_version=_VERSION)


def _response(writer: Any, url: str, page: Page, common: Mapping[str, str]) -> Any:
    named = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in page.headers.items()]
    headers = [(f"{_ORIGINAL}{name}" if name.lower() in _OF_THE_WIRE else name, value) for name, value in named]
    head = StatusAndHeaders(
        f"{page.status} {_phrase(page.status)}",
        [*((name.title(), value) for name, value in headers), ("Content-Length", str(len(page.body)))],
        protocol="HTTP/1.1",
    )
    own = {**common, "WARC-Payload-Digest": digest_of(page.body), "X-Tocsin-Answered": page.url}
    body = io.BytesIO(page.body)
    # Without the length warcio would take the beginning of an empty body for headers.
    return writer.create_warc_record(
        url, "response", payload=body, length=len(page.body), http_headers=head, warc_headers_dict=own
    )


def _request(writer: Any, url: str, asked: Mapping[str, str], common: Mapping[str, str]) -> Any:
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = StatusAndHeaders(f"GET {path} HTTP/1.1", [("Host", parts.netloc), *asked.items()], is_http_request=True)
    return writer.create_warc_record(
        url, "request", payload=io.BytesIO(), length=0, http_headers=head, warc_headers_dict=dict(common)
    )


def _failure(writer: Any, url: str, failure: Failure, common: Mapping[str, str]) -> Any:
    facts = {
        "reason": failure.reason,
        "detail": failure.detail,
        "status": failure.status,
        "retry_after": failure.retry_after.total_seconds() if failure.retry_after is not None else None,
    }
    said = f"fetch-failed: {' '.join(f'{failure.reason} {failure.detail}'.split())}\r\n".encode()
    own = {**common, _FAILED: json.dumps(facts)}
    return writer.create_warc_record(
        url,
        "metadata",
        payload=io.BytesIO(said),
        length=len(said),
        warc_content_type="application/warc-fields",
        warc_headers_dict=own,
    )


def _page(url: str, record: Any) -> Page:
    head = record.http_headers
    headers: dict[bytes, bytes] = {}
    for name, value in head.headers:
        plain = name.removeprefix(_ORIGINAL).lower()
        if plain not in {"content-length", "content-encoding"}:
            headers.setdefault(plain.encode("latin-1"), value.encode("latin-1"))
    return Page(
        url=record.rec_headers.get_header("X-Tocsin-Answered") or url,
        status=int(head.get_statuscode()),
        headers=headers,
        body=record.raw_stream.read(),
    )


def _visit(occasion: Occasion) -> dict[str, str]:
    return {
        "id": occasion.id,
        "kind": occasion.kind,
        "source": occasion.source,
        "url": occasion.url,
        "began": occasion.began.isoformat(),
    }


def _occasion(facts: Mapping[str, str]) -> Occasion:
    began = datetime.fromisoformat(facts["began"])
    if began.tzinfo is None or not all(isinstance(facts[name], str) for name in ("id", "source", "url")):
        raise ValueError("a visit is not what it was")
    return Occasion(id=facts["id"], kind=Kind(facts["kind"]), source=facts["source"], url=facts["url"], began=began)


def _failed(facts: Mapping[str, Any]) -> Failure:
    wait = facts["retry_after"]
    return Failure(
        reason=str(facts["reason"]),
        detail=str(facts["detail"]),
        status=facts["status"],
        retry_after=None if wait is None else timedelta(seconds=wait),
    )


def _date(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
