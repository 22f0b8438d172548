"""What rules on trial would have sent is told once a week, whatever happens in between."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.bulletin import Bulletin, Topic
from alerts.errors import StoreError
from crawler.tuning.trials import TrialReports
from tests.crawler.tuning.makers import DAY, Desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crawler.store import Store
    from tests.fakes import FakeClock

LONG = "Traders said on Monday that prices of the metal rose as stocks at warehouses fell to the lowest in years. " * 5
RULES = """
slack: {ops_channel: "#ops"}
sources: [{id: bbc, url: "https://bbc.example/feed"}]
rules:
  - {id: nickel, name: Nickel, when: nickel, shadow: true, to: ["#minerals", "#news"]}
  - {id: talks, when: talks, to: "#news"}
"""
TWO = RULES.replace("  - {id: talks", '  - {id: tin, when: tin, shadow: true, to: "#tin"}\n  - {id: talks')


def reports(desk: Desk, store: Store | None = None) -> TrialReports:
    return TrialReports(store or desk.store, lambda: desk.config, desk.clock, lambda: None)


async def told(store: Store) -> list[Bulletin]:
    """Every report, the oldest first."""
    contents = [row.delivery.content for row in reversed(await store.deliveries(limit=99))]
    return [one for one in contents if isinstance(one, Bulletin)]


async def pass_week(desk: Desk, one: TrialReports, days: int = 7) -> None:
    for _ in range(days * 24):
        desk.clock.advance(timedelta(hours=1))
        await one.tick()


async def test_the_first_report_comes_on_the_next_monday_and_tells_what_would_have_been_sent(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    one = reports(desk)
    await one.tick()
    await desk.publish("Nickel prices rise", "Peace talks go on", text=LONG)
    await desk.publish("Nickel prices rise", outlet="nhk", text=LONG)  # a copy
    await pass_week(desk, one)
    (report,) = await told(store)
    assert (report.channel, report.topic, report.subject) == ("#ops", Topic.TRIAL, "nickel")
    assert report.title == "On trial: Nickel would have sent 2 messages"
    assert dict(report.facts)["Volume"] == "2 in 7 days: 1 to #minerals, 1 to #news"
    (part,) = report.parts
    assert [item.text for item in part.items] == ["Nickel prices rise"] * 2


async def test_each_week_is_told_once_across_restarts(
    open_store: Callable[[], Store], clock: FakeClock, tmp_path: Path
) -> None:
    store = open_store()
    desk = Desk(store, clock, tmp_path, RULES)
    await reports(desk).tick()
    await desk.publish("Nickel prices rise")
    for _ in range(3 * 7 * 4):  # a start every six hours, for three weeks
        clock.advance(timedelta(hours=6))
        await store.close()
        store = open_store()
        one = reports(desk, store)
        await one.tick()
        await one.tick()
    found = await told(store)
    assert [report.title for report in found] == [
        "On trial: Nickel would have sent 2 messages",
        "On trial: Nickel would have sent nothing",
        "On trial: Nickel would have sent nothing",
    ]
    await store.close()


async def test_weeks_that_nobody_watched_are_told_together(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    await reports(desk).tick()
    await desk.publish("Nickel prices rise")
    clock.advance(30 * DAY)
    one = reports(desk)
    await one.tick()
    await one.tick()
    (report,) = await told(store)
    assert dict(report.facts)["Volume"].startswith("2 in 30 days")


async def test_several_rules_are_counted_in_one_message_and_told_in_its_thread(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    desk = Desk(store, clock, tmp_path, TWO)
    one = reports(desk)
    await one.tick()
    await desk.publish("Nickel prices rise", "A tin mine opens")
    await pass_week(desk, one)
    first, *pages = await told(store)
    assert (first.title, first.subject) == ("2 rules on trial would have sent 3 messages", "")
    assert [page.subject for page in pages] == ["nickel", "tin"]
    rows = list(reversed(await store.deliveries()))
    assert [row.delivery.kind for row in rows if isinstance(row.delivery.content, Bulletin)] == [
        "post",
        "reply",
        "reply",
    ]


async def test_of_several_those_that_would_have_sent_nothing_are_only_counted(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    desk = Desk(store, clock, tmp_path, TWO)
    one = reports(desk)
    await one.tick()
    await desk.publish("A tin mine opens")
    await pass_week(desk, one)
    first, *pages = await told(store)
    assert [item.text for item in first.parts[0].items] == ["tin (tin)", "Nickel (nickel)"]
    assert [page.subject for page in pages] == ["tin"]


async def test_a_rule_that_counts_stories_would_have_sent_what_its_condition_says(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    counts = RULES.replace("when: nickel, shadow", "when: nickel, count: {n: 2, within: 1h}, shadow")
    desk = Desk(store, clock, tmp_path, counts)
    one = reports(desk)
    await one.tick()
    await desk.publish("Nickel prices rise", "Nickel mine opens")
    await pass_week(desk, one)
    (report,) = await told(store)
    assert dict(report.facts)["Volume"].startswith("2 in 7 days: 1 to #minerals, 1 to #news")
    assert "2 stories in 1 h" in report.parts[0].items[0].remark


async def test_without_an_ops_channel_each_rule_reports_where_it_would_tell(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    desk = Desk(store, clock, tmp_path, TWO.replace('slack: {ops_channel: "#ops"}', ""))
    one = reports(desk)
    await one.tick()
    await pass_week(desk, one)
    assert {(report.channel, report.subject) for report in await told(store)} == {
        ("#minerals", "nickel"),
        ("#tin", "tin"),
    }


async def test_a_rule_that_was_put_on_trial_later_is_not_told_of_the_time_before(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    desk = Desk(store, clock, tmp_path, RULES.replace("shadow: true, ", ""))
    one = reports(desk)
    await one.tick()
    await pass_week(desk, one, 21)
    assert await told(store) == []
    desk.adopt(RULES)
    await desk.publish("Nickel prices rise")
    await pass_week(desk, one)
    (report,) = await told(store)
    assert dict(report.facts)["Volume"].startswith("2 in 7 days")


async def test_a_store_that_cannot_be_written_is_asked_again(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    await reports(desk).tick()
    clock.advance(7 * DAY)
    reader = type(store).open(f"sqlite:///{store.path}", clock=clock, exclusive=False)
    try:
        unwritten = reports(desk, reader)
        await unwritten.tick()
        await unwritten.tick()
    except StoreError:
        raise AssertionError("a report must not bring down what calls it") from None
    finally:
        await reader.close()
    assert await told(store) == []
    await reports(desk).tick()
    assert len(await told(store)) == 1


async def test_a_rule_that_is_promoted_tells_of_new_stories_only(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    await desk.publish("Nickel prices rise")
    desk.adopt(RULES.replace("shadow: true, ", ""))
    await desk.publish("Nickel mine opens")
    assert {title for _, title, _ in await desk.room.told()} == {"Nickel mine opens"}
