from __future__ import annotations

import gzip
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import CaptureError
from crawler.capture import warc
from crawler.capture.exchange import Exchange, Kind
from tests.crawler.capture.makers import FAILED, exchange, occasion, page
from tests.fakes import NOON


def written(*some: Exchange) -> tuple[io.BytesIO, list[warc.Place]]:
    out = io.BytesIO()
    warc.begin(out, "one.warc.gz", "tocsin/1", NOON)
    return out, [warc.write(out, one) for one in some]


@given(st.binary(max_size=3_000), st.sampled_from([200, 304, 404, 418, 599]))
def test_an_answer_is_read_back_as_it_was_written(body: bytes, status: int) -> None:
    first = exchange(page=page(body, status=status, content_type=b"text/html; charset=utf-8", etag=b'W/"1"'))
    second = exchange(url="https://wire.example/two", occasion=occasion("v2", Kind.PAGE), withheld=("Authorization",))
    out, places = written(first, second)
    for raw, place in zip((first, second), places, strict=True):
        back = warc.read(out, place)
        assert (back.page, back.at, back.occasion, back.url) == (raw.page, raw.at, raw.occasion, raw.url)
        assert back.withheld == raw.withheld
    assert all(one.sound for one in warc.checked(io.BytesIO(out.getvalue())))


def test_a_failure_is_read_back_with_all_that_it_says() -> None:
    out, (asked, unasked) = written(
        exchange(page=None, failure=FAILED), exchange(page=None, asked=None, failure=FAILED, occasion=None)
    )
    for place in (asked, unasked):
        back = warc.read(out, place)
        assert back.page is None
        assert back.failure == FAILED
        assert back.failure is not None
        assert back.failure.error().retry_after == FAILED.retry_after
    assert out.getvalue().count(b"\x1f\x8b") >= 4  # the file's own, two failures, one request


def test_each_record_is_a_gzip_member_and_the_payload_has_its_digest() -> None:
    out, (place,) = written(exchange(page=page(b"hello", content_encoding=b"br")))
    text = gzip.decompress(out.getvalue()[place.offset :]).decode()
    assert f"WARC-Payload-Digest: {warc.digest_of(b'hello')}" in text
    assert "X-Archive-Orig-Content-Encoding: br" in text
    assert "\r\nContent-Encoding:" not in text
    assert "GET /feed.xml HTTP/1.1" in text


def test_what_was_cut_off_is_not_read() -> None:
    out, places = written(exchange(), exchange(page=page(b"x" * 500)))
    cut = io.BytesIO(out.getvalue()[: places[1].offset + 20])
    assert len(list(warc.exchanges(cut))) == 1
    with pytest.raises(CaptureError):
        warc.read(io.BytesIO(b""), places[0])


def test_a_changed_payload_is_noticed() -> None:
    out, _ = written(exchange(page=page(b"the treaty was signed")))
    members = gzip.decompress(out.getvalue()).replace(b"signed", b"denied")
    found = list(warc.checked(io.BytesIO(members)))
    assert [one.sound for one in found] == [False]


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=8), st.integers(0, 10**6))
def test_damaged_bytes_are_refused_or_end_it_and_nothing_else(flips: list[tuple[int, int]], end: int) -> None:
    out, places = written(exchange(page=page(b"x" * 300)), exchange(page=None, failure=FAILED))
    data = bytearray(out.getvalue())
    for at, byte in flips:
        data[at % len(data)] = byte
    damaged = bytes(data[: end % (len(data) + 1)])
    with suppress(CaptureError):
        list(warc.exchanges(io.BytesIO(damaged)))
    with suppress(CaptureError):
        list(warc.checked(io.BytesIO(damaged)))
    for place in places:
        with suppress(CaptureError):
            assert warc.read(io.BytesIO(damaged), place).at.tzinfo


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(32, 126)), min_size=1, max_size=6))
def test_records_that_were_written_otherwise_are_refused_and_nothing_else(changes: list[tuple[int, int]]) -> None:
    out, _ = written(exchange(page=page(b"hello")), exchange(page=None, failure=FAILED))
    data = bytearray(gzip.decompress(out.getvalue()))
    for at, byte in changes:
        data[at % len(data)] = byte
    with suppress(CaptureError):
        list(warc.exchanges(io.BytesIO(bytes(data))))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"X-Tocsin-Visit: {", b"X-Tocsin-Visit: ["),
        (b'"kind"', b'"kin_"'),
        (b"WARC-Date: 20", b"WARC-Date: x0"),
        (b"00Z", b"00 "),
        (b"WARC-Target-URI", b"WARC-Target-UR_"),
        (b"HTTP/1.1 200 OK", b"HTTP/1.1 2xx OK"),
    ],
)
def test_headers_that_are_not_what_they_were_are_told_apart(before: bytes, after: bytes) -> None:
    out, _ = written(exchange())
    data = gzip.decompress(out.getvalue())
    assert before in data
    with pytest.raises(CaptureError, match="damaged"):
        list(warc.exchanges(io.BytesIO(data.replace(before, after))))
