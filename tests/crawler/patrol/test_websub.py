"""Subscriptions over a hub on loopback that lies, denies, breaks and forgets, and pushes of which some are forged."""

from __future__ import annotations

import asyncio
import itertools
import re
import socket
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest

from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.clock import SystemClock
from crawler.config import load
from crawler.config.model import FetchConfig, WebSubConfig
from crawler.patrol.websub import WebSub
from crawler.store import Store
from crawler.store.plan import Plan
from crawler.visits.poll import Answer
from crawler.visits.schedule import next_visit
from crawler.visits.standing import Next, Standing
from crawler.visits.subscription import LEASE, Subscription
from tests.crawler.store.makers import Newsroom, WordJudge, entry, poll, source
from tests.fakes import NOON, FakeClock
from tests.hub import Hub, Manners
from tests.server import LOOPBACK, NewsServer
from tests.slack_standin import SlackStandin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from crawler.visits.poll import Claim

PUBLIC = "https://desk.example/hook"
TOPIC = "https://bbc.example/feed"
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))


class Desk:
    """A store with a source that names a hub, and the WebSub that is subscribed there; it can be ended and begun."""

    def __init__(self, open_store: Callable[[], Store], hub: Hub, clock: FakeClock) -> None:
        self._open_store = open_store
        self.hub = hub
        self.clock = clock
        self.fetch = FetchConfig(
            user_agent="Tocsin/1", allow_private=(ip_network("127.0.0.0/8"),), timeout=timedelta(seconds=2)
        )
        self.config = WebSubConfig(host=LOOPBACK, port=0, public_url=PUBLIC)

    async def begin(self, **changes: Any) -> None:
        self.store = self._open_store()
        self.websub = WebSub(replace(self.config, **changes), self.fetch, self.store, self.clock)
        await self.websub.start()
        self.newsroom = Newsroom(self.store, WordJudge({}), self.clock)
        self.hub.public = changes.get("public_url", PUBLIC)
        self.hub.inside = f"http://{LOOPBACK}:{self.websub.port}"

    async def end(self) -> None:
        await self.websub.stop()
        await self.store.close()

    async def source(self, name: str = "bbc", **standing: Any) -> None:
        """Have a source whose document names the hub, visited now and due in an hour."""
        if name not in self.newsroom.sources:
            await self.newsroom.add(source(name), visited=False)
        known = Standing(**{"hub": self.hub.url, "topic": TOPIC} | standing)
        await self.newsroom.visit(name, entry(), plan=Next(at=self.clock.now() + HOUR, why="auto", standing=known))

    async def tick(self) -> None:
        await self.websub.tick()
        await self.hub.settled()

    async def pass_time(self, span: timedelta) -> None:
        self.clock.advance(span)
        await self.tick()

    async def subscription(self) -> Subscription:
        (one,) = await self.store.subscriptions()
        return one

    async def due(self) -> list[Claim]:
        """What would be visited now; it is given back."""
        claims = await self.store.claim(self.clock.now(), 10, MINUTE)
        for one in claims:
            await self.store.release(one)
        return list(claims)

    async def visited(self) -> bool:
        """Visit the source if it is due, find nothing, and come back in an hour."""
        for claim in await self.store.claim(self.clock.now(), 10, MINUTE):
            plan = Next(at=self.clock.now() + HOUR, why="auto", standing=claim.standing)
            await self.store.commit(_visit(claim, self.newsroom, plan))
            return True
        return False


def _visit(claim: Claim, newsroom: Newsroom, plan: Next) -> Any:
    return poll(
        claim, source(claim.source), at=newsroom.clock.now(), plan=plan,
        answer=Answer.UNCHANGED, reason="304", status=304, reading=None,
    )  # fmt: skip


@pytest.fixture
def open_store(sqlite_url: str, clock: FakeClock) -> Callable[[], Store]:
    return lambda: Store.open(sqlite_url, clock=clock)


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    async with Hub() as one:
        yield one


@pytest.fixture
async def desk(open_store: Callable[[], Store], hub: Hub, clock: FakeClock) -> AsyncIterator[Desk]:
    one = Desk(open_store, hub, clock)
    await one.begin()
    yield one
    await one.end()


@pytest.fixture
async def subscribed(desk: Desk) -> Desk:
    await desk.source()
    await desk.tick()
    assert (await desk.subscription()).holds(desk.clock.now())
    return desk


# ---------------------------------------------------------------- subscribing


async def test_a_feed_that_names_a_hub_is_subscribed_to_and_the_hub_may_verify_it(desk: Desk) -> None:
    await desk.source()
    await desk.tick()
    (asked,) = desk.hub.asked
    assert (asked["hub.mode"], asked["hub.topic"]) == ("subscribe", TOPIC)
    assert asked["hub.lease_seconds"] == str(10 * 24 * 3600)
    assert re.fullmatch(re.escape(PUBLIC) + r"/[\w-]{40,}", asked["hub.callback"])
    assert 20 < len(asked["hub.secret"]) < 200
    assert asked["hub.secret"] not in asked["hub.callback"]
    assert desk.hub.agents == ["Tocsin/1"]
    assert [(said.status, said.body) for said in desk.hub.verified] == [(200, desk.hub.challenge)]
    one = await desk.subscription()
    assert (one.until, one.tries, one.trouble) == (NOON + LEASE, 0, "")
    await desk.tick()
    assert len(desk.hub.asked) == 1


async def test_a_feed_without_a_hub_is_not_and_without_a_topic_its_address_is_one(desk: Desk) -> None:
    await desk.source(hub=None)
    await desk.tick()
    assert desk.hub.asked == []
    await desk.source("nhk", topic=None)
    await desk.tick()
    assert [asked["hub.topic"] for asked in desk.hub.asked] == ["https://nhk.example/feed"]


@pytest.mark.parametrize(
    "lies",
    [{"topic": TOPIC + "x"}, {"topic": ""}, {"mode": "unsubscribe"}, {"mode": "publish"}, {"challenge": ""},
     {"challenge": "x" * 5000}],
)  # fmt: skip
async def test_what_was_not_asked_for_is_not_confirmed(desk: Desk, lies: dict[str, str]) -> None:
    desk.hub.manners.lies = lies
    await desk.source()
    await desk.tick()
    assert [said.status for said in desk.hub.verified] == [404]
    assert (await desk.subscription()).until is None
    assert desk.websub.counts["unasked"] == 1
    desk.hub.manners.lies = {}
    await desk.pass_time(11 * MINUTE)  # it did not come back with the right question: it is asked again
    assert (await desk.subscription()).holds(desk.clock.now())


async def test_nobody_can_subscribe_us_to_what_we_did_not_ask_for(subscribed: Desk) -> None:
    form = subscribed.hub.asked[-1]
    before = await subscribed.subscription()
    for said in (
        await subscribed.hub.come(form),  # once more, when nothing is asked
        await subscribed.hub.come(form | {"hub.mode": "unsubscribe"}),
        await subscribed.hub.come(form, topic="https://evil.example/feed"),
    ):
        assert said.status == 404
    elsewhere = form | {"hub.callback": f"{PUBLIC}/some-other-path"}
    assert (await subscribed.hub.come(elsewhere)).status == 410
    assert (await subscribed.hub.push(elsewhere)).status == 410
    assert await subscribed.subscription() == before


async def test_a_hub_that_verifies_before_it_answers_is_heard(desk: Desk) -> None:
    desk.hub.manners = Manners(status=204, first=True)
    await desk.source()
    await desk.tick()
    assert (await desk.subscription()).holds(desk.clock.now())


async def test_a_hub_that_sends_us_elsewhere_is_followed(desk: Desk) -> None:
    desk.hub.manners.redirect = "/other"
    await desk.source()
    await desk.tick()
    assert len(desk.hub.asked) == 2
    assert (await desk.subscription()).holds(desk.clock.now())


@pytest.mark.parametrize("status", [404, 500, 302])
async def test_a_hub_that_refuses_is_asked_again_later_and_polling_goes_on(desk: Desk, status: int) -> None:
    desk.hub.manners.status = status
    await desk.source()
    await desk.tick()
    one = await desk.subscription()
    assert one.trouble.startswith(f"http-{status}")
    assert (one.until, one.next_at) == (None, NOON + MINUTE)
    await desk.tick()
    assert len(desk.hub.asked) == 1
    desk.hub.manners.status = 202
    await desk.pass_time(MINUTE)
    assert (await desk.subscription()).holds(desk.clock.now())


async def test_a_hub_that_never_answers_holds_up_nobody_for_long(desk: Desk) -> None:
    desk.hub.manners.hang = asyncio.Event()
    await desk.source()
    await desk.tick()
    assert (await desk.subscription()).trouble.startswith("timeout")


async def test_a_hub_that_accepts_and_never_verifies_is_asked_again(desk: Desk) -> None:
    desk.hub.manners.verify = False
    await desk.source()
    await desk.tick()
    await desk.pass_time(9 * MINUTE)
    assert len(desk.hub.asked) == 1
    await desk.pass_time(2 * MINUTE)
    assert len(desk.hub.asked) == 2


async def test_a_hub_inside_our_own_network_is_not_asked(
    open_store: Callable[[], Store], hub: Hub, clock: FakeClock
) -> None:
    desk = Desk(open_store, hub, clock)
    desk.fetch = replace(desk.fetch, allow_private=())
    await desk.begin()
    for number, address in enumerate((hub.url, "ftp://hub.example/", "file:///etc/passwd", "nonsense")):
        await desk.source(f"s{number}", hub=address)
    await desk.tick()
    troubles = [one.trouble.partition(":")[0] for one in await desk.store.subscriptions()]
    assert sorted(troubles) == ["bad-url", "bad-url", "bad-url", "blocked-address"]
    assert hub.asked == []
    await desk.end()


async def test_a_denied_subscription_rests_for_a_day(subscribed: Desk) -> None:
    form = subscribed.hub.asked[-1]
    said = await subscribed.hub.come(form, mode="denied", reason="topic is gone")
    one = await subscribed.subscription()
    assert (said.status, one.until, one.trouble) == (200, None, "denied: topic is gone")
    await subscribed.pass_time(23 * HOUR)
    assert len(subscribed.hub.asked) == 1
    await subscribed.pass_time(HOUR)
    assert len(subscribed.hub.asked) == 2


async def test_a_lease_is_renewed_with_the_same_callback_and_secret(subscribed: Desk) -> None:
    await subscribed.pass_time(7 * DAY)
    assert len(subscribed.hub.asked) == 1
    await subscribed.pass_time(DAY)
    first, second = subscribed.hub.asked
    assert first == second
    assert (await subscribed.subscription()).until == NOON + 8 * DAY + LEASE


async def test_a_lease_that_could_not_be_renewed_ends_and_is_asked_for_again(subscribed: Desk) -> None:
    subscribed.hub.manners.status = 500
    for _ in range(12):
        await subscribed.pass_time(DAY)
    assert not (await subscribed.subscription()).holds(subscribed.clock.now())
    assert [claim.pushed for claim in await subscribed.due()] == [None]
    subscribed.hub.manners.status = 202
    await subscribed.pass_time(DAY)
    assert (await subscribed.subscription()).holds(subscribed.clock.now())


# ---------------------------------------------------------------- leaving


async def test_a_source_that_leaves_is_unsubscribed(subscribed: Desk) -> None:
    await subscribed.store.sync_sources([source("nhk")], subscribed.clock.now())
    await subscribed.tick()
    asked = subscribed.hub.asked[-1]
    assert (asked["hub.mode"], asked["hub.topic"]) == ("unsubscribe", TOPIC)
    assert "hub.secret" not in asked
    assert subscribed.hub.verified[-1].status == 200
    assert await subscribed.store.subscriptions() == []
    assert (await subscribed.hub.push(subscribed.hub.asked[0])).status == 410


async def test_a_hub_that_does_not_let_go_is_left_after_three_tries(subscribed: Desk) -> None:
    subscribed.hub.manners.status = 500
    await subscribed.store.sync_sources([source("nhk")], subscribed.clock.now())
    await subscribed.tick()
    for _ in range(5):
        await subscribed.pass_time(DAY)
    assert [asked["hub.mode"] for asked in subscribed.hub.asked] == ["subscribe"] + ["unsubscribe"] * 3
    assert await subscribed.store.subscriptions() == []


async def test_a_feed_that_names_another_topic_is_subscribed_to_anew(subscribed: Desk) -> None:
    await subscribed.source(topic=TOPIC + "/new")
    await subscribed.tick()
    assert sorted((asked["hub.mode"], asked["hub.topic"]) for asked in subscribed.hub.asked[1:]) == [
        ("subscribe", TOPIC + "/new"),
        ("unsubscribe", TOPIC),
    ]
    assert [one.topic for one in await subscribed.store.subscriptions()] == [TOPIC + "/new"]


# ---------------------------------------------------------------- pushes


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_a_push_makes_the_source_due_at_once_and_again_a_minute_later(subscribed: Desk, method: str) -> None:
    assert await subscribed.due() == []
    subscribed.clock.advance(SECOND)
    said = await subscribed.hub.push(subscribed.hub.asked[0], method=method)
    assert said.status == 200
    (claim,) = await subscribed.due()
    assert (claim.source, claim.pushed) == ("bbc", subscribed.clock.now())
    assert await subscribed.visited()
    await subscribed.pass_time(59 * SECOND)
    assert not await subscribed.visited()
    await subscribed.pass_time(SECOND)  # what serves the feed may lag behind the hub
    assert await subscribed.visited()
    await subscribed.pass_time(10 * MINUTE)
    assert not await subscribed.visited()


async def test_a_forged_push_is_answered_like_any_other_and_changes_nothing(subscribed: Desk) -> None:
    form, subscribed_as = subscribed.hub.asked[0], await subscribed.subscription()
    good = (await subscribed.hub.push(form, signature="sha256=" + "0" * 64)).status
    forged = [
        await subscribed.hub.push(form, signature=signature)
        for signature in (" ", "sha256=", "sha256", "=", "md5=d41d8cd98f00b204e9800998ecf8427e", "sha256=é")
    ]
    other = await subscribed.hub.push(form | {"hub.secret": "guessed"})
    assert {good, other.status, *(said.status for said in forged)} == {200}
    assert subscribed.websub.counts == {"forged": 8}
    assert await subscribed.due() == []
    assert await subscribed.subscription() == subscribed_as


async def test_a_storm_of_pushes_causes_one_visit_a_minute(subscribed: Desk) -> None:
    form, visits = subscribed.hub.asked[0], 0
    for second in itertools.count():
        if second < 180:
            assert (await subscribed.hub.push(form)).status == 200  # a replayed push is a push like any other
        visits += await subscribed.visited()
        if second == 400:
            break
        await subscribed.pass_time(SECOND)
    assert subscribed.websub.counts["pushed"] == 180
    assert visits == 5  # at once, after each of three minutes, and a last time
    assert (await subscribed.subscription()).pushes == 180


async def test_a_push_does_not_wake_a_source_that_is_left_alone(subscribed: Desk) -> None:
    await subscribed.source(failures=2, failing_since=NOON)
    assert (await subscribed.hub.push(subscribed.hub.asked[0])).status == 200
    assert await subscribed.due() == []


async def test_a_body_that_is_too_large_is_refused(subscribed: Desk) -> None:
    subscribed.websub.configure(replace(subscribed.fetch, max_body=1000))
    form = subscribed.hub.asked[0]
    assert (await subscribed.hub.push(form, b"x" * 1001)).status == 413
    assert await subscribed.due() == []
    assert (await subscribed.hub.push(form, b"x" * 1000)).status == 200
    assert len(await subscribed.due()) == 1


async def test_other_methods_are_not_answered(subscribed: Desk) -> None:
    _, writer = streams = await asyncio.open_connection(LOOPBACK, subscribed.websub.port)
    writer.write(b"DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b" 405 " in await streams[0].readline()
    writer.close()


# ---------------------------------------------------------------- restarts, and the configuration


async def test_subscriptions_and_second_looks_survive_a_restart(subscribed: Desk) -> None:
    form = subscribed.hub.asked[0]
    await subscribed.hub.push(form)
    assert await subscribed.visited()
    await subscribed.end()
    await subscribed.begin()
    await subscribed.pass_time(MINUTE)
    assert await subscribed.visited()
    assert (await subscribed.hub.push(form)).status == 200
    assert len(subscribed.hub.asked) == 1


async def test_under_another_public_address_everything_is_subscribed_to_anew(subscribed: Desk) -> None:
    await subscribed.end()
    await subscribed.begin(public_url="https://new.example/hook/")
    subscribed.hub.public = "https://new.example/hook"
    await subscribed.tick()
    assert subscribed.hub.asked[-1]["hub.callback"].startswith("https://new.example/hook/")
    assert (await subscribed.subscription()).holds(subscribed.clock.now())


async def test_while_the_port_is_taken_nothing_is_subscribed_to_and_it_is_tried_again(
    open_store: Callable[[], Store], hub: Hub, clock: FakeClock
) -> None:
    desk = Desk(open_store, hub, clock)
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        desk.config = replace(desk.config, port=taken.getsockname()[1])
        await desk.begin()
        await desk.source()
        await desk.tick()
        assert hub.asked == []
    await desk.websub._listen()
    hub.inside = f"http://{LOOPBACK}:{desk.websub.port}"
    await desk.tick()
    assert (await desk.subscription()).holds(desk.clock.now())
    await desk.end()


# ---------------------------------------------------------------- what it means for polling


@pytest.mark.parametrize(
    ("pushed", "last_new", "wait"),
    [
        (NOON - MINUTE, NOON, HOUR),  # the visit found what the push had announced
        (NOON - DAY, NOON - DAY + MINUTE, HOUR),  # nothing new since
        (NOON - DAY, NOON, None),  # it found what no push had announced
        (None, NOON, None),
    ],
)
async def test_a_source_whose_hub_tells_of_news_is_looked_at_once_an_hour(
    subscribed: Desk, pushed: Any, last_new: Any, wait: timedelta | None
) -> None:
    (claim,) = await subscribed.store.claim(NOON + HOUR, 1, MINUTE)
    rhythm = replace(claim.standing.rhythm, found=96.0, watched=24.0, last_new=last_new, at=NOON - MINUTE)
    claim = replace(claim, pushed=pushed, standing=replace(claim.standing, rhythm=rhythm), due=NOON)
    visit = _visit(claim, subscribed.newsroom, Next(at=NOON, why=""))
    decided = next_visit(visit, (await subscribed.newsroom.store.apply(_nothing)), luck=0.0)
    if wait:
        assert (decided.at, decided.why) == (NOON + wait, "auto 1h: its hub tells of news")
    else:
        assert decided.at < NOON + HOUR
    fixed = replace(visit, source=replace(visit.source, every=5 * MINUTE))
    assert next_visit(fixed, await subscribed.newsroom.store.apply(_nothing), luck=0.0).at == NOON + 5 * MINUTE


def _nothing(_memory: Any) -> Plan:
    return Plan()


WALK = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test, api_url: "{slack}"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{delay: 0s}}}}
defaults: {{every: 1h, to: ["#news"], fulltext: never}}
sources: [{{id: wire, kind: feed, url: "{feed}"}}]
rules: [{{id: talks, when: talks}}]
{websub}
"""


def _feed(hub: Hub, *titles: str) -> str:
    items = "".join(
        f"<entry><title>{title}</title><id>{title}</id><updated>{SystemClock().now().isoformat()}</updated></entry>"
        for title in titles
    )
    head = f'<title>Wire</title><link rel="hub" href="{hub.url}"/><link rel="self" href="{TOPIC}"/>'
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{head}{items}</feed>'


@asynccontextmanager
async def _running(path: Path) -> AsyncIterator[App]:
    config = load(path, {})
    async with notifier(config) as teller, App(config, teller, SystemClock(), console=False) as app:
        stop = asyncio.Event()
        running = asyncio.create_task(app.run(stop))
        try:
            yield app
        finally:
            stop.set()
            await running


async def test_a_push_brings_a_story_to_slack_within_seconds_instead_of_an_hour(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    async with Hub() as hub, NewsServer() as web, SlackStandin() as slack:
        websub = f'websub: {{listen: "{LOOPBACK}:{port}", public_url: "{PUBLIC}"}}'
        path = tmp_path / "config.yaml"
        path.write_text(WALK.format(slack=slack.api_url, feed=web.url("/feed"), websub=websub))
        hub.public, hub.inside = PUBLIC, f"http://{LOOPBACK}:{port}"
        web.publish("/feed", _feed(hub, "First"))
        async with _running(path) as app, asyncio.timeout(30):
            while not hub.verified:
                await app.websub.tick()  # type: ignore[union-attr] # it is configured
                await asyncio.sleep(0.05)
            assert hub.verified[0].status == 200
            web.publish("/feed", _feed(hub, "Second talks", "First"))
            await hub.push(hub.asked[0])
            while not any("Second talks" in text for text in slack.texts("news")):  # noqa: ASYNC110 -- Slack has no event
                await asyncio.sleep(0.05)
        path.write_text(WALK.format(slack=slack.api_url, feed=web.url("/feed"), websub=""))
        async with _running(path) as app, asyncio.timeout(30):
            while await app.store.subscriptions():  # noqa: ASYNC110 -- without `websub:` nobody would hear of them
                await asyncio.sleep(0.05)
