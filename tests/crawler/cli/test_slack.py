from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import yaml
from click.testing import CliRunner

from alerts.slack.manifest import manifest
from crawler.cli.slack import slack
from tests.slack_socket import SocketStandin

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = 'sources: [https://news.example/rss]\nslack: {{token: xoxb-test, api_url: "{url}"}}\n'


async def check(tmp_path: Path, url: str, app_token: str | None) -> tuple[int, str]:
    """Run the check as a command of its own would be, in a thread, for it has a loop of its own."""
    (tmp_path / "config.yaml").write_text(CONFIG.format(url=url))
    arguments = ["check", "--config", str(tmp_path / "config.yaml")]
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
