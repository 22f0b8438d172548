"""The commands as a user types them, in processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.daemon import said
from tests.server import NewsServer, rss
from tests.slack_standin import Options, SlackStandin
from tests.slack_workspace import Token

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
store: sqlite:///tocsin.db
console: null
fetch: {{allow_private: [127.0.0.0/8], per_host: {{delay: 0s}}}}
cards: {{hold: 0s}}
defaults: {{every: 1s, to: ["#news"], backlog: all}}
sources:
  - {{id: wire, name: Pacific Wire, url: "{web}"}}
rules:
  - {{id: raa, name: Reciprocal Access, when: Reciprocal Access Agreement, severity: high}}
"""

FIVE_MISTAKES = """\
timezone: Europe/Pariis
sources:
  - {url: "https://news.example/rss", evry: 5m}
  - {id: two, url: "ftp://news.example/rss"}
rules:
  - {id: one, name: One, when: rare earths OR gallium AND China, to: ["#news"]}
  - {id: two, name: Two, when: $nobody, to: ["#news"]}
"""


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str


async def tocsin(*arguments: str, cwd: Path, **environ: str) -> Result:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from crawler.cli import main; main()",
        *arguments,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "120", **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return Result(process.returncode or 0, out.decode(), err.decode())


async def test_check_finds_five_planted_mistakes_in_one_go(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(FIVE_MISTAKES)
    result = await tocsin("check", cwd=tmp_path)
    assert result.code == 1
    places = [line.split(" ")[0] for line in result.err.splitlines() if ": error: " in line]
    assert places == [f"config.yaml:{place}:" for place in ("1:11", "3:39", "4:20", "6:32", "7:32")]
    assert "did you mean `Europe/Paris`?" in result.err
    assert "did you mean `every`?" in result.err
    assert result.err.endswith("5 errors\n")


async def test_check_says_in_json_what_it_says_in_words(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(FIVE_MISTAKES)
    answer = json.loads((await tocsin("check", "--json", cwd=tmp_path)).out)
    assert answer["ok"] is False
    assert {"file", "line", "column", "level", "message", "hint"} == set(answer["problems"][0])


async def test_help_and_check_load_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['tocsin', '--help']\n"
        "from crawler.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'scrapy', 'sqlalchemy', 'aiohttp', 'feedparser', 'slack_sdk', 'twisted', 'rich', 'jinja2'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0


@pytest.mark.parametrize("arguments", [("check",), ("status", "--json"), ("run",), ("outbox", "list")])
async def test_without_a_configuration_usage_is_explained(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = await tocsin(*arguments, cwd=tmp_path, TOCSIN_CONFIG="")
    assert result.code == 2
    assert "--config FILE" in result.err


async def test_the_configuration_is_found_by_option_folder_and_environment(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text("sources: [https://news.example/rss]\n")
    by_option = await tocsin("check", "-c", str(elsewhere), cwd=tmp_path)
    before = await tocsin("-c", str(elsewhere), "check", cwd=tmp_path)
    by_environment = await tocsin("check", cwd=tmp_path, TOCSIN_CONFIG=str(elsewhere))
    assert {by_option.code, before.code, by_environment.code} == {0}
    assert "1 source," in by_environment.out


async def test_once_prints_a_card_and_status_and_outbox_tell_of_it(tmp_path: Path) -> None:
    async with NewsServer() as web:
        web.publish("/feed.xml", rss("Talks on a Reciprocal Access Agreement", "Weather"))
        (tmp_path / "config.yaml").write_text(CONFIG.format(web=web.url("/feed.xml")))
        once = await tocsin("once", cwd=tmp_path)
    assert once.code == 0, once.err
    assert "HIGH" in once.out
    assert "Talks on a Reciprocal Access Agreement" in once.out
    assert once.err.count("No Slack token") == 1
    assert "sources: 1 read, 0 unchanged, 0 failed; 2 new stories; messages: 0 waiting, 0 dead" in once.err
    status = json.loads((await tocsin("status", "--json", cwd=tmp_path)).out)
    assert status["overview"]["stories"] == 2
    assert status["overview"]["verdicts"] == {"first": 1}
    (message,) = json.loads((await tocsin("outbox", "list", "--json", cwd=tmp_path)).out)
    assert (message["state"], message["rules"], message["severity"]) == ("sent", ["raa"], "high")
    for command in (("status",), ("outbox", "list"), ("outbox", "list", "--state", "dead")):
        shown = await tocsin(*command, cwd=tmp_path)
        assert (shown.code, shown.err) == (0, "")


async def test_once_in_json_keeps_cards_aside_and_says_when_messages_wait(tmp_path: Path) -> None:
    async with NewsServer() as web, SlackStandin() as slack:
        web.publish("/feed.xml", rss("Talks on a Reciprocal Access Agreement"))
        text = CONFIG.format(web=web.url("/feed.xml"))
        (tmp_path / "config.yaml").write_text(text)
        done = await tocsin("once", "--json", cwd=tmp_path)
        text += f'slack: {{token: xoxb-test, api_url: "{slack.api_url}"}}\n'
        (tmp_path / "other.yaml").write_text(text.replace("tocsin.db", "other.db"))
        slack.channel("news").archived = True
        refused = await tocsin("once", "-c", "other.yaml", "--json", cwd=tmp_path)
    assert (done.code, json.loads(done.out)["stories"]) == (0, 1)
    assert "Talks on a Reciprocal" in done.err
    assert (refused.code, json.loads(refused.out)["waiting"]) == (1, 1)


async def test_once_names_the_sources_that_failed_and_counts_them_as_a_problem_when_asked_to(tmp_path: Path) -> None:
    async with NewsServer() as web:
        web.publish("/feed.xml", "sorry", status=500)
        text = CONFIG.format(web=web.url("/feed.xml"))
        (tmp_path / "config.yaml").write_text(text)
        (tmp_path / "other.yaml").write_text(text.replace("tocsin.db", "other.db"))
        lenient = await tocsin("once", cwd=tmp_path)
        strict = await tocsin("once", "--strict", "--json", "-c", "other.yaml", cwd=tmp_path)
    assert (lenient.code, strict.code) == (0, 1)
    (name,) = (failures := json.loads(strict.out)["failures"])
    assert failures[name].startswith("http-500")
    assert f"failed: {name}: http-500" in lenient.err


async def test_a_wrong_token_is_told_at_the_start_with_the_way_out(tmp_path: Path) -> None:
    async with NewsServer() as web, SlackStandin() as slack:
        web.publish("/feed.xml", rss("Weather"))
        text = CONFIG.format(web=web.url("/feed.xml")) + f'slack: {{token: xoxb-no, api_url: "{slack.api_url}"}}\n'
        (tmp_path / "config.yaml").write_text(text)
        result = await tocsin("once", cwd=tmp_path)
    assert "event=slack-trouble" in result.err
    assert "Bot User OAuth Token" in result.err


async def test_status_before_the_first_run_says_how_to_begin(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("sources: [https://news.example/rss]\n")
    result = await tocsin("status", cwd=tmp_path)
    assert result.code == 1
    assert "tocsin run" in result.err


async def test_sources_test_shows_what_an_address_holds_and_which_rules_match(tmp_path: Path) -> None:
    async with NewsServer() as web:
        web.publish("/feed.xml", rss("Talks on a Reciprocal Access Agreement", "Weather"))
        (tmp_path / "config.yaml").write_text(CONFIG.format(web=web.url("/feed.xml")))
        by_url = await tocsin("sources", "test", web.url("/feed.xml"), cwd=tmp_path)
        by_id = json.loads((await tocsin("sources", "test", "wire", "--json", cwd=tmp_path)).out)
        web.fail("/feed.xml", status=404)
        gone = await tocsin("sources", "test", "wire", cwd=tmp_path)
        wrong = await tocsin("sources", "test", "wir", cwd=tmp_path)
    assert by_url.code == 0
    assert "← raa" in by_url.out
    assert "1 of 2 entries match a rule" in by_url.out
    assert (by_id["entries"], by_id["matches"], by_id["dialect"]) == (2, 1, "rss20")
    assert gone.code == 1
    assert "http-404" in gone.err
    assert wrong.code == 2


async def test_slack_check_names_what_is_missing_and_the_way_out(tmp_path: Path) -> None:
    options = Options(tokens={"xoxb-good": Token(), "xoxb-poor": Token(scopes=frozenset({"chat:write"}))})
    async with SlackStandin(options) as slack:
        text = (
            CONFIG.format(web="https://news.example/rss") + f'slack: {{token: "$TOKEN", api_url: "{slack.api_url}"}}\n'
        )
        (tmp_path / "config.yaml").write_text(text.replace("$TOKEN", "${TOKEN}"))
        good = await tocsin("slack", "check", cwd=tmp_path, TOKEN="xoxb-good")
        poor = await tocsin("slack", "check", "--json", cwd=tmp_path, TOKEN="xoxb-poor")
        bad = await tocsin("slack", "check", cwd=tmp_path, TOKEN="xoxb-stranger")
    assert (good.code, poor.code, bad.code) == (0, 1, 1)
    missing = {finding["subject"] for finding in json.loads(poor.out) if not finding["ok"]}
    assert "channels:history" in missing
    assert "invalid_auth" in bad.out
    assert "xoxb-stranger" not in bad.out + bad.err


async def test_slack_check_without_a_token_says_how_to_set_one(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("sources: [https://news.example/rss]\n")
    result = await tocsin("slack", "check", cwd=tmp_path)
    assert result.code == 1
    assert "SLACK_BOT_TOKEN" in result.err


async def test_a_second_daemon_on_the_same_store_refuses_to_start(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.format(web="http://127.0.0.1:1/feed.xml"))
    first = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from crawler.cli import main; main()",
        "run",
        cwd=tmp_path,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await said(first, "started")
        second = await tocsin("once", cwd=tmp_path)
        beside = await tocsin("status", cwd=tmp_path)
        first.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            await first.communicate()
    finally:
        if first.returncode is None:
            first.kill()
    assert second.code == 1
    assert str(first.pid) in second.err
    assert beside.code == 0
    assert first.returncode == 0
