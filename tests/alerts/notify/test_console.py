from __future__ import annotations

import io
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from alerts.bulletin import Bar, Bulletin, Part, Topic, item
from alerts.card import MAY_REPEAT, card_for
from alerts.face import face_for
from alerts.notify.console import WIDEST, ConsoleNotifier
from alerts.outbox import Receipt
from alerts.routing.spec import Style
from alerts.story import Alert, Field, Headline, Severity, Trend
from tests.fakes import NOON, outlet, story
from tests.fakes_outbox import alert, delivery, found, match

TEXT = "They agreed on a Reciprocal Access Agreement."


async def printed(of: Alert, notice: str | None = None, *, width: int = 80, terminal: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, color_system="truecolor" if terminal else None)
    await ConsoleNotifier(console, ZoneInfo("Asia/Tokyo")).send(delivery(of=of), card_for(of, notice=notice))
    return out.getvalue()


async def test_a_card_says_how_bad_what_where_when_why_and_where_to_read_on() -> None:
    also = (outlet(id="kyodo", name="共同通信"),)
    shown = await printed(
        alert(story("Talks open", TEXT), matches=(match(name="RAA watch", spans=found(TEXT, "Access")),), also=also),
        MAY_REPEAT,
    )
    for part in (
        "HIGH",
        "#news",
        "Talks open",
        TEXT,
        "Reuters (reuters.example) · tier 1 · 2026-11-02 20:55 JST",
        "rule RAA watch matched Access",
        "also 共同通信",
        "may repeat",
        "https://reuters.example/world/japan-france",
    ):
        assert part in shown


@pytest.mark.parametrize("severity", list(Severity))
async def test_every_severity_is_said_in_words_and_colour(severity: Severity) -> None:
    plain = await printed(alert(matches=(match(severity=severity),)))
    coloured = await printed(alert(matches=(match(severity=severity),)), terminal=True)
    assert severity.name in plain
    assert "\x1b[" not in plain
    assert "\x1b[" in coloured


async def test_found_words_are_highlighted() -> None:
    shown = await printed(alert(story(text=TEXT), matches=(match(spans=found(TEXT, "Reciprocal")),)), terminal=True)
    assert "\x1b[1;93mReciprocal\x1b[0m Access" in shown


async def test_a_story_cannot_speak_richs_markup_or_move_the_cursor() -> None:
    shown = await printed(alert(story("[red]Now[/red] :bomb: \x1b[2J", "[link=https://evil.example]x[/link]")))
    assert "[red]Now[/red] :bomb: [2J" in shown
    assert "[link=https://evil.example]x[/link]" in shown


async def test_a_bare_story_still_makes_a_card() -> None:
    shown = await printed(alert(story("Talks open", url=None, published=None)))
    assert "Reuters (no usable link) · tier 1 · date unknown" in shown
    assert "matched" not in shown


@pytest.mark.parametrize(("width", "widest"), [(40, 40), (300, WIDEST)])
async def test_a_card_is_as_wide_as_can_be_read(width: int, widest: int) -> None:
    lines = (await printed(alert(story(text="word " * 100)), width=width)).splitlines()
    assert max(map(len, lines)) == widest


async def test_the_receipt_names_channel_and_key_and_nothing_can_be_found_again() -> None:
    notifier = ConsoleNotifier(Console(file=io.StringIO()), ZoneInfo("UTC"))
    one = delivery("K1")
    assert await notifier.send(one, card_for(one.alert)) == Receipt(channel="#news", message="K1")
    assert await notifier.find("#news", ["K1"], NOON) is None
    await notifier.close()


async def test_many_stories_together_are_told_by_the_weightiest_and_name_the_next_ones() -> None:
    top = (Headline(title="Tokyo [red]confirms", url="https://nikkei.example/1", outlet="Nikkei Asia"),)
    trend = Trend(condition="count", says="5 stories in 1 h (4 make an alert)", number=5, top=top)
    shown = await printed(alert(story("Talks open", TEXT), trend=replace(trend, more=7)))
    assert shown.index("then Tokyo") < shown.index("and 7 more")
    assert shown.index(trend.says) < shown.index("Talks open") < shown.index("then Tokyo [red]confirms · Nikkei Asia")


async def test_a_bulletin_shows_its_title_facts_and_lists_and_takes_no_markup() -> None:
    items = (item("[bold]Talks[/bold] open", "https://reuters.example/1", "Reuters +4"), item("Manila ratifies"))
    bulletin = Bulletin(
        channel="#news",
        topic=Topic.DIGEST,
        title="Morning digest",
        lead="12 stories",
        facts=(("Sources", "all well"),),
        parts=(Part(heading="raa-watch", items=items, more=9),),
        chart=(Bar("raa-watch", 11, 5), Bar("[red]minerals", 1)),
        foot="Nothing by minerals.",
    )
    out = io.StringIO()
    one = delivery(content=bulletin)
    await ConsoleNotifier(Console(file=out, width=80), ZoneInfo("UTC")).send(one, face_for(one, notice=MAY_REPEAT))
    for part in (
        "DIGEST",
        "#news",
        "Morning digest",
        "12 stories",
        "Sources: all well",
        "raa-watch",
        "[bold]Talks[/bold] open — Reuters +4",
        "Manila ratifies",
        "+9 more",
        "████████████ 11, usually 5 · raa-watch",
        "█▏ 1 · [red]minerals",
        "Nothing by minerals.",
        "may repeat",
    ):
        assert part in out.getvalue()


async def test_a_compact_card_says_source_and_reasons_in_one_line() -> None:
    of = alert(story("Access talks", TEXT), matches=(match(spans=found("Access talks", "Access", field=Field.TITLE)),))
    one = delivery(of=replace(of, also=(outlet(id="x"), outlet(id="kyodo", name="共同通信"))), style=Style.COMPACT)
    out = io.StringIO()
    await ConsoleNotifier(Console(file=out, width=110), ZoneInfo("UTC")).send(one, face_for(one))
    assert (
        "Reuters (reuters.example) · 2026-11-02 11:55 UTC · rule raa-watch matched Access · +2 outlets"
        in out.getvalue()
    )
    assert TEXT not in out.getvalue()


async def test_own_words_stand_in_place_of_title_and_text() -> None:
    out = io.StringIO()
    card = replace(
        card_for(alert(story("Talks open", TEXT))),
        wording="[b]Hear[/b] & now\nhttps://reuters.example/world/japan-france",
    )
    await ConsoleNotifier(Console(file=out, width=80), ZoneInfo("UTC")).send(delivery(), card)
    assert "[b]Hear[/b] & now" in out.getvalue()
    assert "rule raa-watch" in out.getvalue()
    assert out.getvalue().count("https://") == 1
    assert "Talks open" not in out.getvalue()
