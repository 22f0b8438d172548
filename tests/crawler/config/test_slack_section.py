from __future__ import annotations

from typing import TYPE_CHECKING

from tests.crawler.config.makers import base, loaded

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.config import Config


def with_slack(folder: Path, section: dict[str, str], **environ: str) -> Config:
    return loaded(folder, base() | {"slack": section}, **environ)


def test_an_app_token_of_an_unset_or_empty_variable_means_no_buttons(tmp_path: Path) -> None:
    section = {"token": "xoxb-1", "app_token": "${SLACK_APP_TOKEN}"}
    assert with_slack(tmp_path, section).slack.app_token is None
    assert with_slack(tmp_path, section, SLACK_APP_TOKEN="").slack.app_token is None
    config = with_slack(tmp_path, section, SLACK_APP_TOKEN="xapp-1-hush")
    assert config.slack.app_token is not None
    assert config.slack.app_token.reveal() == "xapp-1-hush"
    assert "hush" not in repr(config.slack)
    assert config.warnings == ()


def test_an_app_token_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "app-token").write_text("xapp-1\n")
    token = with_slack(tmp_path, {"token": "xoxb-1", "app_token_file": "app-token"}).slack.app_token
    assert token is not None
    assert token.reveal() == "xapp-1"


def test_one_admin_needs_no_list(tmp_path: Path) -> None:
    assert with_slack(tmp_path, {"admins": "W0ADA00001"}).slack.admins == {"W0ADA00001"}
    assert with_slack(tmp_path, {}).slack.admins == frozenset()
