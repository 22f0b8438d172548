from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from crawler.console.openapi import PATHS, document
from crawler.console.schemas import NOUNS, Story, schema_of
from tests.crawler.console.house import HOSTILE

if TYPE_CHECKING:
    from tests.crawler.console.house import House


async def ask(house: House, path: str, status: int = 200) -> Any:
    async with house.client() as client:
        answer = await client.get(f"/api/v1{path}")
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_stories_are_searched_and_paged(full: House) -> None:
    first = await ask(full, "/stories?limit=3")
    assert [one["title"] for one in first["items"]] == ["Nothing of note", HOSTILE, "Japan signs"]
    rest = await ask(full, f"/stories?limit=3&cursor={first['next']}")
    assert ([one["title"] for one in rest["items"]], rest["next"]) == (["Japan and France open talks"], None)
    found = await ask(full, "/stories?q=treaty&matched=1&since=1d")
    assert [(one["title"], one["rules"]) for one in found["items"]] == [("Japan signs", ["japan"])]


async def test_a_story_comes_whole(full: House) -> None:
    code = await full.code("Japan and France open talks")
    one = await ask(full, f"/stories/{code}")
    assert one["text"] == "They met in Tokyo.\n\nJapan was glad."
    japan = next(match for match in one["matches"] if match["rule"] == "japan")
    assert japan["words"] == ["Japan"]
    assert [(channel["channel"], channel["state"]) for channel in japan["channels"]] == [("#n", "sent")]
    assert japan["spans"][0] == {"field": "title", "start": 0, "end": 5}
    assert (one["versions"][0]["version"], one["copies"]) == (1, [code])


async def test_why_is_told_step_by_step(full: House) -> None:
    code = await full.code("Japan signs")
    why = await ask(full, f"/stories/{code}/why?rule=japan")
    assert why["story"] == code
    assert why["steps"]
    assert (await ask(full, f"/why?of={code}"))["verdict"]
    assert (await ask(full, "/why?of=https://bbc.example/never"))["told"] is False


async def test_matches_and_alerts_are_paged(full: House) -> None:
    one = await ask(full, "/matches?limit=2")
    assert [match["rule"] for match in one["items"]] == ["japan", "japan"]
    two = await ask(full, f"/matches?limit=2&cursor={one['next']}")
    assert ({match["rule"] for match in two["items"]}, two["next"]) == ({"japan", "france"}, None)
    assert [match["title"] for match in (await ask(full, "/matches?rule=france"))["items"]] == [
        "Japan and France open talks"
    ]
    alerts = await ask(full, "/alerts?limit=1")
    assert alerts["items"][0]["state"] == "pending"
    rest = await ask(full, f"/alerts?cursor={alerts['next']}")
    assert [one["state"] for one in rest["items"]] == ["dead", "sent"]
    assert [one["why"] for one in (await ask(full, "/alerts?state=dead"))["items"]] == ["card-refused invalid_blocks"]


async def test_sources_and_rules_are_listed(full: House) -> None:
    first = await ask(full, "/sources?limit=1")
    assert [one["id"] for one in first["items"]] == ["bbc"]
    rest = await ask(full, f"/sources?limit=1&cursor={first['next']}")
    assert ([one["id"] for one in rest["items"]], rest["next"]) == (["nhk"], None)
    assert (await ask(full, "/sources/bbc"))["stories_24h"] == 4
    first = await ask(full, "/rules?limit=1")
    assert (first["items"][0]["id"], first["next"]) == ("japan", "japan")
    rest = await ask(full, "/rules?cursor=japan")
    assert ([one["id"] for one in rest["items"]], rest["next"]) == (["france"], None)
    assert sum((await ask(full, "/rules/japan"))["days"]) == 3


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/stories?limit=0", "`limit` is a whole number from 1 to 200."),
        ("/stories?limit=x", "`limit` is a whole number from 1 to 200."),
        ("/stories?limit=%C2%B2", "`limit` is a whole number from 1 to 200."),
        ("/stories?colour=red", "The parameter `colour` is not known"),
        ("/stories?q=", "`q` is empty."),
        ("/stories?q=a&q=b", "`q` is there twice."),
        ("/stories?q=(", "a word is missing"),
        ("/stories?since=soon", "write 2d"),
        ("/stories?cursor=x", "`cursor` is not one"),
        ("/stories?matched=yes", "`matched` is one of 1."),
        ("/alerts?state=lost", "`state` is one of dead"),
        ("/why", "`of` is no address"),
        ("/rules/japan?x=1", "none is known here"),
    ],
)
async def test_what_cannot_be_used_is_said(full: House, path: str, says: str) -> None:
    problem = await ask(full, path, 400)
    assert says in problem["detail"]
    assert (problem["status"], problem["title"]) == (400, "Bad Request")


async def test_the_api_only_reads(full: House) -> None:
    async with full.owner() as client:
        for path in PATHS:
            answer = await client.post(path.replace("{story}", "0" * 13).replace("{id}", "japan"))
            assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})


async def test_the_description_is_served_and_names_all_that_it_answers_with(full: House) -> None:
    served = await ask(full, "/openapi.json")
    assert served == document()
    assert served["components"]["schemas"].keys() == {kind.__name__ for kind in NOUNS}
    assert schema_of(Story)["properties"]["published"] == {
        "anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]
    }
