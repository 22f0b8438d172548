from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from alerts.story import DateNote
from spiders.entry import Reading
from spiders.reading import ENTRY_LIMIT, Document, Found, Item, reading
from spiders.source import Source

FETCHED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def made(*items: Item, language: str | None = None, source: Source | None = None) -> Reading:
    source = source or Source(id="example", url="https://news.example/feed", name="Example")
    document = Document(url="https://news.example/rss/feed", body=b"", fetched=FETCHED)
    return reading(Found(title="Wire", dialect="rss20", language=language, items=items), source, document)


def identities(*items: Item) -> list[str]:
    return [entry.identity for entry in made(*items).entries]


def test_the_guid_names_an_entry() -> None:
    assert identities(Item(guid=" 7 ", link="/a", title="T")) == ["7"]


def test_without_a_guid_the_canonical_link_does() -> None:
    assert identities(Item(link="/a?utm_source=x", title="T")) == ["https://news.example/a"]


def test_a_guid_that_is_repeated_names_nobody() -> None:
    assert identities(Item(guid="x", link="/a", title="A"), Item(guid="x", link="/b", title="B")) == [
        "https://news.example/a",
        "https://news.example/b",
    ]


def test_where_guid_and_link_are_repeated_the_words_decide() -> None:
    first, second = identities(Item(guid="x", link="/", title="A"), Item(guid="x", link="/", title="B"))
    assert first.startswith("hash:")
    assert first != second
    assert identities(Item(title="A")) == [first]


def test_the_same_entry_twice_is_one_and_keeps_its_guid() -> None:
    result = made(Item(guid="x", link="/a", title="A"), Item(guid="x", link="/a", title="A"))
    assert [entry.identity for entry in result.entries] == ["x"]
    assert result.notes == ("1 repeated entries folded",)


def test_the_order_of_the_document_is_kept() -> None:
    assert identities(*(Item(guid=str(number), title="T") for number in range(5))) == list("01234")


def test_an_endless_guid_is_kept_as_its_hash() -> None:
    (identity,) = identities(Item(guid="x" * 10_000, title="T"))
    assert identity.startswith("hash:")
    assert len(identity) < 100


def test_an_entry_without_words_needs_its_page() -> None:
    result = made(Item(guid="1", link="/a", title=" <b></b> "), Item(guid="2", title="T"))
    assert [(entry.identity, entry.needs_page) for entry in result.entries] == [("1", True), ("2", False)]
    assert result.notes == ()


def test_an_entry_with_neither_words_nor_address_is_dropped_and_counted() -> None:
    result = made(Item(guid="1", link="javascript:x", title=" <b></b> "), Item(guid="2", title="T"))
    assert [entry.identity for entry in result.entries] == ["2"]
    assert result.notes == ("1 entries without title, text and address dropped",)


def test_items_that_differ_only_in_their_text_are_two() -> None:
    assert len(made(Item(texts=("A",)), Item(texts=("B",)), Item(texts=("B",))).entries) == 2


def test_the_language_of_the_source_helps_to_read_its_dates() -> None:
    item = Item(title="T", dates=("24. listopada 2026 10:00 +0100",))
    assert made(item).entries[0].published is None
    assert made(item, language="pl").entries[0].published == datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_when_a_page_was_changed_is_no_date_of_publication() -> None:
    (entry,) = made(Item(link="/a", modified="2026-11-24T10:00:00Z")).entries
    assert (entry.published, entry.modified) == (None, datetime(2026, 11, 24, 10, tzinfo=UTC))


def test_too_many_entries_are_capped_and_counted() -> None:
    result = made(*(Item(guid=str(number), title="T") for number in range(ENTRY_LIMIT + 12)))
    assert len(result.entries) == ENTRY_LIMIT
    assert result.notes == (f"{ENTRY_LIMIT} of {ENTRY_LIMIT + 12} entries read",)


def test_what_is_cut_is_noted() -> None:
    result = made(Item(guid="1", title="t " * 2_000), Item(guid="2", title="u " * 2_000))
    assert all(len(entry.title) <= 1_000 for entry in result.entries)
    assert result.notes == ("title cut to 1000 characters (2 times)",)


def test_the_richest_text_is_taken() -> None:
    assert made(Item(title="T", texts=("<p></p>" * 9, "Longer."))).entries[0].text == "Longer."


def test_a_dangerous_link_is_no_link() -> None:
    assert made(Item(guid="1", link="javascript:alert(1)", title="T")).entries[0].url is None


def test_the_first_readable_date_counts() -> None:
    entry = made(Item(title="T", dates=("soon", "2026-11-24T10:00:00Z"))).entries[0]
    assert (entry.published, entry.date_note) == (datetime(2026, 11, 24, 10, tzinfo=UTC), None)


def test_no_date_is_none_with_a_reason_and_never_now() -> None:
    notes = [made(Item(title="T", dates=dates)).entries[0] for dates in ((), ("soon",), ("2026-11-24 10:00",))]
    assert [(entry.published, entry.date_note) for entry in notes] == [
        (None, DateNote.MISSING),
        (None, DateNote.UNREADABLE),
        (None, DateNote.ZONELESS),
    ]


def test_the_zone_of_the_source_dates_what_has_none() -> None:
    tokyo = Source(id="a", url="https://news.example/", name="A", timezone=ZoneInfo("Asia/Tokyo"))
    entry = made(Item(title="T", dates=("2026-11-24 10:00",)), source=tokyo).entries[0]
    assert (entry.published, entry.date_note) == (datetime(2026, 11, 24, 1, tzinfo=UTC), DateNote.ASSUMED_ZONE)


def test_the_entry_knows_its_language_best_then_the_user_then_the_feed() -> None:
    user = Source(id="a", url="https://news.example/", name="A", language="ja")
    assert made(Item(title="T", language="fr_FR"), language="en-us", source=user).entries[0].language == "fr-fr"
    assert made(Item(title="T"), language="en-us", source=user).entries[0].language == "ja"
    assert made(Item(title="T"), language="en-us").entries[0].language == "en-us"
    assert made(Item(title="T")).entries[0].language is None
    assert made(Item(title="T"), language="en-us", source=user).language == "en-us"
