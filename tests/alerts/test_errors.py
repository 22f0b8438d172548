from __future__ import annotations

import pytest

from alerts.errors import ChannelRefused, DeliveryError, FetchError, Later


@pytest.mark.parametrize("kind", [DeliveryError, Later, ChannelRefused, FetchError])
def test_words_of_another_side_can_be_stored_by_any_database(kind: type[DeliveryError | FetchError]) -> None:
    error = kind("bad-gateway", "halves \ud83d and nothing \0 else, but 🌍")
    assert error.detail == "halves ? and nothing � else, but 🌍"
    assert str(error) == f"bad-gateway: {error.detail}"
    error.detail.encode()
