"""What changed, for the mail that brings a report: the sentences of `branchmark changes`, within a scope."""

from dataclasses import dataclass, field

from dashboards.i18n import Language, day_text, say
from dashboards.sentences import Teller
from dashboards.words import Comparison
from orchestration.bank import Bank
from orchestration.questions import movements
from orchestration.questions.movements import Changed
from orchestration.reporting.sending import links
from orchestration.reporting.sending.letters import Line, Part
from orchestration.reporting.sending.links import Links
from records.access import Scope
from records.ledger.returns import Head
from transforms.errors import BranchmarkError
from transforms.periods import months_back
from transforms.returns.model import Frequency

_MOST = 5
_QUARTER = 3


@dataclass(frozen=True, eq=False)
class Changes:
    """Tells what changed; what was found for one recipient is kept for the next of the same scope."""

    bank: Bank
    _kept: dict[tuple[object, ...], Changed | None] = field(default_factory=dict)

    def part(self, scope: Scope, head: Head, frequency: Frequency, to: Links) -> Part | None:
        """What changed at a report's unit since the period before; none if there is none to compare with."""
        language = to.language
        if not self._is_current(head):
            link = to.to(links.BRANCH, head.unit_id, head.as_of)
            return Part(
                say(language, "al_restated_head"), (Line(say(language, "al_restated"), link),)
            )
        found = self._found(scope, head, frequency)
        if found is None:
            return None
        teller = Teller(self.bank.catalogue, self.bank.workspace.base_currency, found.names)
        told = teller.tell_all(found.events)
        lines = [
            Line(sentence.text(language), _link(to, event["metric_id"], found))
            for event, sentence in zip(
                found.events.head(_MOST).to_dicts(), told[:_MOST], strict=True
            )
        ]
        if len(told) > _MOST:
            more = say(language, "al_more", count=len(told) - _MOST)
            lines.append(Line(more, to.to(links.BRANCH, found.branch, found.as_of)))
        if not lines:
            nothing = teller.nothing(found.branch, found.before, found.as_of)
            lines.append(Line(nothing.text(language)))
        return Part(_heading(language, found), tuple(lines))

    def _is_current(self, head: Head) -> bool:
        """Whether the month's figures are still those that the edition holds."""
        published = self.bank.published
        version = published.newest_versions().get(head.as_of, 0)
        current = published.current().get((head.as_of, version))
        return current is not None and current.fingerprint == head.fingerprint

    def _found(self, scope: Scope, head: Head, frequency: Frequency) -> Changed | None:
        key = (head.unit_id, head.as_of, frequency, scope.branches)
        if key not in self._kept:
            quarterly = frequency is Frequency.QUARTERLY
            compare = months_back(head.as_of, _QUARTER) if quarterly else Comparison.PREVIOUS_MONTH
            try:
                found = movements.changes(
                    self.bank, scope, head.unit_id, as_of=head.as_of, compare=compare
                )
            except BranchmarkError:
                # Nothing earlier is published: the report goes out without a comparison.
                found = None
            self._kept[key] = found
        return self._kept[key]


def _link(to: Links, metric: str | None, found: Changed) -> str:
    if metric is None:
        return to.to(links.BRANCH, found.branch, found.as_of)
    return to.to(links.METRIC, found.branch, found.as_of, metric=metric)


def _heading(language: Language, found: Changed) -> str:
    before, after = day_text(language, found.before), day_text(language, found.as_of)
    return say(language, "al_since", before=before, after=after)
