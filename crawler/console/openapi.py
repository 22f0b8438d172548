"""The description of the API in OpenAPI 3.1, from the same classes that it answers with."""

from __future__ import annotations

from typing import Any

import crawler
from alerts.outbox import State
from crawler.console import schemas
from crawler.ids import STORY_LENGTH

MOST, USUAL = 200, 50  # items of a page

_ID_PATTERN = f"^[0-9A-Za-z]{{{STORY_LENGTH}}}$"
_LIMIT = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
_TEXT = {"type": "string", "minLength": 1, "maxLength": 1000}
_LIMITED = ("limit", "How many items at most.", _LIMIT)
_CURSOR = ("cursor", "`next` of the page before.", _TEXT)
_BELOW = ("cursor", "`next` of the page before.", {"type": "string", "pattern": _ID_PATTERN})
_SINCE = ("since", "First seen after: 2d (ago), 2026-11-02 or 2026-11-02T14:30.", _TEXT)
_UNTIL = ("until", "First seen before, in the same forms; a day is included.", _TEXT)
_RULE = ("rule", "The id of a rule in force.", _TEXT)
_STATE = ("state", "Only messages in this state.", {"type": "string", "enum": [state.value for state in State]})
_STORY = ("story", "The code of a story.", {"type": "string", "pattern": _ID_PATTERN})
_NAME = ("id", "Its id.", {"type": "string", "minLength": 1, "maxLength": 200})

# path: what it answers, whether as a list, a summary, its parameters in the address
PATHS: dict[str, tuple[type, bool, str, tuple[tuple[str, str, dict[str, Any]], ...]]] = {
    "/api/v1/stories": (
        schemas.Story,
        True,
        "Stories, the newest first",
        (
            ("q", "What `tocsin search` takes.", _TEXT),
            _SINCE,
            _UNTIL,
            ("matched", "Only those for which a rule holds.", {"type": "string", "enum": ["1"]}),
            _LIMITED,
            _BELOW,
        ),
    ),
    "/api/v1/stories/{story}": (schemas.StoryDetail, False, "One story", ()),
    "/api/v1/stories/{story}/why": (schemas.Why, False, "What became of a story, and why", (_RULE,)),
    "/api/v1/why": (
        schemas.Why,
        False,
        "What became of an address, a story or a message of Slack's",
        (("of", "An address, a code, or a link to a message.", _TEXT), _RULE),
    ),
    "/api/v1/matches": (
        schemas.Match,
        True,
        "Matches, those of the newest stories first; `limit` counts stories",
        (_RULE, _LIMITED, _BELOW),
    ),
    "/api/v1/alerts": (schemas.Alert, True, "Messages about stories, the newest first", (_STATE, _LIMITED, _CURSOR)),
    "/api/v1/sources": (schemas.Source, True, "Sources, by id", (_LIMITED, _CURSOR)),
    "/api/v1/sources/{id}": (schemas.Source, False, "One source", ()),
    "/api/v1/rules": (schemas.Rule, True, "Rules in force, in the order of the file", (_LIMITED, _CURSOR)),
    "/api/v1/rules/{id}": (schemas.Rule, False, "One rule", ()),
}
_REQUIRED = {("/api/v1/why", "of")}
_REFUSALS = {
    400: "A parameter cannot be used",
    401: "The token is missing or wrong",
    404: "There is no such thing",
    421: "The Host header is not this machine's",
    429: "Too many wrong tokens came from this address",
    503: "The store cannot be read now, or reading took too long",
}


def document() -> dict[str, Any]:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tocsin",
            "version": crawler.__version__,
            "description": "What Tocsin collected, told, and why. It can only be read.",
        },
        "paths": {path: {"get": _operation(path)} for path in PATHS} | {"/api/v1/openapi.json": {"get": _itself()}},
        "components": {
            "schemas": {kind.__name__: schemas.schema_of(kind) for kind in schemas.NOUNS},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _operation(path: str) -> dict[str, Any]:
    kind, is_list, summary, parameters = PATHS[path]
    item = {"$ref": f"#/components/schemas/{kind.__name__}"}
    inside = [one for one in (_STORY, _NAME) if f"{{{one[0]}}}" in path]
    return {
        "operationId": path.removeprefix("/api/v1/").replace("/", "-").replace("{", "").replace("}", ""),
        "summary": summary,
        "parameters": [
            *(_parameter(*one, where="path", required=True) for one in inside),
            *(_parameter(*one, where="query", required=(path, one[0]) in _REQUIRED) for one in parameters),
        ],
        "responses": {"200": _answer("What was asked for", _page(item) if is_list else item), **_faults()},
    }


def _parameter(name: str, about: str, schema: dict[str, Any], *, where: str, required: bool) -> dict[str, Any]:
    return {"name": name, "in": where, "description": about, "required": required, "schema": schema}


def _page(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": item},
            "next": {"type": ["string", "null"], "description": "The cursor of the next page; null after the last."},
        },
        "required": ["items", "next"],
        "additionalProperties": False,
    }


def _answer(about: str, schema: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    return {"description": about, "content": {kind: {"schema": schema}}}


def _faults() -> dict[str, Any]:
    problem = {"$ref": "#/components/schemas/Problem"}
    return {str(status): _answer(about, problem, "application/problem+json") for status, about in _REFUSALS.items()}


def _itself() -> dict[str, Any]:
    faults = {status: fault for status, fault in _faults().items() if status in {"400", "401", "421", "429"}}
    about = _answer("An OpenAPI document", {"type": "object"})
    return {"operationId": "openapi", "summary": "This description", "responses": {"200": about, **faults}}
