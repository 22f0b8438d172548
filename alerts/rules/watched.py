"""What queries ask of sources and languages that no story can have."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from alerts.errors import Level
from alerts.language_codes import doubt_of
from alerts.rules.entities import aliases_of
from alerts.rules.facts import is_source
from alerts.rules.nodes import FACTS, Name, Phrase, Scope, Scoped, children, terms_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alerts.errors import Problem
    from alerts.rules.names import Names
    from alerts.rules.nodes import Node
    from alerts.rules.spec import Text
    from alerts.story import Outlet

    Doubt = tuple[str, str]  # a message, and the way out

_SHOWN = 8  # values that a hint lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The sources that are configured, as far as queries can ask for them."""

    outlets: tuple[Outlet, ...] = ()
    languages: Mapping[str, str] = field(default_factory=dict)  # that sources are said to be in, by their ids
    tags: tuple[str, ...] = ()  # that the user gave to sources; no story has them

    def outlet(self, name: str) -> Outlet | None:
        """Return the source that has a name for its id, else one that it is the host of; None when there is none."""
        named = name.lower().removeprefix("www.")
        ids = (outlet for outlet in self.outlets if outlet.id.lower() == name.lower())
        return next(ids, None) or next((outlet for outlet in self.outlets if outlet.host == named), None)

    def doubt(self, field: Scope, value: str) -> Doubt | None:
        """Return why no story of these sources meets a term of a field, and the way out."""
        match field:
            case Scope.LANG:
                return doubt_of(value, self.languages.values())
            case Scope.TAG:
                return self._doubt_of_tag(value)
            case Scope.SOURCE if self.outlets:
                return self.doubt_of_source(value)
            case Scope.COUNTRY if self.outlets:
                return self.doubt_of_country(value)
            case Scope.TIER if self.outlets:
                return self.doubt_of_tier(int(value))
        return None

    def doubt_of_source(self, name: str) -> Doubt | None:
        """Return why a name is neither the id nor the host of a source."""
        if any(is_source(outlet, name.lower()) for outlet in self.outlets):
            return None
        known = [known for outlet in self.outlets for known in (outlet.id, outlet.host)]
        near = get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else "name an id, or a host, of your sources"
        return f"no source is called `{name}`, and none is at that host", hint

    def doubt_of_country(self, code: str) -> Doubt | None:
        """Return why no source is of a country."""
        known = sorted({outlet.country for outlet in self.outlets if outlet.country})
        if code.lower() in known:
            return None
        more = " …" if len(known) > _SHOWN else ""
        hint = f"they are of {', '.join(known[:_SHOWN])}{more}" if known else "say `country:` of your sources"
        return f"no source is of the country {code}", hint

    def doubt_of_tier(self, tier: int) -> Doubt | None:
        """Return why no source is of a tier or a better one."""
        best = min((outlet.tier for outlet in self.outlets), default=tier)
        if best <= tier:
            return None
        return f"no source is of tier {tier} or better", f"the best is of tier {best}; say `tier:` of your sources"

    def _doubt_of_tag(self, value: str) -> Doubt | None:
        if value.casefold() not in map(str.casefold, self.tags):
            return None
        message = (
            f'tag: looks in the categories that the feeds themselves give, not in the tag "{value}" of your sources'
        )
        return message, "to ask for these sources, list them: source:(a, b)"


def strangers(tree: Node, query: Text, names: Names, watched: Watched) -> Iterator[Problem]:
    """Yield a warning for each term of ``source:``, ``lang:`` and the like that no story can meet."""
    if isinstance(tree, Scoped) and tree.field in FACTS | {Scope.TAG}:
        for term in terms_of(tree):
            if isinstance(term, Phrase):
                values = [(query, term.offset, term.text)]
            elif isinstance(term, Name) and tree.field in FACTS and term.name in names.groups:
                values = [(alias.text, 0, alias.text.value) for _, alias in aliases_of(names.groups[term.name])]
            else:
                values = []
            for text, offset, value in values:
                if doubt := watched.doubt(tree.field, value):
                    yield text.problem(offset, *doubt, Level.WARNING)
        return
    for part in children(tree):
        yield from strangers(part, query, names, watched)
