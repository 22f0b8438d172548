"""What a story means to whom: the rules that hold for it, and the channels each of them tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from alerts.routing.facts import Facts
from alerts.routing.route import route
from alerts.routing.spec import RouteSpec
from alerts.rules.evaluate import may_be_undone
from alerts.rules.spec import QuietSpec
from alerts.story import Outlet
from alerts.stream import StreamRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.rules.ruleset import RuleSet
    from alerts.story import Match, Severity, Story

_NO_QUIET = QuietSpec()
_NO_OUTLET = Outlet(id="", name="", host="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A match, and the channels that must hear of it."""

    match: Match
    channels: tuple[str, ...]  # notifiers among them
    spec: RouteSpec = field(default_factory=RouteSpec)  # of the route that took it
    route: str = ""  # what chose the channels, for people
    facts: Facts | None = None  # None: none but the match itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """By what a match finds its channels, where its rule names none."""

    routes: tuple[RouteSpec, ...] = ()
    defaults: tuple[str, ...] = ()
    source_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by the source's id

    @property
    def mark(self) -> str:
        """What tells one from another that routes otherwise, wherever its routes stand."""
        said = repr((self.routes, self.defaults, sorted(self.source_tags.items())))
        return blake2b(said.encode(errors="surrogatepass"), digest_size=6).hexdigest()


class Judge:
    """Judges stories by one set of rules; pure, so the same story is judged the same again."""

    def __init__(self, rules: RuleSet, switch: Switch | None = None) -> None:
        """Without a ``switch`` only the channels that rules name hear of anything."""
        self._rules = rules
        self._switch = switch or Switch()
        self._own = {rule.id: (tuple(dict.fromkeys(rule.to)), rule.owner) for rule in rules.rules}
        self._streams = {
            rule.id: StreamRule(
                id=rule.id,
                name=rule.name,
                severity=rule.severity,
                tags=rule.tags,
                channels=self._of_rule(rule.id, rule.severity, rule.tags),
                shadow=rule.shadow,
                spec=rule.stream,
            )
            for rule in rules.rules
            if rule.enabled and rule.stream
        }
        self._by_id = {rule.id: rule for rule in rules.rules}
        self._quiet = {rule.id: rule.quiet for rule in rules.rules if rule.enabled and rule.quiet != _NO_QUIET}

    @property
    def revision(self) -> str:
        """What tells one judge from another that decides otherwise: kept with each story that it judged."""
        return self._rules.revision if self._switch == Switch() else f"{self._rules.revision}.{self._switch.mark}"

    @property
    def streams(self) -> Mapping[str, StreamRule]:
        """Return the rules with conditions on the stream, by id; those switched off are absent."""
        return self._streams

    @property
    def quiet(self) -> Mapping[str, QuietSpec]:
        """Return how rules keep quiet, by id; those that do not, or are switched off, are absent."""
        return self._quiet

    def may_be_undone(self, rule: str) -> bool:
        """Say whether a rule that holds for a short text may not hold for the whole: it has a NOT on the text.

        What a rule found that is gone since cannot be undone any more.
        """
        known = self._by_id.get(rule)
        return known is not None and may_be_undone(known.part)

    def __call__(self, story: Story) -> tuple[Finding, ...]:
        """Return a finding for each rule that holds, in the order of the file."""
        tags = self._switch.source_tags.get(story.outlet.id, ())
        return tuple(self._finding(match, story, tags) for match in self._rules.match(story))

    def place(self, match: Match, story: Story) -> Finding:
        """Return a match of these rules with the channels that must hear of it."""
        return self._finding(match, story, self._switch.source_tags.get(story.outlet.id, ()))

    def channels(self, rule: str) -> tuple[str, ...]:
        """Return the channels of a rule, as far as they depend on it alone and not on the story."""
        known = self._by_id[rule]
        return self._of_rule(known.id, known.severity, known.tags)

    def _finding(self, match: Match, story: Story, tags: tuple[str, ...]) -> Finding:
        own, owner = self._own[match.rule]
        facts = Facts.of(match, story, source_tags=tags, owner=owner)
        routed = route(self._switch.routes, facts, own, self._switch.defaults)
        also = (*routed.channels, *routed.spec.also)
        return Finding(
            match=match, channels=tuple(dict.fromkeys(also)), spec=routed.spec, route=routed.says, facts=facts
        )

    def _of_rule(self, rule: str, severity: Severity, tags: tuple[str, ...]) -> tuple[str, ...]:
        """Return the channels of a rule that tells of many stories, or of none yet: by what is known of it alone."""
        own, owner = self._own[rule]
        facts = Facts(rule=rule, severity=severity, outlet=_NO_OUTLET, tags=frozenset(tags), owner=owner)
        routed = route(self._switch.routes, facts, own, self._switch.defaults)
        return tuple(dict.fromkeys((*routed.channels, *routed.spec.also)))
