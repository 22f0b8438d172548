import gzip
import random
import tracemalloc

import pytest

from alerts.errors import FetchError
from spiders.sniff import Form, form_of, unpacked
from tests.spiders.made import document


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ("", Form.EMPTY),
        ("\ufeff \n<!-- nothing -->", Form.EMPTY),
        ('{"version": "x"}', Form.JSON),
        ("<!DOCTYPE html><html>", Form.PAGE),
        ("<?xml version='1.0'?><!DOCTYPE html PUBLIC '-//W3C//DTD XHTML'><html xmlns='x'>", Form.PAGE),
        ("<html><body><rss></body>", Form.PAGE),
        ("<rss version='2.0'>", Form.FEED),
        ("<?xml-stylesheet href='x.xsl'?>\n<!-- made by x -->\n<rdf:RDF>", Form.FEED),
        ("<!DOCTYPE rss [<!ENTITY a 'b'>]><rss>", Form.FEED),
        ("<a:feed xmlns:a='http://www.w3.org/2005/Atom'>", Form.FEED),
        ("Warning: mysql_connect()<br />\n<?xml version='1.0'?><rss version='2.0'>", Form.FEED),
        ("<urlset xmlns='x'>", Form.SITEMAP),
        ("<?xml version='1.0'?><?xml-stylesheet href='x'?><sm:sitemapindex>", Form.SITEMAP),
        ("https://news.example/a\nhttps://news.example/b\n", Form.ADDRESSES),
        ("# sitemap\nhttps://news.example/a", Form.ADDRESSES),
        ("https://news.example/a is gone", Form.OTHER),
        ("<svg/>", Form.OTHER),
        ("Service unavailable", Form.OTHER),
    ],
)
def test_a_form_is_known_by_its_first_bytes(body: str, form: Form) -> None:
    assert form_of(body.encode()) is form


def test_wide_text_is_no_riddle() -> None:
    assert form_of("<rss/>".encode("utf-16")) is Form.FEED


def test_a_gzip_file_is_unpacked_whatever_the_server_calls_it() -> None:
    packed = document(gzip.compress(b"<rss/>") + gzip.compress(b"<!-- end -->"), content_type="text/xml")
    plain, notes = unpacked(packed)
    assert (plain.body, plain.url, notes) == (b"<rss/><!-- end -->", packed.url, ())


def test_what_is_not_packed_stays_as_it_is() -> None:
    plain = document("<rss/>")
    assert unpacked(plain) == (plain, ())


def test_a_gzip_file_that_breaks_off_gives_what_it_has() -> None:
    whole = random.Random(7).randbytes(50_000)
    plain, notes = unpacked(document(gzip.compress(whole)[:30_000]))
    assert whole.startswith(plain.body)
    assert len(plain.body) > 10_000
    assert notes == ("the gzip file breaks off",)


def test_a_gzip_file_that_is_damaged_inside_gives_what_comes_before() -> None:
    plain, notes = unpacked(document(gzip.compress(b"<rss/>") + b"\x1f\x8b\x09damage"))
    assert (plain.body, notes) == (b"<rss/>", ("the gzip file breaks off",))


def test_what_is_no_gzip_file_at_all_is_named() -> None:
    with pytest.raises(FetchError, match="bad-encoding"):
        unpacked(document(b"\x1f\x8b\x00\x00"))


def test_a_bomb_is_refused_before_it_grows() -> None:
    bomb = gzip.compress(bytes(40_000_000), 1)
    tracemalloc.start()
    with pytest.raises(FetchError, match="too-large"):
        unpacked(document(bomb, max_body=1_000_000))
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


def test_many_small_members_are_counted_together() -> None:
    with pytest.raises(FetchError, match="too-large"):
        unpacked(document(gzip.compress(bytes(1_000)) * 50, max_body=20_000))
