from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.opml import DEEPEST, LARGEST, LONGEST, Outline, Unreadable, read_opml, write_opml


def opml(body: str, head: str = "") -> bytes:
    return f'{head}<opml version="2.0">\n<body>\n{body}\n</body></opml>'.encode()


def test_folders_and_categories_become_tags() -> None:
    found = read_opml(
        opml(
            '<outline text="World"><outline title="Asia"><outline text="A" title="B" xmlUrl="https://a.example/"'
            ' category="japan, /news/defence,japan" language="en-us"/></outline></outline>'
            '<outline xmlUrl="https://b.example/"/>'
        )
    )
    assert found.outlines == (
        Outline(
            url="https://a.example/",
            name="A",
            tags=("World", "Asia", "japan", "news/defence"),
            fields={"language": "en-us"},
        ),
        Outline(url="https://b.example/"),
    )
    assert found.outlines[0].line == 3


def test_attributes_are_known_in_any_capitals_as_readers_write_them() -> None:
    found = read_opml(
        opml('<OUTLINE TEXT="A" xmlurl="https://a.example/"/><outline text="B" XMLURL="https://b.example/"/>')
    )
    assert [(one.name, one.url) for one in found.outlines] == [("A", "https://a.example/"), ("B", "https://b.example/")]


def test_links_and_notes_are_counted() -> None:
    found = read_opml(opml('<outline type="link" text="A" url="https://a.example/"/><outline text="folder"/>'))
    assert (found.outlines, found.skipped) == ((), 1)


def test_a_source_that_is_no_feed_is_written_as_a_link_so_that_no_reader_subscribes_to_it() -> None:
    outline = Outline(url="https://a.example/", name="A", fields={"kind": "listing"})
    written = write_opml([outline], "x")
    assert 'type="link"' in written
    assert "xmlUrl" not in written
    assert read_opml(written.encode()).outlines == (outline,)


ENTITY = '<!DOCTYPE opml [<!ENTITY {} "x">]>'
LAUGHS = "<!DOCTYPE o [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(12)
)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not XML"),
        (b"not xml", "not XML"),
        (b"<html><body/></html>", "not OPML"),
        (b"<opml><body>", "not XML"),
        (opml('<outline xmlUrl="https://a.example/?a=1&b=2"/>'), "not XML"),
        (opml("", ENTITY.format("x")), "entities"),
        (opml("", ENTITY.format("% x")), "entities"),
        (opml("&l;", LAUGHS + "]>"), "entities"),
        (opml("", '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "entities"),
        (opml("", '<?xml version="1.0" encoding="shift_jis"?>'), "encoding"),
        (opml("", '<?xml version="1.0" encoding="klingon"?>'), "encoding"),
        (b"<opml><body>\x00</body></opml>", "not XML"),
        (opml("<outline>" * (DEEPEST + 1) + "</outline>" * (DEEPEST + 1)), "nested"),
        (opml(f'<outline xmlUrl="https://a.example/{"x" * LONGEST}"/>'), "longer"),
        (opml(f'<outline xmlUrl="https://a.example/" category="{"x," * LONGEST}"/>'), "longer"),
        (b"<opml>" + b" " * LARGEST + b"</opml>", "larger"),
    ],
    ids=range(16),
)
def test_what_is_broken_or_hostile_ends_in_a_clear_error(data: bytes, says: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_opml(data)
    assert says in caught.value.message
    assert caught.value.hint
    assert caught.value.line >= 1


def test_an_external_dtd_is_not_fetched() -> None:
    head = '<!DOCTYPE opml SYSTEM "http://127.0.0.1:1/opml.dtd">'
    assert len(read_opml(opml('<outline xmlUrl="https://a.example/"/>', head)).outlines) == 1


WORD = st.text(min_size=1, max_size=20).map(lambda text: " ".join(text.split())).filter(bool)
PRINTABLE = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
TAG = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=",/"), min_size=1, max_size=10)
OUTLINES = st.builds(
    Outline,
    url=PRINTABLE.map("https://a.example/{}".format),
    name=PRINTABLE,
    tags=st.lists(TAG, unique=True, max_size=3).map(tuple),
    fields=st.dictionaries(st.sampled_from(["id", "kind", "language", "tier", "article.title"]), PRINTABLE),
)


@given(st.lists(OUTLINES, max_size=4))
def test_what_is_written_is_read_back(outlines: list[Outline]) -> None:
    assert read_opml(write_opml(outlines, "A & B").encode()).outlines == tuple(outlines)


@given(WORD)
def test_any_name_gives_a_file_that_can_be_read(name: str) -> None:
    (found,) = read_opml(write_opml([Outline(url="https://a.example/", name=name)], name).encode()).outlines
    assert found.name


@given(st.binary(max_size=300) | st.text(alphabet="<>/=\"'&;! opmlutinexRU", max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(Unreadable):
        read_opml(data)
