from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alerts.face import face_for
from crawler.cli.daemon import notifier
from tests.crawler.config.makers import base, loaded
from tests.fakes_outbox import delivery
from tests.slack_standin import SlackStandin

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("more", "last"), [({}, "context"), ({"app_token": "xapp-test"}, "actions")])
async def test_messages_have_buttons_while_there_is_a_token_to_hear_them(
    tmp_path: Path, more: dict[str, str], last: str
) -> None:
    async with SlackStandin() as slack:
        tokens = {"token": "xoxb-test", "api_url": slack.api_url} | more
        config = loaded(tmp_path, base() | {"slack": tokens})
        async with notifier(config) as teller:
            await teller.send(delivery(), face_for(delivery()))
        (told,) = slack.channel("news").messages
        assert told["blocks"][-1]["type"] == last
