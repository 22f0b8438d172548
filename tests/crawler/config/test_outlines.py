from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from alerts.errors import ConfigError
from crawler.config.findings import Findings
from crawler.config.opml import write_opml
from crawler.config.outlines import FIELDS, outline_of, read_drafts
from crawler.config.sources import SourceDefaults
from spiders.source import Fulltext, Selectors, Source
from tests.crawler.config.makers import base, loaded, write

if TYPE_CHECKING:
    from pathlib import Path

OPML = '<opml version="2.0"><body>{}</body></opml>'
TWO = OPML.format(
    '<outline text="Asia"><outline text="Two" xmlUrl="https://two.example/feed" category="japan,/politics"/></outline>'
)

EVERYTHING = Source(
    id="everything",
    url="https://www.example.org/defence/?a=1&b=2",
    name='Defence "quoted" <b> & more',
    kind="listing",
    cron="*/10 6-22 * * mon-fri",
    cron_zone=ZoneInfo("UTC"),
    fulltext=Fulltext.ALWAYS,
    backlog=timedelta.max,
    language="ja",
    country="jp",
    tier=1,
    type="press",
    tags=("japan", "sea lanes"),
    timezone=ZoneInfo("Asia/Tokyo"),
    links="a.headline > b",
    links_match=r"/20\d\d/",
    next="a.next",
    pages=4,
    article=Selectors(title="h1", date="time"),
    render=True,
)


def test_feeds_of_an_opml_file_are_sources_like_any_other(tmp_path: Path) -> None:
    write(tmp_path, TWO, "feeds.opml")
    config = loaded(tmp_path, base() | {"sources_from": "feeds.opml", "defaults": {"every": "5m", "fulltext": "never"}})
    source = config.sources[-1]
    assert (source.id, source.name, source.kind) == ("two", "Two", "feed")
    assert source.tags == ("Asia", "japan", "politics")
    assert (source.every, source.fulltext) == (timedelta(minutes=5), Fulltext.NEVER)


def test_a_file_of_opml_alone_is_something_to_watch(tmp_path: Path) -> None:
    write(tmp_path, TWO, "feeds.opml")
    config = loaded(tmp_path, {"sources_from": ["*.opml"], "rules": base()["rules"], "entities": base()["entities"]})
    assert config.warnings == ()
    assert [source.id for source in config.sources] == ["two"]


def test_what_is_written_in_the_configuration_comes_before_the_file(tmp_path: Path) -> None:
    again = OPML.format('<outline text="Other" xmlUrl="https://WWW.example.org/feed.xml"/>')
    write(tmp_path, again, "feeds.opml")
    config = loaded(tmp_path, base() | {"sources_from": ["feeds.opml"]})
    assert [source.name for source in config.sources] == ["example.org"]
    (warning,) = config.warnings
    assert (warning.place.file.endswith("feeds.opml"), warning.place.line) == (True, 1)
    assert "watched already" in warning.message


def test_the_files_and_their_globs_are_watched_for_changes(tmp_path: Path) -> None:
    write(tmp_path, TWO, "lists/one.opml")
    before = loaded(tmp_path, base() | {"sources_from": ["lists/*.opml"]}).files
    assert before.look() == before
    write(tmp_path, OPML.format(""), "lists/two.opml")
    assert before.look() != before
    (tmp_path / "lists/two.opml").unlink()
    write(tmp_path, TWO + " ", "lists/one.opml")
    assert before.look() != before


def test_a_list_from_elsewhere_cannot_read_variables_or_files_of_ours(tmp_path: Path) -> None:
    outline = (
        '<outline text="${WORD}" xmlUrl="https://two.example/feed" tocsin:headers="x" tocsin:basic_file="config.yaml"/>'
    )
    write(tmp_path, OPML.format(outline), "feeds.opml")
    source = loaded(tmp_path, base() | {"sources_from": ["feeds.opml"]}, WORD="hush").sources[-1]
    assert source.name == "${WORD}"
    assert source.headers == ()
    assert not {"headers", "auth", "basic", "basic_file", "bearer_file"} & set(FIELDS)


def test_a_variable_in_an_address_from_elsewhere_is_no_variable(tmp_path: Path) -> None:
    write(tmp_path, OPML.format('<outline text="x" xmlUrl="https://evil.example/?${WORD}"/>'), "feeds.opml")
    with pytest.raises(ConfigError, match="is not a web address") as caught:
        loaded(tmp_path, base() | {"sources_from": ["feeds.opml"]}, WORD="hush")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        EVERYTHING,
        Source(id="plain", url="https://a.example/feed", name="a.example", kind="auto"),
        Source(id="a-feed", url="https://a.example/feed", name="A", every=timedelta(minutes=5), backlog=timedelta()),
        Source(id="map", url="https://a.example/news.xml", name="A", kind="sitemap"),
    ],
    ids=lambda source: source.id,
)
def test_a_source_survives_its_export(tmp_path: Path, source: Source) -> None:
    path = tmp_path / "feeds.opml"
    path.write_text(write_opml([outline_of(source)], "x"), "utf-8")
    findings = Findings()
    (draft,) = read_drafts(path, SourceDefaults(), findings)
    assert findings.all == ()
    assert draft.source == source


def test_a_password_is_not_exported() -> None:
    secret = replace(EVERYTHING, headers=(("Authorization", "Bearer hush"),))
    assert "hush" not in write_opml([outline_of(secret)], "x")
