from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.console.tries import MOST, Tries, place_of
from tests.crawler.console.house import TOKEN
from tests.fakes import FakeClock

if TYPE_CHECKING:
    import httpx

    from tests.crawler.console.house import House

SAME = {"sec-fetch-site": "same-origin"}


def test_an_address_waits_until_its_first_guess_is_a_minute_old() -> None:
    clock = FakeClock()
    tries = Tries(clock.now)
    for _ in range(MOST):
        assert tries.wait("10.0.0.1") == 0
        tries.wrong("10.0.0.1")
        clock.advance(timedelta(seconds=2))
    assert tries.wait("10.0.0.1") == 40
    assert tries.wait("10.0.0.2") == 0
    clock.advance(timedelta(seconds=40))
    assert tries.wait("10.0.0.1") == 0


def test_what_is_remembered_has_an_end() -> None:
    tries = Tries(FakeClock().now)
    for number in range(1_001):
        for _ in range(MOST):
            tries.wrong(f"10.0.{number >> 8}.{number & 255}")
    assert tries.wait("10.0.0.0") == 0
    assert tries.wait("10.0.0.1") == 60


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("", ""),
    ],
)
def test_who_has_many_addresses_of_ipv6_is_one_sender(address: str, place: str) -> None:
    assert place_of(address) == place


async def by_form(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/login", data={"token": token, "to": "/"}, headers=SAME)


async def by_header(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get("/api/v1/rules", headers={"authorization": f"Bearer {token}"})


@pytest.mark.parametrize("way", [by_form, by_header])
async def test_who_guesses_must_wait_whatever_way_and_nobody_else(
    full: House, way: type, caplog: pytest.LogCaptureFixture
) -> None:
    owner, stranger = full.entrances(TOKEN, "10.0.0.1", "10.0.0.2")
    async with owner, stranger:
        first = await way(stranger, "guess")
        assert first.status_code in {401, 403}
        for number in range(MOST + 2):
            await way(stranger, f"guess {number}")
        for refused in (await by_form(stranger, TOKEN), await by_header(stranger, TOKEN)):
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
            assert "wait a minute" in refused.text
        assert (await by_form(owner, TOKEN)).status_code == 303
        full.clock.advance(timedelta(minutes=1))
        assert (await by_header(stranger, TOKEN)).status_code == 200
    assert [one.getMessage() for one in caplog.records] == ["console-refused", "console-guesses"]
    assert {one.__dict__["from"] for one in caplog.records} == {"10.0.0.2"}


async def test_who_is_signed_in_goes_on_while_others_guess_from_there(full: House) -> None:
    async with full.client(TOKEN) as client:
        await by_form(client, TOKEN)
        for number in range(MOST):
            await by_form(client, f"guess {number}")
        assert (await by_form(client, TOKEN)).status_code == 429
        assert (await client.get("/stories")).status_code == 200
