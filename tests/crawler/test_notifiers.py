from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from click.testing import CliRunner
from rich.console import Console

from alerts.errors import ConfigError, RouteRefused
from alerts.face import face_for
from alerts.notify.console import ConsoleNotifier
from alerts.notify.webhook import WebhookNotifier
from alerts.slack.incoming import IncomingNotifier
from crawler.cli import tocsin
from crawler.cli.daemon import notifier
from crawler.notifiers import guarded_session, switchboard, troubles
from tests.crawler.config.makers import base, loaded, write
from tests.fakes import FakeClock
from tests.fakes_outbox import alert, delivery
from tests.receiver import Receiver

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.config import Config

LOOPBACK = {"fetch": {"allow_private": ["127.0.0.0/8"]}}
ONE = delivery("K1", alert(channel="hook"))


def configured(folder: Path, notifiers: dict[str, Any], **sections: Any) -> Config:
    return loaded(folder, base() | {"notifiers": notifiers} | sections)


def hook(url: str) -> dict[str, Any]:
    return {"hook": {"webhook": url, "secret": "hush"}}


async def test_what_the_configuration_names_is_made_and_called_by_its_name(tmp_path: Path) -> None:
    async with Receiver() as receiver:
        config = configured(tmp_path, hook(receiver.url) | {"audit": {"jsonl": "var/audit.jsonl"}}, **LOOPBACK)
        main = ConsoleNotifier(Console(quiet=True), config.timezone)
        async with switchboard(config, main, FakeClock()) as board:
            await board.send(ONE, face_for(ONE))
            in_file = delivery("K2", alert(channel="audit"))
            await board.send(in_file, face_for(in_file))
    assert [got.said["key"] for got in receiver.got] == ["K1"]
    assert '"key": "K2"' in (tmp_path / "var" / "audit.jsonl").read_text()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://10.0.0.1/x", r"10\.0\.0\.1 is not a public address; fetch\.allow_private"),
        ("https://localhost:9000/x", r"127\.0\.0\.1 is not a public address"),
        ("https://0x7f000001/x", r"127\.0\.0\.1 is not a public address"),
        ("https://[::1]/x", r"::1 is not a public address"),
    ],
)
def test_a_private_address_is_told_before_anything_is_called(tmp_path: Path, url: str, why: str) -> None:
    (problem,) = troubles(configured(tmp_path, hook(url)))
    assert re.search(why, problem.message)
    assert "hush" not in str(problem)


def test_any_port_of_a_public_address_will_do(tmp_path: Path) -> None:
    assert troubles(configured(tmp_path, hook("https://198.41.0.4:9000/x"))) == []
    assert troubles(configured(tmp_path, hook("https://10.0.0.1/x"), fetch={"allow_private": ["10.0.0.0/8"]})) == []


class Loopback(AbstractResolver):
    """Every name stands for this machine."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family or 2, proto=0, flags=0)]

    async def close(self) -> None:
        pass


async def test_a_name_that_stands_for_a_private_address_is_not_called(tmp_path: Path) -> None:
    async with Receiver() as receiver:
        url = receiver.url.replace("127.0.0.1", "hooks.example")
        config = configured(tmp_path, hook(url))
        session = guarded_session(config.fetch, resolver=Loopback())
        refused = WebhookNotifier(url, "hush", session, clock=FakeClock())
        with pytest.raises(RouteRefused, match=r"address-refused: .*127\.0\.0\.1 is not a public address"):
            await refused.send(ONE, face_for(ONE))
        await refused.close()
        assert receiver.got == []
        opened = configured(tmp_path, hook(url), **LOOPBACK)
        allowed = WebhookNotifier(url, "hush", guarded_session(opened.fetch, resolver=Loopback()), clock=FakeClock())
        await allowed.send(ONE, face_for(ONE))
        await allowed.close()
        assert len(receiver.got) == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of a library that its mail plugin uses
async def test_apprise_that_cannot_be_used_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    config = configured(tmp_path, {"mail": {"apprise": "nosuch://hush"}})
    main = ConsoleNotifier(Console(quiet=True), config.timezone)
    with pytest.raises(ConfigError, match=r"needs apprise, which is not installed|knows no service") as raised:
        async with switchboard(config, main, FakeClock()):
            pass
    assert "hush" not in str(raised.value)


async def test_slacks_webhook_is_the_main_way_where_there_is_no_token(tmp_path: Path) -> None:
    async with Receiver() as receiver:
        config = loaded(tmp_path, base() | {"slack": {"token": "${UNSET}", "webhook": receiver.url}})
        async with notifier(config) as board:
            one = delivery("K1")
            await board.send(one, face_for(one))
            assert board.rungs == IncomingNotifier.rungs
    assert len(receiver.got) == 1


def test_tocsin_check_says_so_with_the_place(tmp_path: Path) -> None:
    path = write(tmp_path, base() | {"notifiers": hook("https://10.0.0.1/x")})
    done = CliRunner().invoke(tocsin, ["check", "--config", str(path)])
    assert done.exit_code == 1
    assert "config.yaml:1:" in done.stderr
    assert "the webhook of `hook` cannot be called" in done.stderr
