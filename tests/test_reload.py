"""Hot reload from end to end: a file is edited while the real program runs against a news web and a Slack."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from alerts.policy import Reason
from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.clock import SystemClock
from crawler.config import load
from crawler.reload import examine
from tests.daemon import HURRIED
from tests.fakes import AheadClock
from tests.server import NewsServer
from tests.slack_standin import Options, SlackStandin
from tests.test_walk import News, rss

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

CONFIG = """
store: sqlite:///tocsin.db
slack: {{token_file: token, api_url: "{slack}"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, timeout: 2s}}
defaults: {{every: 1s, to: ["#news"], fulltext: never}}
include: [rules/*.yaml]
sources:
  - {{id: wire, name: Pacific Wire, kind: feed, url: "{web}/wire.xml"}}
"""
RULES = """
rules:
  - id: pact
    when: reciprocal access
    tests: {match: [A reciprocal access pact was signed.]}
"""
PACT, NICKEL = "Reciprocal access pact signed", "Nickel plant closes"


class Desk:
    """The running program, and the hands that edit its files."""

    def __init__(self, folder: Path, web: NewsServer, slack: SlackStandin, clock: AheadClock) -> None:
        self.web, self.slack, self.clock = web, slack, clock
        self.file, self.rules, self.token = folder / "config.yaml", folder / "rules/main.yaml", folder / "token"
        self.rules.parent.mkdir()
        self.text = CONFIG.format(slack=slack.api_url, web=web.url("").rstrip("/"))
        self.file.write_text(self.text)
        self.rules.write_text(RULES)
        self.token.write_text("xoxb-test")
        self.publish("wire")
        self.app: App

    def publish(self, source: str, *titles: str, age: timedelta = timedelta(minutes=1)) -> None:
        self.web.publish(f"/{source}.xml", rss(*(News(title=title, text="", age=age) for title in titles)))

    async def looks(self, times: int = 2) -> None:
        assert self.app.reloader is not None
        for _ in range(times):
            await self.app.reloader.look()

    async def round(self, later: timedelta = timedelta(hours=1)) -> list[str]:
        self.clock.ahead += later
        await self.app.once()
        return self.slack.texts("news")

    async def reasons(self, title: str) -> set[Reason]:
        outcomes = await self.app.store.outcomes(SystemClock().now() - timedelta(days=9))
        return {ruling.reason for one in outcomes if one.title == title for ruling in one.rulings}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = AheadClock()
    async with NewsServer() as web, SlackStandin(Options(now=clock.now)) as slack:
        desk = Desk(tmp_path, web, slack, clock)
        config, reread = load(desk.file, {}), partial(examine, desk.file, {})
        async with notifier(config) as teller, App(config, teller, clock, pace=HURRIED, reread=reread) as desk.app:
            await desk.round()
            yield desk


@pytest.fixture
def events(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What the reloader said since the last question, by event."""
    caplog.set_level("INFO", "crawler.reload")

    def said() -> list[str]:
        found = [record.getMessage() for record in caplog.records if record.name == "crawler.reload"]
        caplog.clear()
        return found

    return said


def facts(caplog: pytest.LogCaptureFixture) -> dict[str, object]:
    (record,) = [record for record in caplog.records if record.name == "crawler.reload"]
    caplog.clear()
    return vars(record)


async def test_the_next_story_is_judged_by_the_edited_rules_and_the_past_is_not_told_again(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "crawler.reload")
    desk.publish("wire", NICKEL)
    assert await desk.round() == []
    desk.rules.write_text(RULES + "  - {id: nickel, when: nickel}\n")
    await desk.looks()
    said = facts(caplog)
    assert (said["msg"], said["rules_added"]) == ("reloaded", "nickel")
    assert await desk.round() == []
    desk.publish("wire", NICKEL, "Nickel price jumps", PACT)
    texts = await desk.round()
    assert [any(title in text for text in texts) for title in (NICKEL, "Nickel price jumps", PACT)] == [
        False,
        True,
        True,
    ]
    assert await desk.reasons(NICKEL) == set()


async def test_a_condition_on_the_stream_holds_from_the_reload_on(desk: Desk) -> None:
    desk.rules.write_text("rules: [{id: pact, when: reciprocal access, silence: 1h}]\n")
    await desk.looks()
    desk.publish("wire", PACT)
    assert await desk.round() == []
    rounds = [await desk.round(timedelta(minutes=20)) for _ in range(5)]
    assert rounds[0] == rounds[1] == []
    (text,) = rounds[-1]
    assert "pact" in text


async def test_a_limit_holds_from_the_reload_on_and_what_it_holds_back_is_summed_up(desk: Desk) -> None:
    desk.rules.write_text(f"{RULES}    quiet: {{at_most: 1/2h}}\n")
    await desk.looks()
    desk.publish("wire", *(f"{PACT} by {name}" for name in ("Fiji", "Samoa", "Tonga")))
    assert len(await desk.round(timedelta(minutes=1))) == 1
    assert len(await desk.round()) == 1
    _, summary = await desk.round()
    assert "2 stories held back (at most 1 message in 2 h), newest first" in summary


async def test_a_rule_that_tells_of_new_sources_knows_those_of_the_past(desk: Desk) -> None:
    desk.publish("wire", NICKEL)
    await desk.round()
    await desk.round(timedelta(days=2))
    desk.rules.write_text(RULES + "  - {id: nickel, when: nickel, first_seen: source}\n")
    await desk.looks()
    desk.publish("wire", "Nickel price jumps")
    assert await desk.round() == []
    assert await desk.reasons("Nickel price jumps") == {Reason.COUNTED}


async def test_an_edited_rule_holds_for_the_next_story_and_the_rules_have_another_revision(desk: Desk) -> None:
    before = desk.app.config.rules.revision
    desk.rules.write_text(RULES.replace("reciprocal access\n", "(reciprocal access, nickel)\n"))
    await desk.looks()
    assert desk.app.config.rules.revision != before
    desk.publish("wire", NICKEL)
    assert len(await desk.round()) == 1


async def test_a_refused_file_leaves_the_old_rules_in_force_and_is_told_once(
    desk: Desk, caplog: pytest.LogCaptureFixture, events: Callable[[], list[str]]
) -> None:
    desk.rules.write_text("rules:\n  - {id: pact, wehn: nickel}\n")
    await desk.looks(2)
    problems = str(facts(caplog)["problems"])
    assert f"{desk.rules}:2:" in problems
    assert "`wehn` is not known" in problems
    await desk.looks(5)
    assert events() == []
    desk.publish("wire", PACT, NICKEL)
    (text,) = await desk.round()
    assert PACT in text
    desk.rules.write_text("rules:\n  - {id: pact, when: nickel AND}\n")
    await desk.looks(5)
    assert events() == ["configuration-refused"]
    desk.rules.write_text("rules:\n  - {id: pact, when: nickel}\n")
    await desk.looks(5)
    assert events() == ["reloaded"]
    desk.publish("wire", PACT, "Nickel mine reopens")
    assert "Nickel mine reopens" in (await desk.round())[-1]


async def test_rules_that_fail_their_own_tests_are_refused(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.rules.write_text(RULES.replace("when: reciprocal access", "when: reciprocal trade"))
    await desk.looks()
    said = facts(caplog)
    assert said["msg"] == "configuration-refused"
    assert "the rule pact does not match this test" in str(said["problems"])
    desk.publish("wire", PACT)
    assert len(await desk.round()) == 1


async def test_a_file_half_written_is_not_taken(desk: Desk, events: Callable[[], list[str]]) -> None:
    whole = RULES + "  - {id: nickel, when: nickel}\n"
    desk.rules.write_text("rules: []\n")  # sound by itself
    await desk.looks(1)
    desk.rules.write_text(whole[: len(RULES) // 2])
    await desk.looks(1)
    desk.rules.write_text(whole)
    await desk.looks(1)
    assert events() == []
    await desk.looks(1)
    assert events() == ["reloaded"]
    assert [rule.id for rule in desk.app.config.rules.rules] == ["pact", "nickel"]


async def test_what_is_written_while_it_is_read_is_read_again(tmp_path: Path, desk: Desk) -> None:
    reads = 0

    def read_slowly() -> object:
        nonlocal reads
        reads += 1
        attempt = examine(desk.file, {})
        if reads == 1:
            (tmp_path / "rules/main.yaml").write_text(RULES + "  - {id: nickel, when: nickel}\n")
        return attempt

    assert desk.app.reloader is not None
    desk.app.reloader._read = read_slowly  # type: ignore[assignment]  # the writer that is quicker than the reader
    desk.rules.write_text("rules: []\n")
    await desk.looks(2)
    assert [rule.id for rule in desk.app.config.rules.rules] == ["pact"]
    await desk.looks(2)
    assert [rule.id for rule in desk.app.config.rules.rules] == ["pact", "nickel"]
    assert reads == 2


async def test_a_file_that_joins_the_included_folder_is_taken_and_one_that_leaves_it_is_dropped(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "crawler.reload")
    more = desk.rules.with_name("more.yaml")
    more.write_text("entities: {nickel: {aliases: [nickel]}}\nrules: [{id: nickel, when: $nickel}]\n")
    await desk.looks()
    said = facts(caplog)
    assert (said["rules_added"], said["names_added"]) == ("nickel", "nickel")
    more.unlink()
    await desk.looks()
    said = facts(caplog)
    assert (said["rules_removed"], said["names_removed"]) == ("nickel", "nickel")


async def test_a_configuration_that_vanishes_leaves_everything_as_it_was(
    desk: Desk, caplog: pytest.LogCaptureFixture, events: Callable[[], list[str]]
) -> None:
    text = desk.file.read_text()
    desk.file.unlink()
    await desk.looks(4)
    assert "cannot be read" in str(facts(caplog)["problems"])
    desk.publish("wire", PACT)
    assert len(await desk.round()) == 1
    desk.file.write_text(text)
    await desk.looks(4)
    assert events() == ["reloaded"]


async def test_an_added_source_starts_as_a_baseline(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "crawler.reload")
    desk.publish("gazette", "Old reciprocal access notes", age=timedelta(days=3))
    address = desk.web.url("/gazette.xml")
    desk.file.write_text(f"{desk.text}  - {{id: gazette, kind: feed, url: '{address}'}}\n")
    await desk.looks()
    assert facts(caplog)["sources_added"] == "gazette"
    assert await desk.round() == []
    assert await desk.reasons("Old reciprocal access notes") == {Reason.BACKLOG}
    desk.publish("gazette", PACT)
    assert len(await desk.round()) == 1


async def test_a_removed_source_is_no_longer_visited_and_a_moved_one_at_its_new_address(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "crawler.reload")
    visits = desk.web.count("/wire.xml")
    desk.web.publish("/moved.xml", rss())
    desk.file.write_text(desk.text.replace("/wire.xml", "/moved.xml"))
    await desk.looks()
    assert facts(caplog)["sources_edited"] == "wire"
    await desk.round()
    assert (desk.web.count("/wire.xml"), desk.web.count("/moved.xml")) == (visits, 1)
    desk.file.write_text(desk.text.partition("sources:")[0] + "sources: []\n")
    await desk.looks()
    assert facts(caplog)["sources_removed"] == "wire"
    await desk.round()
    assert desk.web.count("/moved.xml") == 1


async def test_a_source_that_is_added_again_tells_only_what_is_new_and_young(desk: Desk) -> None:
    desk.publish("wire", PACT)
    assert len(await desk.round()) == 1
    desk.file.write_text(desk.text.partition("sources:")[0] + "sources: []\n")
    await desk.looks()
    old, young = f"{PACT} long ago", f"{PACT} just now"
    news = [News(title=PACT, text=""), News(title=young, text=""), News(title=old, text="", age=timedelta(days=3))]
    desk.web.publish("/wire.xml", rss(*news))
    desk.file.write_text(desk.text)
    await desk.looks()
    assert len(await desk.round()) == 2
    assert await desk.reasons(old) == {Reason.BACKLOG}
    assert await desk.reasons(young) == {Reason.FIRST}


async def test_limits_change_at_once_and_what_needs_a_restart_is_said_and_kept(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "crawler.reload")
    text = desk.text.replace("timeout: 2s", "timeout: 3s, user_agent: Desk/1").replace("tocsin.db", "other.db")
    desk.file.write_text(text + "cards: {same_story: 1h}\n")
    await desk.looks()
    said = facts(caplog)
    assert (said["settings"], said["needs_restart"]) == ("fetch, cards", "store")
    assert desk.app.config.store.endswith("tocsin.db")
    await desk.round()
    assert desk.web.requests("/wire.xml")[-1].headers["user-agent"] == "Desk/1"
    desk.publish("wire", PACT)
    assert len(await desk.round()) == 1


async def test_a_new_token_needs_a_restart_and_is_never_printed(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "crawler.reload")
    desk.token.write_text("xoxb-renewed")
    await desk.looks()
    assert "renewed" not in caplog.text
    assert facts(caplog)["needs_restart"] == "slack"
    token = desk.app.config.slack.token
    assert token is not None
    assert token.reveal() == "xoxb-test"


async def test_a_comment_changes_nothing(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "crawler.reload")
    desk.rules.write_text(f"# our rules\n{RULES}")
    await desk.looks()
    assert facts(caplog)["changed"] == "nothing"


async def test_being_asked_reads_everything_anew_and_tells_a_refusal_again(
    desk: Desk, events: Callable[[], list[str]]
) -> None:
    assert desk.app.reloader is not None
    desk.app.reloader.ask()
    await desk.looks(3)
    assert events() == ["reloaded"]
    desk.rules.write_text("rules: x\n")
    await desk.looks(3)
    desk.app.reloader.ask()
    await desk.looks(3)
    assert events() == ["configuration-refused"] * 2


async def says(process: asyncio.subprocess.Process, words: str) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(30):
        while line := (await process.stderr.readline()).decode():
            if words in line:
                return line
    raise AssertionError(f"the daemon ended before it said {words}")


async def test_the_daemon_reloads_by_itself_and_on_sighup(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    text = "console: null\nsources: []\nrules:\n  - {id: pact, when: pact, to: '#news', tests: {match: [nickel]}}\n"
    file.write_text(text)
    command = [sys.executable, "-c", "from crawler.cli import main; main()", "run", "--config", str(file)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE, env=dict(os.environ))
    try:
        await says(process, "Rules fail their own tests")
        await says(process, "event=started")
        process.send_signal(signal.SIGHUP)  # too early to matter, and no reason to die
        file.write_text(text.replace("[nickel]", "[pact]") + "  - {id: nickel, when: nickel, to: '#news'}\n")
        assert "rules_added=nickel rules_edited=pact" in await says(process, "event=reloaded")
        process.send_signal(signal.SIGHUP)
        assert "changed=nothing" in await says(process, "event=reloaded")
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            await process.communicate()
        assert process.returncode == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
