from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin
from crawler.cli.sources_list import number
from crawler.cli.sources_show import size, sparkline
from crawler.clock import SystemClock
from crawler.store import Store
from crawler.visits.poll import Answer
from crawler.visits.rhythm import Rhythm
from crawler.visits.standing import Event, HostHold, Next, Standing, Wishes
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from click.testing import Result

CONFIG = """
store: sqlite:///tocsin.db
sources:
  - {id: bbc, url: "https://bbc.example/feed", tags: [press]}
  - {id: hushed, url: "https://hushed.example/feed", tags: [gov]}
  - {id: down, url: "https://down.example/feed", tags: [gov]}
rules: [{id: a, when: japan, to: '#n'}]
"""
NOW = SystemClock().now()
DAY = timedelta(days=1)
REGULAR = Rhythm(found=200.0, watched=100.0, hours=(50.0,) * 24, at=NOW, last_new=NOW - 2 * DAY, learnt=90, gap=HOUR)
PLANS: dict[str, Next] = {
    "bbc": Next(
        at=NOW + 7 * MINUTE,
        why="auto 7m: 2.0 stories/h at this hour, tier 1",
        standing=Standing(
            rhythm=REGULAR,
            moved_to="https://new.example/feed",
            gaps=2,
            hub="https://hub.example/",
            wishes=Wishes(ttl=HOUR, skip_hours=frozenset({1, 2}), skip_days=frozenset({6})),
        ),
        events=(Event(name="gap", text="this visit shared no item with the last"),),
    ),
    "hushed": Next(at=NOW - MINUTE, why="every 5m", standing=Standing(rhythm=REGULAR, silent=NOW, untrusted=NOW - DAY)),
    "down": Next(
        at=NOW + HOUR,
        why="retry 4 in 1h",
        standing=Standing(failures=4, points=4, failing_since=NOW - 9 * HOUR, reported=NOW - HOUR),
        hold=HostHold(host="down.example", until=NOW + HOUR, reason="503 from down"),
    ),
}


@asynccontextmanager
async def newsroom(folder: Path) -> AsyncIterator[Newsroom]:
    clock = FakeClock(NOW - 2 * DAY)
    room = Newsroom(Store.open(f"sqlite:///{folder}/tocsin.db", clock=clock), WordJudge({}), clock)
    yield room
    await room.store.close()


async def history(folder: Path) -> None:
    async with newsroom(folder) as room:
        await room.add(*(source(name) for name in PLANS))
        room.clock.advance(2 * DAY)
        stories = [entry(name, f"Story {name}", published=NOW - 10 * MINUTE) for name in "ab"]
        await room.visit("bbc", *stories, plan=PLANS["bbc"])
        await room.visit("hushed", answer=Answer.UNCHANGED, reason="304", reading=None, plan=PLANS["hushed"])
        failed = {"answer": Answer.FAILED, "reason": "http-503", "detail": "503 Service\nUnavailable", "status": 503}
        await room.visit("down", **failed, reading=None, plan=PLANS["down"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG)
    asyncio.run(history(tmp_path))
    return tmp_path


def run(folder: Path, *arguments: str, columns: int = 120, **environ: str) -> Result:
    path = str(folder / "config.yaml")
    return CliRunner(env={"COLUMNS": str(columns), **environ}).invoke(tocsin, ["--config", path, "sources", *arguments])


def test_the_list_puts_trouble_first_and_says_what_it_is(folder: Path) -> None:
    lines = run(folder, "list").stdout.splitlines()
    assert [line.split()[:2] for line in lines if not line.startswith("  ")][1:4] == [
        ["down", "failing"],
        ["hushed", "silent"],
        ["bbc", "ok"],
    ]
    assert "  http-503 for 9h" in lines[2]
    assert "4 visits in a row: 503 Service Unavailable" in lines[2]
    assert "nothing new for 2d; usual is one every 1h" in lines[4]
    assert "auto 7m: 2.0 stories/h" in lines[5]
    assert lines[6] == "  moved to https://new.example/feed"
    assert lines[7] == "3 sources: 1 failing, 1 silent, 1 ok"


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_the_list_fits_its_terminal(folder: Path, columns: int) -> None:
    lines = run(folder, "list", columns=columns).stdout.splitlines()
    assert max(len(line) for line in lines) <= columns
    assert lines[0].split()[:3] == ["source", "state", "last"]
    assert ("why then" in lines[0]) is (columns >= 100)
    assert {"late", "gaps"} <= set(lines[0].split())


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--failing"], ["down"]),
        (["--silent"], ["hushed"]),
        (["--failing", "--silent"], ["down", "hushed"]),
        (["--tag", "gov"], ["down", "hushed"]),
        (["--tag", "gov", "--silent"], ["hushed"]),
        (["--tag", "gov", "--tag", "press"], ["down", "hushed", "bbc"]),
        (["--tag", "nobody"], []),
    ],
)
def test_the_list_can_be_narrowed(folder: Path, options: list[str], names: list[str]) -> None:
    shown = json.loads(run(folder, "list", "--json", *options).stdout)
    assert [one["id"] for one in shown] == names


@pytest.mark.parametrize("command", [("list",), ("show", "bbc")])
def test_a_disk_too_full_to_collect_is_said_with_the_way_out(folder: Path, command: tuple[str, ...]) -> None:
    assert "paused" not in run(folder, *command).stdout
    (folder / "config.yaml").write_text(CONFIG + "disk: {stop_below: 999999GB}\n")
    said = " ".join(run(folder, *command).stdout.split())
    assert "paused Nothing is collected: " in said
    assert "(`disk.stop_below`) must be; make space there" in said


def test_a_list_without_any_says_so(folder: Path) -> None:
    assert run(folder, "list", "--tag", "nobody").stdout.strip() == "no source is like that"


def test_the_json_has_all_facts(folder: Path) -> None:
    (one,) = [one for one in json.loads(run(folder, "list", "--json").stdout) if one["id"] == "bbc"]
    assert (one["condition"], one["new_a_day"], one["latency"]["p50"]) == ("ok", pytest.approx(1, rel=0.1), 600.0)
    assert (one["standing"]["gaps"], one["standing"]["moved_to"]) == (2, "https://new.example/feed")


@pytest.mark.parametrize("columns", [80, 120])
def test_show_tells_all_that_is_known(folder: Path, columns: int) -> None:
    out = run(folder, "show", "bbc", columns=columns).stdout
    flat = " ".join(out.split())
    assert max(len(line) for line in out.splitlines()) <= columns
    for fact in (
        "visited at https://new.example/feed",
        "auto 7m: 2.0 stories/h",
        "stories 2, 1.0 new a day",
        "half within 10m of publication",
        "2 visits shared nothing with the one before",
        "usual gap 1h",
        "████████████████████████ by hour",
        "conditional by ETag and Last-Modified",
        "not sooner than 1h; not in the hours 1, 2 UTC; not on Sundays",
        "https://hub.example/",
        "read 200 0.12 s 2 KiB 2",
        "this visit shared no item with the last",
    ):
        assert fact in flat


def test_show_tells_of_trouble(folder: Path) -> None:
    down, hushed = (" ".join(run(folder, "show", name).stdout.split()) for name in ("down", "hushed"))
    assert "failing: http-503 for 9h" in down
    assert "reported 1h ago" in down
    assert "down.example wants to be left alone" in down
    assert "its server said that nothing had changed when it had" in hushed
    assert "next now: every 5m" in hushed


SESAME = """
store: sqlite:///tocsin.db
sources:
  - {id: bbc, url: "https://bbc.example/feed?of=${KEY}"}
  - {id: down, url: "https://down.example/feed?token=sesame"}
"""


@pytest.mark.parametrize("command", [("list",), ("show", "bbc"), ("show", "down")])
@pytest.mark.parametrize("how", [(), ("--json",)])
def test_no_secret_in_an_address_is_shown(tmp_path: Path, command: tuple[str, ...], how: tuple[str, ...]) -> None:
    (tmp_path / "config.yaml").write_text(SESAME)

    async def past() -> None:
        async with newsroom(tmp_path) as room:
            await room.add(
                source("bbc", url="https://bbc.example/feed?of=sesame"),
                source("down", url="https://down.example/feed?token=sesame"),
            )
            at = "https://user:sesame@new.example/?of=sesame"
            moved = replace(PLANS["bbc"], standing=Standing(moved_to=at, heading=at, topic=at))
            await room.visit("bbc", plan=moved)
            other = "https://user:sesame@new.example/?token=sesame"
            await room.visit("down", plan=replace(moved, standing=Standing(heading=other, topic=other)))

    asyncio.run(past())
    said = run(tmp_path, *command, *how, KEY="sesame")
    assert said.exit_code == 0, said.output
    assert "sesame" not in said.stdout
    assert "example" in said.stdout


def test_show_as_json(folder: Path) -> None:
    facts: dict[str, Any] = json.loads(run(folder, "show", "down", "--json").stdout)
    assert (facts["account"]["condition"], facts["visits"][0]["reason"]) == ("failing", "http-503")
    assert "down.example" in facts["holds"]


def test_a_source_that_nobody_knows_is_a_usage_error_with_the_nearest(folder: Path) -> None:
    done = run(folder, "show", "hush")
    assert done.exit_code == 2
    assert "there is no source 'hush': did you mean hushed?" in done.stderr


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0, "0"), (0.042, "0.04"), (0.5, "0.5"), (9.94, "9.9"), (9.96, "10"), (77.7, "78")]
)
def test_numbers_are_short(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(("count", "text"), [(0, "·"), (512, "512 B"), (2048, "2 KiB"), (5 * 1024**2, "5.0 MiB")])
def test_sizes_are_short(count: int, text: str) -> None:
    assert size(count) == text


def test_a_sparkline_fills_its_highest_cell() -> None:
    assert sparkline([0, 1, 2, 4]) == "▁▃▅█"
    assert sparkline([0, 0]) == "▁▁"
