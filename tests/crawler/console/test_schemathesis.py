"""The API against its own description, by requests that nobody would think of."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import positive_data_acceptance

from crawler.console.openapi import PATHS, document

if TYPE_CHECKING:
    import httpx

    from tests.crawler.console.house import House

SCHEMA = schemathesis.openapi.from_dict(document())
KNOWN = ["japan", "france", "bbc", "nhk", "none"]


def operations() -> list[Any]:
    found: list[Any] = list(SCHEMA.get_all_operations())
    return [one.ok() for one in found]


def test_every_path_is_described() -> None:
    assert {one.path for one in operations()} == PATHS.keys() | {"/api/v1/openapi.json"}


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.label)
async def test_answers_are_as_described(full: House, operation: Any) -> None:
    loop = asyncio.get_running_loop()
    client = full.client()
    code = await full.code("Japan signs")

    def ask(case: Any) -> httpx.Response:
        path = case.formatted_path
        asking = client.request(case.method, path, params=case.query or None)
        return asyncio.run_coroutine_threadsafe(asking, loop).result()

    @settings(
        max_examples=15,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(case=operation.as_strategy(), name=st.sampled_from(KNOWN), is_code=st.booleans())
    def check(case: Any, name: str, is_code: bool) -> None:
        if "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = name
        if is_code and "story" in (case.path_parameters or {}):
            case.path_parameters["story"] = code
        answer = ask(case)
        # A query, a time or an address can be wrong though no schema says so: then it is refused with its reason.
        assert answer.status_code < 500, answer.text
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])

    async with client:
        await asyncio.to_thread(check)
