import contextlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import FetchError
from alerts.story import DateNote
from spiders.entry import Reading
from spiders.parse import parse
from spiders.reading import Document
from spiders.source import Source
from tests.server import rss

SOURCE = Source(id="example", url="https://news.example/feed", name="Example")
FETCHED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr">
  <title>Le Fil</title><updated>2026-11-24T10:00:00Z</updated>
  <entry>
    <id>tag:news.example,2026:1</id><title type="html">Accord &amp;amp; d\u00e9fense</title>
    <link rel="alternate" href="/a/1?utm_source=atom"/><author><name>Jeanne Martin</name></author>
    <category term="Pacifique"/><published>2026-11-24T09:00:00+01:00</published>
    <summary>Court.</summary><content type="html">&lt;p&gt;Bien plus long.&lt;/p&gt;&lt;p&gt;Oui.&lt;/p&gt;</content>
  </entry>
</feed>"""

RDF = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel rdf:about="https://news.example/"><title>\u5916\u52d9\u7701</title></channel>
  <item rdf:about="https://news.example/1"><title>\u5354\u5b9a\u306b\u7f72\u540d</title>
    <link>https://news.example/1</link><dc:date>2026-11-24T20:59:00+09:00</dc:date></item>
</rdf:RDF>"""


def read(body: str | bytes, content_type: str = "") -> Reading:
    data = body.encode() if isinstance(body, str) else body
    document = Document(url=SOURCE.url, body=data, content_type=content_type, fetched=FETCHED)
    return parse(document, SOURCE)


def why(body: str | bytes) -> str:
    with pytest.raises(FetchError) as caught:
        read(body)
    return caught.value.reason


def test_rss_is_read() -> None:
    reading = read(rss("First", "Second", title="Wire"))
    assert (reading.title, reading.dialect, reading.notes) == ("Wire", "rss20", ())
    second, first = reading.entries
    assert (first.title, second.title) == ("First", "Second")
    assert first.identity == first.url == "https://news.example/0"
    assert first.text == "About First."
    assert first.published == datetime(2026, 11, 2, 11, 0, tzinfo=UTC)


def test_atom_is_read_and_the_richer_text_taken() -> None:
    reading = read(ATOM)
    (entry,) = reading.entries
    assert reading.dialect == "atom10"
    assert entry.identity == "tag:news.example,2026:1"
    assert entry.url == "https://news.example/a/1"
    assert entry.title == "Accord & d\u00e9fense"
    assert entry.text == "Bien plus long.\n\nOui."
    assert (entry.authors, entry.tags) == (("Jeanne Martin",), ("Pacifique",))
    assert entry.published == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def test_rdf_is_read() -> None:
    reading = read(RDF)
    (entry,) = reading.entries
    assert (reading.dialect, reading.title) == ("rss10", "\u5916\u52d9\u7701")
    assert entry.title == "\u5354\u5b9a\u306b\u7f72\u540d"
    assert entry.published == datetime(2026, 11, 24, 11, 59, tzinfo=UTC)


def test_a_guid_is_taken_as_it_stands() -> None:
    guid = "/relative/7?utm_source=x"
    item = f"<item><guid isPermaLink='false'>{guid}</guid><title>T</title></item>"
    assert read(f"<rss version='2.0'><channel>{item}</channel></rss>").entries[0].identity == guid


def test_what_is_not_well_formed_is_read_and_noted() -> None:
    reading = read(rss("Fish & chips", "Pact"))
    assert [entry.title for entry in reading.entries] == ["Pact", "Fish & chips"]
    assert reading.notes[0].startswith("not well-formed: ")


def test_a_document_that_breaks_off_gives_what_it_has() -> None:
    whole = rss("One", "Two", "Three")
    assert read(whole[: len(whole) * 2 // 3]).entries[0].title == "Three"


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_declared_charsets_are_understood(charset: str) -> None:
    body = f'<?xml version="1.0" encoding="{charset}"?>' + rss("Br\u00f8ndby f\u00f3rmula").split("?>", 1)[1]
    assert read(body.encode(charset)).entries[0].title == "Br\u00f8ndby f\u00f3rmula"


def test_japanese_in_shift_jis_is_understood() -> None:
    body = '<?xml version="1.0" encoding="Shift_JIS"?>' + rss("\u91cd\u8981\u9271\u7269").split("?>", 1)[1]
    assert read(body.encode("shift_jis")).entries[0].title == "\u91cd\u8981\u9271\u7269"


def test_bytes_that_are_utf_8_are_read_so_whatever_the_server_says() -> None:
    body = rss("Br\u00f8ndby f\u00f3rmula")
    assert read(body, "text/xml; charset=iso-8859-1").entries[0].title == "Br\u00f8ndby f\u00f3rmula"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("<!DOCTYPE html><html><body>Not found</body></html>", "html"),
        ("\ufeff\n<?xml version='1.0'?><!-- x --><!doctype HTML PUBLIC '-//W3C'><html/>", "html"),
        ("<html><title>Just a moment...</title><a href='/rss'>rss</a>", "html"),
        ("<svg xmlns='http://www.w3.org/2000/svg'/>", "not-a-feed"),
        ("Service temporarily unavailable", "not-a-feed"),
        ("<note><entry>x</note>", "not-a-feed"),
        ('{"message": "rate limited"}', "not-a-feed"),
        ("[1, 2", "not-a-feed"),
        ("[" * 100_000, "not-a-feed"),
    ],
)
def test_what_is_no_feed_is_named(body: str, reason: str) -> None:
    assert why(body) == reason


def test_damage_that_the_parser_stumbles_over_is_mended_first() -> None:
    stray = (
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>W</title><entry></width><title>A</title></entry>'
    )
    entry = "<entry><title>B</title><id>b</id></entry></feed>"
    reading = read(stray + entry)
    assert [entry.title for entry in reading.entries][-1:] == ["B"]
    assert reading.notes[0] == "so damaged that it had to be mended first"


def test_a_declaration_of_no_charset_at_all_costs_nothing() -> None:
    body = b'<?xml version="1.0" encoding="\xf6"?>' + rss("T").encode().split(b"?>", 1)[1]
    assert read(body).entries[0].title == "T"


RSS = "<rss{}><channel><title>W</title><item><title>Pact</title></item></channel></rss>"
RSS_090 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>W</title></channel>
  <item><title>Pact</title><link>https://news.example/1</link></item></rdf:RDF>"""
NETSCAPE = """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
  "http://my.netscape.com/publish/formats/rss-0.91.dtd">"""
ATOM_03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>W</title><entry><title>Pact</title>
  <id>1</id><modified>2026-11-24T10:00:00Z</modified></entry></feed>"""
ATOM_10 = '<feed xmlns="http://www.w3.org/2005/Atom"><title>W</title><entry><title>Pact</title></entry></feed>'


@pytest.mark.parametrize(
    ("body", "dialect"),
    [
        (RSS_090, "rss090"),
        (NETSCAPE + RSS.format(" version='0.91'"), "rss091n"),
        (RSS.format(" version='0.91'"), "rss091u"),
        (RSS.format(" version='0.92'"), "rss092"),
        (RSS.format(" version='0.93'"), "rss093"),
        (RSS.format(" version='0.94'"), "rss094"),
        (RSS.format(" version='2.0'"), "rss20"),
        (RSS.format(""), "rss"),
        (ATOM_03, "atom03"),
        (ATOM_10, "atom10"),
    ],
)
def test_every_dialect_is_read(body: str, dialect: str) -> None:
    reading = read(body)
    assert (reading.title, reading.dialect, [entry.title for entry in reading.entries]) == ("W", dialect, ["Pact"])


def test_items_of_the_oldest_feeds_have_neither_title_nor_link_and_are_all_kept() -> None:
    items = "".join(f"<item><description>Story number {number}</description></item>" for number in range(3))
    reading = read(f"<rss version='0.92'><channel><title>W</title>{items}</channel></rss>")
    assert [entry.text for entry in reading.entries] == [f"Story number {number}" for number in range(3)]


WHOLE = rss("One", "Two", "Three")


@pytest.mark.parametrize(
    ("how", "body"),
    [
        ("a bare ampersand", WHOLE.replace("One", "One & only")),
        ("an entity of HTML", WHOLE.replace("One", "One&nbsp;only")),
        ("a tag that is never closed", WHOLE.replace("About One.", "About <b>One.")),
        ("tags that cross", WHOLE.replace("About One.", "<b><i>About</b></i> One.")),
        ("a second root", WHOLE + WHOLE),
        ("blanks before the declaration", "\n\n  " + WHOLE),
        ("a warning before the declaration", "Warning: mysql_connect() failed<br />\n" + WHOLE),
        ("control characters", WHOLE.replace("One", "One\x0b\x1f\x00")),
        ("an undeclared prefix", WHOLE.replace("<item>", "<item><media:thing x='1'>y</media:thing>", 1)),
        ("an attribute without quotes", WHOLE.replace("<item>", "<item id=one>", 1)),
        ("a text that breaks off", WHOLE[: WHOLE.rindex("</item>")]),
        ("a lone surrogate's reference", WHOLE.replace("One", "One &#xD800;")),
        ("a comment with dashes", WHOLE.replace("<item>", "<!-- a -- b --><item>", 1)),
        ("an open CDATA section", WHOLE.replace("About One.", "<![CDATA[About One.")),
    ],
)
def test_broken_xml_is_read(how: str, body: str) -> None:
    titles = [entry.title for entry in read(body).entries]
    assert any("Three" in title for title in titles), how
    assert all("<" not in title for title in titles), how


@given(st.integers(0, 700), st.binary(max_size=8), st.sampled_from([rss("A", "B"), ATOM, RDF]))
def test_any_damage_is_survived(place: int, noise: bytes, document: str) -> None:
    body = document.encode()
    with contextlib.suppress(FetchError):
        read(body[:place] + noise + body[place + len(noise) :])


def test_a_body_that_is_a_path_is_not_opened(tmp_path: Path) -> None:
    secret = tmp_path / "rss"
    secret.write_text(rss("Secret"))
    assert why(str(secret)) == "not-a-feed"
    assert why(f"{secret}<rss") == "not-a-feed"


def test_external_entities_are_not_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TOPSECRET")
    head = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    body = rss("A &x; B").replace("<rss", head + "<rss")
    assert "TOPSECRET" not in str(read(body))


def test_billion_laughs_are_harmless() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    body = rss("A &l11; B").replace("<rss", f'<!DOCTYPE rss [<!ENTITY l0 "ha">{levels}]><rss')
    assert len(str(read(body))) < 10_000


def test_dates_the_library_would_misread_are_read_by_ours() -> None:
    body = rss("T").replace("Mon, 02 Nov 2026 11:00:00 GMT", "2026\u5e7411\u670824\u65e5 20:59")
    (entry,) = read(body).entries
    assert (entry.published, entry.date_note) == (None, DateNote.ZONELESS)
