"""Whoever delivers is killed while a fifth of Slack's answers goes wrong: does another go on, once, and in order?

Workers share a PostgreSQL store. One of them delivers and has Slack's socket; each round kills that one with kill -9,
starts another, and clicks a button as soon as Slack has a socket again. At the end everything is let come to its end,
audits included, and what stands in Slack is compared with what the web has shown.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from alerts.slack.actions import Deed, value
from bench.cluster import WORKERS, Outcome, Trial, trial, wait
from bench.kills import FAULTS, FAULTY, LAG
from crawler.clock import SystemClock
from tests.slack_socket import SOCKET_SCOPES, SocketStandin
from tests.slack_workspace import Token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.slack_standin import Options

ROUNDS, SOURCES = 20, 60
EVERY = "2s"  # each source is visited
LONGEST_LIFE = 4.0  # seconds, at most, that one may deliver before it is killed
DELIVERS = "SELECT w.place FROM lease l JOIN worker w ON w.id = l.holder WHERE l.name = 'deliver'"
TOLD = "SELECT delivery || ' ' || rule FROM verdict v JOIN outbox o ON o.key = v.delivery WHERE o.state = 'sent'"

_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failovers:
    """What came of it all."""

    outcome: Outcome
    kills: int
    faults: int  # of Slack
    clicks: int
    heard: int  # clicks that are in the store as people's opinions
    most_sockets: int  # at a time
    gaps: Sequence[timedelta]  # from each kill until Slack had a socket again

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, doubled or out of order, and every click heard, by one socket at a time."""
        return self.outcome.is_good and self.clicks == self.heard and self.most_sockets == 1

    def __str__(self) -> str:
        seconds = sorted(gap.total_seconds() for gap in self.gaps)
        return (
            f"{self.outcome}\n  {self.kills} kills of whoever delivered, {self.faults} faults of Slack; "
            f"{self.heard} of {self.clicks} clicks heard, {self.most_sockets} socket at a time; "
            f"a socket again after {median(seconds):.1f} s (median), {seconds[-1]:.1f} s at most"
        )


async def play(folder: Path, rounds: int = ROUNDS, sources: int = SOURCES, seed: int = 0) -> Failovers:
    """Kill whoever delivers, so many times, and say what came of it."""
    made: list[SocketStandin] = []

    def slack(options: Options) -> SocketStandin:
        tokens = {"xoxb-test": Token(scopes=SOCKET_SCOPES)}
        faulty = replace(options, tokens=tokens, faults=FAULTS, faulty=FAULTY, history_lag=LAG, seed=seed)
        made.append(SocketStandin(faulty))
        return made[0]

    async with trial(folder, sources, every=EVERY, slack=slack) as one:
        config, chance = one.config(), random.Random(seed)
        for _ in range(WORKERS):
            await one.start(config)
        await one.until(1.0)
        await wait(lambda: asyncio.to_thread(lambda: bool(one.ask(TOLD))))
        began, gaps = _CLOCK.now(), list[timedelta]()
        for number in range(rounds):
            await asyncio.sleep(chance.uniform(0.1, LONGEST_LIFE))
            gaps.append(await _fail_over(one, made[0], config))
            await _click(one, made[0], number)
        await one.stop()
        await one.until_all_is_told()
        took = _CLOCK.now() - began
        heard = await asyncio.to_thread(one.ask, "SELECT count(*) FROM audit WHERE deed = 'fb_yes'")
        return Failovers(
            outcome=await one.outcome(f"{rounds} failovers", took, took),
            kills=rounds,
            faults=sum(made[0].report().faults.values()),
            clicks=rounds,
            heard=sum(heard),
            most_sockets=made[0].peak,
            gaps=gaps,
        )


async def _fail_over(one: Trial, slack: SocketStandin, config: Path) -> timedelta:
    """Kill whoever delivers, start another worker, and return how long Slack had no socket."""
    (place,) = await asyncio.to_thread(one.ask, DELIVERS)
    victim = next(worker for worker in one.workers if worker.pid == int(place.rpartition(":")[2]))
    greeted = slack.greeted
    victim.kill()
    killed = _CLOCK.now()
    await victim.wait()
    await one.start(config)
    await slack.until(lambda slack: slack.greeted > greeted)
    return _CLOCK.now() - killed


async def _click(one: Trial, slack: SocketStandin, number: int) -> None:
    """Say of some message that it was relevant, and wait until that is answered."""
    told = await asyncio.to_thread(one.ask, TOLD)
    key, rule = told[number % len(told)].split()
    envelope = await slack.click(Deed.RELEVANT, value(key, rule), user=f"U{number:09}")
    await slack.until(lambda slack: bool(slack.told(envelope)))


def main(words: Sequence[str] = ()) -> None:
    """Run a trial; ends the program with 1 when something was lost, doubled, out of order or not heard."""
    parser = argparse.ArgumentParser(prog="python -m bench failover", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--sources", type=int, default=SOURCES)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    given = parser.parse_args(words)
    with TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        done = asyncio.run(play(Path(made), given.rounds, given.sources, given.seed))
    print(f"{done}\n  seed {given.seed}")
    if not done.is_good:
        sys.exit(1)
