from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.console import is_loopback
from crawler.config.model import ConsoleConfig
from crawler.config.secret import Secret
from crawler.console.guard import LIFE, Asked, Door, Sessions, credential_of, decide, host_of, is_same_origin, is_wrong
from tests.fakes import FakeClock

TOKEN = "0123456789abcdef"
LOCAL = ConsoleConfig()
GUARDED = ConsoleConfig(token=Secret(TOKEN))
OUTSIDE = ConsoleConfig(host="0.0.0.0", token=Secret(TOKEN))  # noqa: S104 -- what a user may write


def asked(path: str = "/", **changes: Any) -> Asked:
    return Asked(**({"method": "GET", "path": path, "host": "127.0.0.1:8321"} | changes))


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8321", "localhost:8321", "LOCALHOST", "[::1]:8321", "127.8.9.1", "localhost."]
)
def test_this_machine_has_many_names(host: str) -> None:
    assert decide(asked(host=host), LOCAL) is Door.OPEN


@pytest.mark.parametrize("host", ["", "evil.example", "evil.example:8321", "127.0.0.1.evil.example", "10.0.0.1:8321"])
def test_a_name_that_leads_here_from_outside_is_refused_where_only_this_machine_may_ask(host: str) -> None:
    assert decide(asked(host=host), LOCAL) is Door.STRANGE_HOST
    assert decide(asked(host=host, credential=TOKEN), GUARDED) is Door.STRANGE_HOST
    assert decide(asked(host=host, credential=TOKEN), OUTSIDE) is Door.OPEN


@pytest.mark.parametrize("path", ["/", "/stories", "/live", "/act/replay", "/workbench"])
def test_with_a_token_people_are_asked_to_sign_in(path: str) -> None:
    assert decide(asked(path), GUARDED) is Door.SIGN_IN
    assert decide(asked(path, signed_in=True), GUARDED) is Door.OPEN


@pytest.mark.parametrize("path", ["/api/v1/stories", "/feeds/japan.atom", "/metrics"])
def test_with_a_token_programs_need_it(path: str) -> None:
    assert decide(asked(path), GUARDED) is Door.UNAUTHORIZED
    assert decide(asked(path, credential=TOKEN), GUARDED) is Door.OPEN


@pytest.mark.parametrize("path", ["/login", "/static/console.css", "/healthz", "/readyz"])
def test_some_doors_are_open_to_all(path: str) -> None:
    assert decide(asked(path), GUARDED) is Door.OPEN


@pytest.mark.parametrize("wrong", ["", "x", TOKEN[:-1], TOKEN + " ", TOKEN.upper(), "é" * 16])
def test_a_wrong_token_is_told_from_the_right_one(wrong: str) -> None:
    assert decide(asked("/api/v1/rules", credential=TOKEN), GUARDED) is Door.OPEN
    assert decide(asked("/api/v1/rules", credential=wrong), GUARDED) is Door.UNAUTHORIZED
    assert decide(asked("/", credential=wrong), GUARDED) is Door.UNAUTHORIZED


def test_without_a_token_nothing_can_be_changed_whoever_asks() -> None:
    by_form = asked("/act/replay", method="POST", site="same-origin")
    assert decide(by_form, LOCAL) is Door.READ_ONLY
    assert (
        decide(asked("/act/replay", method="POST", credential="anything", site="same-origin"), LOCAL) is Door.READ_ONLY
    )
    assert decide(asked("/workbench", method="POST", site="same-origin"), LOCAL) is Door.OPEN


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_a_page_of_another_site_cannot_make_a_browser_act(site: str) -> None:
    signed_in = asked("/act/replay", method="POST", site=site, signed_in=True, origin="http://127.0.0.1:8321")
    assert decide(signed_in, GUARDED) is Door.STRANGE_ORIGIN
    assert decide(asked("/workbench", method="POST", site=site), LOCAL) is Door.STRANGE_ORIGIN


@pytest.mark.parametrize(
    ("origin", "same"),
    [
        ("http://127.0.0.1:8321", True),
        ("http://127.0.0.1", False),
        ("http://evil.example", False),
        ("null", False),
        (None, False),
    ],
)
def test_an_old_browser_is_judged_by_its_origin(origin: str | None, same: bool) -> None:
    assert is_same_origin(asked(origin=origin)) is same
    wanted = Door.OPEN if same else Door.STRANGE_ORIGIN
    assert decide(asked("/act/mute", method="POST", origin=origin, signed_in=True), GUARDED) is wanted


def test_a_program_with_the_token_needs_no_origin() -> None:
    assert decide(asked("/act/replay", method="POST", credential=TOKEN), GUARDED) is Door.OPEN


@given(st.text(max_size=40))
def test_no_host_header_breaks_the_guard(host: str) -> None:
    found = decide(asked(host=host), LOCAL)
    assert (found is Door.OPEN) is is_loopback(host_of(host))


@given(st.text(max_size=60))
def test_no_authorization_header_breaks_the_guard(header: str) -> None:
    assert decide(asked("/api/v1/rules", credential=credential_of(header)), GUARDED) is Door.UNAUTHORIZED


def test_feed_readers_may_send_the_token_as_a_password() -> None:
    basic = base64.b64encode(f"anybody:{TOKEN}".encode()).decode()
    assert credential_of(f"Basic {basic}") == TOKEN
    assert credential_of(f"bearer {TOKEN}") == TOKEN
    assert credential_of(None) is None
    assert credential_of("Digest x") is None
    assert credential_of("Basic !!!") == ""


def test_a_session_lasts_and_ends() -> None:
    clock = FakeClock()
    sessions = Sessions(GUARDED, clock.now)
    one = sessions.begin(TOKEN)
    assert one
    assert sessions.is_in_force(one)
    assert not sessions.is_in_force(None)
    assert not sessions.is_in_force("guess")
    other = sessions.begin(TOKEN)
    sessions.end(other)
    assert not sessions.is_in_force(other)
    clock.advance(LIFE)
    assert not sessions.is_in_force(one)


def test_after_guesses_a_token_is_not_looked_at_and_a_session_goes_on() -> None:
    guess = asked("/api/v1/rules", credential=TOKEN, must_wait=True)
    assert decide(guess, GUARDED) is Door.WAIT
    assert decide(asked("/login", method="POST", credential=TOKEN, must_wait=True), GUARDED) is Door.WAIT
    assert decide(asked("/stories", signed_in=True, must_wait=True), GUARDED) is Door.OPEN
    assert decide(asked("/healthz", credential="x", must_wait=True), GUARDED) is Door.OPEN
    assert decide(guess, LOCAL) is Door.OPEN


@pytest.mark.parametrize(
    ("wanted", "wrong"),
    [
        (asked("/api/v1/rules", credential="guess"), True),
        (asked("/login", method="POST", credential="guess"), True),
        (asked("/login", method="POST", credential=TOKEN), False),
        (asked("/api/v1/rules", credential=TOKEN), False),
        (asked("/api/v1/rules"), False),
        (asked("/healthz", credential="guess"), False),
        (asked("/stories", credential="guess", signed_in=True), False),
        (asked("/api/v1/rules", credential="guess", host="evil.example"), False),
    ],
)
def test_a_guess_is_what_is_told_that_it_is_wrong(wanted: Asked, wrong: bool) -> None:
    assert is_wrong(wanted, decide(wanted, GUARDED), GUARDED) is wrong
