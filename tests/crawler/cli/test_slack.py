from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner

from alerts.routing.silence import Matcher, Silence
from alerts.slack.desk import Audit
from alerts.slack.manifest import manifest
from crawler.cli.slack import slack
from crawler.store import Store
from tests.fakes import NOON, FakeClock
from tests.slack_socket import SocketStandin

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
store: sqlite:///tocsin.db
sources: [https://news.example/rss]
slack: {{token: xoxb-test, app_token: "${{SLACK_APP_TOKEN}}", ops_channel: "#{ops}", api_url: "{url}"}}
"""
NO_OPS = CONFIG.replace('ops_channel: "#{ops}", ', "")


async def check(
    tmp_path: Path, url: str, app_token: str | None, *options: str, ops: str = "news", config: str = CONFIG
) -> tuple[int, str]:
    """Run the check as a command of its own would be, in a thread, for it has a loop of its own."""
    (tmp_path / "config.yaml").write_text(config.format(url=url, ops=ops))
    arguments = ["check", "--config", str(tmp_path / "config.yaml"), *options]
    runner = CliRunner(env={"SLACK_APP_TOKEN": app_token})
    result = await asyncio.to_thread(runner.invoke, slack, arguments)
    return result.exit_code, result.output


async def test_a_check_with_an_app_token_looks_at_the_socket(tmp_path: Path) -> None:
    async with SocketStandin() as standin:
        good = await check(tmp_path, standin.api_url, "xapp-test")
        without = await check(tmp_path, standin.api_url, None)
        bad = await check(tmp_path, standin.api_url, "xapp-stranger")
    assert good[0] == without[0] == 0
    assert "ok    socket: can be opened" in good[1]
    assert "socket" not in without[1]
    assert bad[0] == 1
    assert "connections:write" in bad[1]
    assert "xapp-stranger" not in bad[1]


async def test_the_channel_for_what_is_not_well_is_looked_at_too(tmp_path: Path) -> None:
    async with SocketStandin() as standin:
        code, said = await check(tmp_path, standin.api_url, None, ops="nowhere")
    assert code == 1
    assert "FAIL  #nowhere: not found" in said


@pytest.mark.parametrize(
    ("config", "options", "posted"),
    [
        (CONFIG, (), "C0NEWS0001"),
        (CONFIG, ("--no-probe",), None),
        (CONFIG, ("--probe",), "C0NEWS0001"),
        (CONFIG, ("--probe", "#duty"), "C0DUTY0001"),
        (NO_OPS, (), None),
        (NO_OPS, ("--probe", "duty"), "C0DUTY0001"),
        (NO_OPS, ("--probe", "C0DUTY0001"), "C0DUTY0001"),
    ],
)
async def test_a_test_message_goes_where_it_was_asked_to_and_stays_nowhere(
    tmp_path: Path, config: str, options: tuple[str, ...], posted: str | None
) -> None:
    async with SocketStandin() as standin:
        code, said = await check(tmp_path, standin.api_url, None, *options, config=config)
        gone = [channel for channel, _ in standin.workspace.deleted]
        left = [message for channel in standin.channels.values() for message in channel.messages]
    assert (code, gone, left) == (0, [posted] if posted else [], [])
    assert ("deleted again" in said) is bool(posted)


async def test_a_probe_without_a_channel_says_how_to_name_one(tmp_path: Path) -> None:
    code, said = await check(tmp_path, "http://127.0.0.1:1/api/", None, "--probe", config=NO_OPS)
    assert code == 2
    assert "--probe CHANNEL" in said


async def test_where_the_token_or_the_channel_is_no_good_no_test_message_is_tried(tmp_path: Path) -> None:
    async with SocketStandin() as standin:
        await check(tmp_path, standin.api_url, None, ops="nowhere")
        standin.revoke()
        await check(tmp_path, standin.api_url, None)
        assert standin.calls("chat.postMessage") == []


def test_the_audit_says_who_changed_what(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.format(url="http://127.0.0.1:1/api/", ops="news"))
    runner = CliRunner()

    def audit(*options: str) -> str:
        done = runner.invoke(slack, ["audit", "--config", str(path), *options])
        assert done.exit_code == 0, done.output
        return done.output

    async def history(*whys: Audit) -> None:
        store = Store.open(f"sqlite:///{tmp_path}/tocsin.db", clock=FakeClock())
        for why in whys:
            matcher = Matcher(rules=("raa",))
            wanted = Silence(id="", matcher=matcher, author=why.user, start=NOON, end=NOON + timedelta(hours=1))
            await store.people.silence(wanted, why)
        await store.close()

    asyncio.run(history())
    assert audit() == "Nobody changed anything yet.\n"
    by_button = Audit(at=NOON, user="U0ADA00001", channel="C0NEWS0001", deed="mute_rule_24h", on="raa", detail="until")
    asyncio.run(history(by_button, Audit(at=NOON, user="ada", channel=None, deed="silence", on="rule raa")))
    command, button = audit().splitlines()
    assert "ada: silence rule raa" in command
    assert "U0ADA00001 in C0NEWS0001: muted the rule for 24 hours: raa" in button
    assert [one["user"] for one in json.loads(audit("--json", "--limit", "1"))] == ["ada"]


def test_the_manifest_is_printed_as_it_is_to_be_pasted_or_as_an_address() -> None:
    pasted = CliRunner().invoke(slack, ["manifest", "--name", "Newsdesk", "--no-socket"])
    address = CliRunner().invoke(slack, ["manifest", "--url"])
    assert pasted.output == manifest("Newsdesk", socket=False)
    assert yaml.safe_load(pasted.output)["display_information"]["name"] == "Newsdesk"
    assert address.output.startswith("https://api.slack.com/apps?new_app=1&manifest_yaml=")
    assert address.output.count("\n") == 1


def test_a_name_that_slack_would_refuse_is_refused_here() -> None:
    result = CliRunner().invoke(slack, ["manifest", "--name", "x" * 40])
    assert result.exit_code == 2
    assert "--name" in result.output
