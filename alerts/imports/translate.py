"""From a file of saved queries to rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.imports import factiva, google_alerts, lexis, meltwater, miniflux
from alerts.imports.drafts import Draft, Import, finish
from alerts.imports.grammar import read
from alerts.imports.saved import read_saved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alerts.imports.grammar import Dialect

_QUERIES: Mapping[str, Dialect] = {
    "meltwater": meltwater.DIALECT,
    "factiva": factiva.DIALECT,
    "lexis": lexis.DIALECT,
    "google-alerts": google_alerts.DIALECT,
}
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in YAML
# An alternative may be what is left out, or a part of what must not be there: then less is found without it.
_NARROWED = re.compile(r"\bor\b|\||(?:\bnot\s*|-)\(", re.IGNORECASE)


def translate(dialect: str, name: str, content: str, taken: Iterable[str] = ()) -> Import:
    """Translate what a file called ``name`` holds; raises KeyError for a dialect that is not among them.

    ``taken`` are ids that no rule may get, since others have them.
    """
    content = _UNPRINTABLE.sub(" ", content)
    if dialect == "miniflux":
        return finish(miniflux.read_filters(name, content), "Miniflux", taken=taken)
    language = _QUERIES[dialect]
    saved, problems = read_saved(name, content, line_by_line=language.line_by_line)
    drafts = [
        Draft(name=one.name, original=one.query, reading=read(one.query, language), errs=_errs(one.query.value))
        for one in saved
    ]
    return finish(drafts, language.name, problems, taken)


def _errs(query: str) -> str:
    """Say what a query may find when a part of it is left out."""
    return "too much or too little" if _NARROWED.search(query) else "too much"
