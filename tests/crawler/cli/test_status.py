from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from click.testing import CliRunner

from alerts.rules.spec import QuietSpec, Rate
from crawler.cli import tocsin
from crawler.ids import encode
from crawler.store import Store
from tests.crawler.store.makers import HOUR, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CONFIG = (
    "store: sqlite:///tocsin.db\nsources: [https://example.org/feed.xml]\nrules: [{id: a, when: japan, to: '#n'}]\n"
)


def status(folder: Path, text: str, *options: str) -> Result:
    path = folder / "config.yaml"
    path.write_text(text)
    asyncio.run(Store.open(f"sqlite:///{folder}/tocsin.db", clock=FakeClock()).close())
    return CliRunner().invoke(tocsin, ["status", "--config", str(path), *options])


def test_a_sound_configuration_is_no_news(tmp_path: Path) -> None:
    assert "refused" not in status(tmp_path, CONFIG).stdout
    assert json.loads(status(tmp_path, CONFIG, "--json").stdout)["configuration_errors"] == 0


def test_the_status_is_shown_beside_a_configuration_that_would_be_refused(tmp_path: Path) -> None:
    broken = CONFIG.replace("when:", "wehn:")
    done = status(tmp_path, broken)
    assert done.exit_code == 0
    assert "refused" in done.stdout
    assert "1 error" in done.stdout
    assert "stories" in done.stdout
    assert json.loads(status(tmp_path, broken, "--json").stdout)["configuration_errors"] == 1


def test_rules_that_fail_their_tests_would_be_refused_as_well(tmp_path: Path) -> None:
    failing = CONFIG.replace("to: '#n'", "to: '#n', tests: {match: [France]}")
    assert json.loads(status(tmp_path, failing, "--json").stdout)["configuration_errors"] == 1


def test_a_file_that_names_no_store_is_an_error(tmp_path: Path) -> None:
    done = status(tmp_path, "rules: [")
    assert done.exit_code == 1


async def hold_back(folder: Path) -> list[str]:
    """Let a rule tell one story and hold two back; return the ids of the stories."""
    store = Store.open(f"sqlite:///{folder}/tocsin.db", clock=FakeClock())
    judge = WordJudge({"a": ("#n",)}, quiet={"a": QuietSpec(at_most=Rate(count=1, per=HOUR))})
    newsroom = Newsroom(store, judge, FakeClock())
    await newsroom.add(source())
    await newsroom.visit("bbc", *(entry(name, title=f"a {name}") for name in "xyz"))
    found = [encode(outcome.story) for outcome in await store.outcomes(NOON)]
    await store.close()
    return found


def test_what_a_limit_holds_back_and_why_is_said_in_words(tmp_path: Path) -> None:
    first, second, _ = asyncio.run(hold_back(tmp_path))
    shown = " ".join(status(tmp_path, CONFIG).stdout.split())
    assert "1 first, 2 over-limit" in shown
    assert "over-limit: the rule had told the channel as often as its `quiet.at_most` allows" in shown
    assert "2 stories wait for a summary of rule a for #n" in shown
    (waiting,) = json.loads(status(tmp_path, CONFIG, "--json").stdout)["overview"]["held_back"]
    assert (waiting["rule"], waiting["channel"], waiting["stories"]) == ("a", "#n", 2)

    explain = ["explain", "--config", str(tmp_path / "config.yaml"), "a"]
    shown = " ".join(CliRunner().invoke(tocsin, [*explain, second]).stdout.split())
    assert "version 1, #n: over-limit (the rule had told the channel as often" in shown
    told = " ".join(CliRunner().invoke(tocsin, [*explain, first]).stdout.split())
    assert "version 1, #n: first (the channel had not heard of this story, the message is pending)" in told
    (fact,) = json.loads(CliRunner().invoke(tocsin, [*explain, second, "--json"]).stdout)
    assert [(one["channel"], one["reason"], one["delivery"]) for one in fact["recorded"]] == [
        ("#n", "over-limit", None)
    ]
    (text,) = json.loads(CliRunner().invoke(tocsin, [*explain, "a text", "--json"]).stdout)
    assert text["recorded"] == []
