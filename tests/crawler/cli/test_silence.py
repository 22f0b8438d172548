"""Silences by command, beside a daemon or not."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from crawler.cli import tocsin
from crawler.clock import SystemClock
from crawler.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """
store: sqlite:///tocsin.db
timezone: UTC
sources: [{id: wire, url: "https://wire.example/feed", tags: [asia]}]
rules: [{id: raa, when: pact, to: "#n", tags: [treaties]}]
"""


class Desk:
    """Runs the commands on one configuration."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "config.yaml"
        self.file.write_text(CONFIG)
        self.url = f"sqlite:///{folder}/tocsin.db"

    def run(self, *args: str, code: int = 0) -> str:
        done = CliRunner(env={"LOGNAME": "ada", "COLUMNS": "200"}).invoke(
            tocsin, ["--config", str(self.file), "silence", *args]
        )
        assert done.exit_code == code, done.output
        return done.output

    def facts(self, *args: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run(*args, "--json"))
        return found


@pytest.fixture(params=["beside a daemon", "alone"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    one = Desk(tmp_path)
    daemon = Store.open(one.url, clock=SystemClock())
    if request.param == "alone":
        asyncio.run(daemon.close())
    yield one
    if request.param != "alone":
        asyncio.run(daemon.close())


def test_a_silence_is_added_listed_and_ended_by_its_id(desk: Desk) -> None:
    options = ["--rule", "raa", "--severity", "high", "--text", "rare earths", "--comment", "an exercise"]
    (added,) = desk.facts("add", *options, "--for", "2h")
    assert (added["rules"], added["severity"], added["text"]) == (["raa"], "high", "rare earths")
    assert (added["author"], added["comment"], added["state"]) == ("ada", "an exercise", "active")
    length = datetime.fromisoformat(added["end"]) - datetime.fromisoformat(added["start"])
    assert length == timedelta(hours=2)
    assert "rule raa, high or lower, text “rare earths”" in desk.run("list")
    (ended,) = desk.facts("expire", added["id"].lower(), "--author", "bob")
    assert (ended["id"], ended["state"]) == (added["id"], "expired")
    assert desk.run("list") == "Nothing is silenced.\n"
    assert [one["id"] for one in desk.facts("list", "--all")] == [added["id"]]
    assert "no silence" in desk.run("expire", added["id"], "ZZZZ", code=1)


def test_a_day_is_included_and_an_hour_is_in_the_zone_of_the_configuration(desk: Desk) -> None:
    (day,) = desk.facts(
        "add", "--source", "wire.example", "--tag", "asia", "--tag", "treaties", "--until", "2099-01-02"
    )
    (hour,) = desk.facts("add", "--source", "wire", "--until", "2099-01-02T14:30")
    assert datetime.fromisoformat(day["end"]) == datetime.fromisoformat("2099-01-03T00:00+00:00")
    assert datetime.fromisoformat(hour["end"]) == datetime.fromisoformat("2099-01-02T14:30+00:00")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--rule", "raa"], "say how long"),
        (["--rule", "raa", "--for", "2h", "--until", "2099-01-01"], "say how long"),
        (["--rule", "raa", "--for", "soon"], "2h"),
        (["--rule", "raa", "--until", "soon"], "soon is no time: write 2026-11-02 (its end) or 2026-11-02T14:30"),
        (["--rule", "raa", "--until", "2h"], "2h is how long, not until when: write --for 2h"),
        (["--rule", "raa", "--until", "2020-01-01"], "2020-01-01 is over; it is now"),
        (["--rule", "rab", "--for", "2h"], "did you mean raa?"),
        (["--source", "wired", "--for", "2h"], "no source is called"),
        (["--tag", "asja", "--for", "2h"], "did you mean asia?"),
        (["--severity", "high", "--for", "2h"], "it mutes whatever comes"),
        (["--text", "…", "--for", "2h"], "neither letters nor digits"),
        (["--for", "2h"], "it mutes whatever comes"),
    ],
)
def test_what_cannot_be_a_silence_is_refused_with_the_way_out(tmp_path: Path, options: list[str], says: str) -> None:
    assert says in " ".join(Desk(tmp_path).run("add", *options, code=2).split())


def test_before_the_first_run_there_is_nothing_to_write_into(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        tocsin, ["--config", str(Desk(tmp_path).file), "silence", "add", "--rule", "raa", "--for", "2h"]
    )
    assert "there is no store" in str(done.exception)
