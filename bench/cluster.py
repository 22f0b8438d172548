"""Workers that share a PostgreSQL store: what comes of it when one dies, hangs or loses the server, and their speed.

PostgreSQL, a web of many hosts on loopback and the stand-in for Slack are real servers, the workers the real daemon.
After each trial what stands in Slack is compared with what the web has shown, and the web says how often two requests
overlapped at one host.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, LiteralString

import aiohttp

from bench.hosts import CHANNELS
from bench.kills import pages_of_storms
from bench.relay import Relay
from crawler.clock import SystemClock
from tests.postgres import Server, programs
from tests.slack_socket import SocketStandin
from tests.slack_standin import Options, SlackStandin, key_of
from tests.slack_workspace import Channel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

SOURCES = 3_000
PER_HOST = 5  # sources
WORKERS = 3
AT = 0.3  # of the sources are asked for, when the trouble begins
PAUSED = timedelta(seconds=9)  # that a worker is stopped; a lease lasts six
CUT = timedelta(seconds=30)  # that a worker is cut off from the server
AWAY = timedelta(seconds=2)  # that the server is away
LONGEST = timedelta(minutes=3)  # after which a trial has failed
LOOK = timedelta(milliseconds=100)
RESTARTS, ROLLED = 100, 300  # restarts of workers, and sources that are visited meanwhile

CONFIG = """
store: {store}
engine: {engine}
console: null
slack: {{token: xoxb-test, app_token: {app_token}, api_url: "{slack}"}}
fetch:
  allow_private: [127.0.0.0/8]
  concurrency: 64
  per_host: {{concurrency: 1, delay: 0s}}
defaults: {{every: {every}, fulltext: never, backlog: all}}
sources:
{sources}
rules:
{rules}
"""

_CLOCK = SystemClock()
_FATE = """
SELECT concat_ws(' ', v.rule, v.reason, o.state, o.reason, o.parent) FROM story_version t
JOIN verdict v USING (story_id, version) LEFT JOIN outbox o ON o.key = v.delivery WHERE t.title = %s
"""
_SOME = 20  # visits
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a trial."""

    name: str
    sources: int
    polled: int
    visits: int
    overlaps: int
    told: int
    lost: Sequence[str]
    doubled: Sequence[str]
    disorder: Sequence[str]  # keys of messages behind younger ones without an excuse, and of replies without a parent
    asked: timedelta  # from the trouble until all were asked for
    took: timedelta  # … and stored and told

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, doubled or impolite."""
        return not (self.lost or self.doubled or self.disorder or self.overlaps) and self.polled == self.sources

    def __str__(self) -> str:
        said = (
            f"{self.name}: {self.polled} of {self.sources} sources polled in {self.visits} visits, "
            f"{self.overlaps} overlaps at a host; {self.told} told, {len(self.lost)} lost, {len(self.doubled)} "
            f"doubled, {len(self.disorder)} out of order; "
            f"all asked {self.asked.total_seconds():.1f} s and done {self.took.total_seconds():.1f} s after it"
        )
        bad = f"{said}\n  lost {self.lost}, doubled {self.doubled}, out of order {self.disorder}"
        return said if self.is_good else bad


class Trial:
    """A store, a web, a Slack, and workers."""

    def __init__(
        self,
        folder: Path,
        server: Server,
        *,
        port: int,
        slack: SlackStandin,
        http: aiohttp.ClientSession,
        sources: int,
        every: str,
    ) -> None:
        self.server = server
        self.slack = slack
        self.sources = sources
        self.database = server.make()
        self.workers: list[asyncio.subprocess.Process] = []
        self._folder = folder
        self._port = port
        self._http = http
        self._every = every

    def config(self, name: str = "config", store: str | None = None, engine: str = "auto") -> Path:
        """Write a configuration, and return its path."""
        hosts = max(self.sources // PER_HOST, 1)
        places = (f"127.{1 + n % hosts // 250}.{n % hosts % 250}.1:{self._port}/feed/{n}" for n in range(self.sources))
        listed = "\n".join(f"  - {{id: s{n}, kind: feed, url: 'http://{at}'}}" for n, at in enumerate(places))
        path = self._folder / f"{name}.yaml"
        path.write_text(
            CONFIG.format(
                store=store or self.server.url(self.database),
                engine=engine,
                slack=self.slack.api_url,
                app_token="xapp-test" if isinstance(self.slack, SocketStandin) else "null",
                every=self._every,
                sources=listed,
                rules="\n".join(f"  - {{id: r{n}, when: pact{n}, to: ['#c{n}']}}" for n in range(CHANNELS)),
            )
        )
        return path

    async def start(self, config: Path) -> asyncio.subprocess.Process:
        """Start a worker."""
        with (self._folder / f"worker{len(self.workers)}.log").open("wb") as log:
            words = [sys.executable, "-m", "tests.daemon", str(config)]
            worker = await asyncio.create_subprocess_exec(*words, stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    async def until_at_work(self) -> None:
        """Wait until the worker that was started last is at work, and some visits more were made."""
        log = self._folder / f"worker{len(self.workers) - 1}.log"
        visits = (await self.counts())["visits"]

        async def is_so() -> bool:
            begun = "event=started" in await asyncio.to_thread(log.read_text, "utf-8")
            return begun and (await self.counts())["visits"] > visits + _SOME

        await wait(is_so)

    async def stop(self) -> None:
        """End all workers, as a supervisor does."""
        alive = [worker for worker in self.workers if worker.returncode is None]
        for worker in alive:
            worker.send_signal(signal.SIGCONT)
            worker.terminate()
        for worker in alive:
            await ended(worker)

    async def counts(self) -> dict[str, Any]:
        """Return what the web has counted."""
        async with self._http.get(f"http://127.0.0.1:{self._port}/counts") as answer:
            told: dict[str, Any] = await answer.json()
        return told

    async def until(self, share: float) -> None:
        """Wait until such a share of the sources was asked for."""

        async def is_so() -> bool:
            return bool((await self.counts())["feeds"] >= share * self.sources)

        await wait(is_so)

    async def until_known(self) -> None:
        """Wait until the sources are in the store, and let them all be due: new ones are spread over a minute."""

        async def is_so() -> bool:
            return await asyncio.to_thread(self._ask, "SELECT count(*) FROM source") == self.sources

        await wait(is_so)
        await self.make_due()

    async def until_all_is_told(self) -> None:
        """Let no feed bring anything more, and one worker see and tell what the others left."""
        async with self._http.get(f"http://127.0.0.1:{self._port}/still"):
            now = _CLOCK.now()
        last = await self.start(self.config("last", engine="embedded"))
        await self.until_settled(now)
        last.terminate()
        await ended(last)

    async def until_settled(self, since: datetime | None = None) -> None:
        """Wait until every source was visited since a moment and every message is told, as the database says."""
        await wait(lambda: asyncio.to_thread(self._is_settled, since or _LONG_AGO))

    async def make_due(self) -> datetime:
        """Let every source be due now, and count anew; return when that was."""
        async with self._http.get(f"http://127.0.0.1:{self._port}/forget"):
            now = _CLOCK.now()
            await asyncio.to_thread(self._ask, "UPDATE source SET next_due = %s", _ms(now))
        return now

    async def outcome(self, name: str, asked: timedelta, took: timedelta) -> Outcome:
        """Compare what was shown with what stands in Slack."""
        counts = await self.counts()
        cards = [
            json.dumps(one.get("blocks") or one["text"], ensure_ascii=False)
            for channel in self.slack.channels.values()
            for one in channel.messages
            if key_of(one) and not (key_of(one) or "").startswith("storm-")
        ]
        pages = list(pages_of_storms(self.slack))  # a storm's message lists what it keeps back in its thread
        ways = ([one for one in cards if one not in pages], pages)
        times = {title: [sum(title in text for text in way) for way in ways] for title in counts["wanted"]}
        report = self.slack.report()
        keys = await asyncio.to_thread(self.ask, "SELECT key FROM outbox WHERE attempts <= 1 ORDER BY queued, key")
        return Outcome(
            name=name,
            sources=self.sources,
            polled=counts["feeds"],
            visits=counts["visits"],
            overlaps=counts["overlaps"],
            told=sum(any(found) for found in times.values()),
            lost=[await asyncio.to_thread(self._fate, title) for title, found in times.items() if not any(found)],
            doubled=[*(title for title, found in times.items() if max(found) > 1), *report.doubled],
            disorder=[*disorder(self.slack.places().values(), keys), *report.dangling],
            asked=asked,
            took=took,
        )

    def _fate(self, title: str) -> str:
        """Return a title with what the store says of it."""
        said = self.ask(_FATE, title)
        return f"{title} ({', '.join(said) or 'no rule held for it, or it was never seen'})"

    def _is_settled(self, since: datetime) -> bool:
        visited = self._ask("SELECT count(*) FROM source WHERE last_ok >= %s", _ms(since))
        open_ = self._ask("SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'folded') OR audit_due IS NOT NULL")
        return visited == self.sources and open_ == 0

    def _ask(self, statement: LiteralString, *values: int) -> int | None:
        """Return the number that a statement finds; None while the server is away, or where there is none."""
        found: int | None = next(iter(self.ask(statement, *values)), None)
        return found

    def ask(self, statement: LiteralString, *values: int | str) -> list[Any]:
        """Return the first column of what a statement finds; nothing while the server is away."""
        import psycopg

        address = self.server.url(self.database).replace("+psycopg", "")
        try:
            with psycopg.connect(address, connect_timeout=2) as one:
                done = one.execute(statement, values)
                return [row[0] for row in done] if done.description else []
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable):  # away, or new
            return []


@asynccontextmanager
async def trial(
    folder: Path, sources: int, every: str = "6h", slack: Callable[[Options], SlackStandin] = SlackStandin
) -> AsyncIterator[Trial]:
    """Set a trial up in an empty folder; ends the program where PostgreSQL is not installed."""
    found = programs()
    if found is None:
        sys.exit("PostgreSQL is not installed")
    async with AsyncExitStack() as stack:
        server = stack.enter_context(Server(found, folder / "pg"))
        hosts = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.hosts", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        stack.push_async_callback(hosts.wait)
        stack.callback(hosts.kill)
        line = await hosts.stdout.readline() if hosts.stdout else b""
        channels = tuple(Channel(id=f"C{number:09}", name=f"c{number}") for number in range(CHANNELS))
        standin = await stack.enter_async_context(slack(Options(channels=channels)))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        port = json.loads(line)["port"]
        one = Trial(folder, server, port=port, slack=standin, http=http, sources=sources, every=every)
        stack.push_async_callback(one.stop)
        yield one


async def play(name: str, folder: Path, sources: int = SOURCES, workers: int = WORKERS) -> Outcome:
    """Let workers crawl, make trouble when they have begun, and say what came of it."""
    async with trial(folder, sources) as one, AsyncExitStack() as stack:
        first = one.config()
        relay = await stack.enter_async_context(Relay(one.server.port))
        by_relay = one.server.url(one.database).replace(f":{one.server.port}/", f":{relay.port}/")
        for number in range(workers):
            await one.start(one.config("relayed", by_relay) if name == "cut" and number == 0 else first)
        await one.until_known()
        await one.until_settled()
        due = await one.make_due()
        await one.until(AT)
        began = _CLOCK.now()
        await TROUBLES[name](one, relay)
        await one.until(1.0)
        polled = _CLOCK.now() - began
        await one.until_settled(due)
        return await one.outcome(name, polled, _CLOCK.now() - began)


async def nothing(one: Trial, relay: Relay) -> None:
    """Let them work."""
    del one, relay


async def kill(one: Trial, relay: Relay) -> None:
    """End one of them with kill -9."""
    del relay
    one.workers[0].kill()


async def pause(one: Trial, relay: Relay) -> None:
    """Stop one past its lease, and let it go on."""
    del relay
    one.workers[0].send_signal(signal.SIGSTOP)
    await _rest(PAUSED)
    one.workers[0].send_signal(signal.SIGCONT)


async def cut(one: Trial, relay: Relay) -> None:
    """Cut one off from the server for a while."""
    del one
    relay.cut()
    await _rest(CUT)
    relay.join()


async def restart(one: Trial, relay: Relay) -> None:
    """Restart the server under them."""
    del relay
    await asyncio.to_thread(one.server.stop, "fast")
    await _rest(AWAY)
    await asyncio.to_thread(one.server.start)


TROUBLES: dict[str, Callable[[Trial, Relay], Awaitable[None]]] = {
    "nothing": nothing,
    "kill": kill,
    "pause": pause,
    "cut": cut,
    "restart": restart,
}


async def roll(folder: Path, restarts: int = RESTARTS, sources: int = ROLLED) -> Outcome:
    """Restart workers in turn while sources are visited every ten seconds."""
    async with trial(folder, sources, every="10s") as one:
        config = one.config()
        crew = [await one.start(config) for _ in range(WORKERS)]
        await one.until(1.0)
        began = _CLOCK.now()
        for _ in range(restarts):
            old = crew.pop(0)
            crew.append(await one.start(config))
            await one.until_at_work()
            old.terminate()
            await ended(old)
        # What the last visits brought is told before they end.
        await one.stop()
        await one.until_all_is_told()
        took = _CLOCK.now() - began
        return await one.outcome(f"{restarts} rolling restarts", took, took)


async def rate(folder: Path, name: str, workers: int, sources: int) -> float:
    """Return how many sources a second are polled and stored: by one process alone (0 workers), or by so many."""
    async with trial(folder, sources) as one:
        config = one.config(engine="auto" if workers else "embedded")
        for _ in range(max(workers, 1)):
            await one.start(config)
        await one.until_known()
        await one.until_settled()
        began = await one.make_due()
        await one.until_settled(began)
        each = sources / (_CLOCK.now() - began).total_seconds()
    print(f"  {name:<32} {each:7.1f} polls/s", flush=True)
    return each


def _rates(sources: int) -> None:
    print(f"polls of {sources} small feeds at {sources // PER_HOST} hosts that answer in 50 ms, a tenth with news")
    found: list[float] = []
    for workers in range(WORKERS + 1):
        with TemporaryDirectory() as made:
            Path(made).chmod(0o755)
            name = f"{workers} workers" if workers else "one process, alone"
            found.append(asyncio.run(rate(Path(made), name, workers, sources)))
    print("  " + ", ".join(f"{number} workers x{one / found[0]:.2f}" for number, one in enumerate(found) if number))


def disorder(places: Iterable[Sequence[str]], queued: Sequence[str]) -> list[str]:
    """Return the keys of messages that stand behind one that is younger in both ways, none of them tried twice.

    Keys tell in which order messages were committed; ``queued`` has them in that of the visits. Workers wait for each
    other between the two, and what waits together is told by its visits.
    """
    place_of = {key: place for place, key in enumerate(queued)}
    found: list[str] = []
    for place in places:
        known = [key for key in place if key in place_of and not key.startswith("storm-")]
        found += [
            key
            for number, key in enumerate(known)
            if any(before > key and place_of[before] > place_of[key] for before in known[:number])
        ]
    return found


async def ended(worker: asyncio.subprocess.Process) -> None:
    """Wait until a worker that was asked to end has done so; one that does not is killed."""
    try:
        async with asyncio.timeout(20):
            await worker.wait()
    except TimeoutError:
        print(f"  worker {worker.pid} did not end in time, and was killed", flush=True)
        worker.kill()
        await worker.wait()


async def wait(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Look ten times a second whether something is so, for three minutes at most."""
    ends = _CLOCK.now() + LONGEST
    while not await is_so() and _CLOCK.now() < ends:
        await _rest(LOOK)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


async def _rest(span: timedelta) -> None:
    await _CLOCK.wait_until(_CLOCK.now() + span)


def main(words: Sequence[str] = ()) -> None:
    """Run trials; ends the program with 1 when something was lost, doubled or impolite."""
    parser = argparse.ArgumentParser(prog="python -m bench cluster", description=__doc__)
    parser.add_argument("trials", nargs="*", help=f"some of {', '.join(TROUBLES)}, roll, rates; without one: all")
    parser.add_argument("--sources", type=int, default=SOURCES)
    parser.add_argument("--restarts", type=int, default=RESTARTS)
    parser.add_argument("--keep", type=Path, help="a folder in which configurations and logs stay")
    given = parser.parse_args(words)
    good = True
    for name in given.trials or [*TROUBLES, "roll", "rates"]:
        with TemporaryDirectory() as made:
            folder = (given.keep or Path(made)) / name
            folder.mkdir(parents=True)
            folder.parent.chmod(0o755)
            if name == "rates":
                _rates(given.sources)
                continue
            done = asyncio.run(roll(folder, given.restarts) if name == "roll" else play(name, folder, given.sources))
            print(done, flush=True)
            good = good and done.is_good
    if not good:
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
