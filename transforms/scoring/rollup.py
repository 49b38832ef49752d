"""One status of several: the worst, the majority, the most common, or counts only. Never an average.

Statuses without a judgement (no target, not comparable, n/a) are counted and told, and decide nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from transforms.catalogue.model import Label
from transforms.scorecards import JUDGED, Status
from transforms.scoring.model import Policy
from transforms.scoring.words import POLICIES, STATUSES, Language, said

_WORST_FIRST: Final = (Status.MISSED, Status.NEAR, Status.MET)
_OF: Final = Label("{policy} of {count}: {counts}", "{policy}，共 {count} 项：{counts}")
_BESIDE: Final = Label("; not judged: {counts}", "；未评判：{counts}")
_NO_HALF: Final = Label("no majority of {count}: {counts}", "{count} 项中无过半数：{counts}")
_NOTHING: Final = Label("nothing decides: none is judged", "无可评判项，不作结论")
_NO_CARD: Final = Label("without a judgement", "无评判")


@dataclass(frozen=True)
class RollUp:
    """One status of several.

    Attributes:
        status: met, near or missed; none if nothing decides.
        counts: how many of each judged status, the better first.
        beside: how many of each status that is no judgement; none stands for a part without a status.
    """

    policy: Policy
    status: Status | None
    counts: Mapping[Status, int]
    beside: Mapping[Status | None, int]

    def sentence(self, language: Language = "en") -> str:
        """The counts behind the status: "worst of 9: 6 met, 2 near, 1 missed"."""
        count = sum(self.counts.values())
        told = _counted(self.counts, language)
        if not count:
            sentence = said(_NOTHING, language)
        elif self.status is None and self.policy is Policy.MAJORITY:
            sentence = said(_NO_HALF, language).format(count=count, counts=told)
        else:
            policy = said(POLICIES[self.policy], language)
            sentence = said(_OF, language).format(policy=policy, count=count, counts=told)
        if self.beside:
            sentence += said(_BESIDE, language).format(counts=_counted(self.beside, language))
        return sentence


def roll_up(
    statuses: Iterable[Status | None],
    policy: Policy,
    priority: Sequence[Status] = _WORST_FIRST,
) -> RollUp:
    """One status of several, by a policy.

    >>> roll_up([Status.MET, Status.NEAR, Status.MISSED], Policy.WORST).sentence()
    'worst of 3: 1 met, 1 near, 1 missed'
    """
    found = Counter(statuses)
    counts = {one: found[one] for one in STATUSES if one in JUDGED and found[one]}
    beside: dict[Status | None, int] = {
        one: found[one] for one in (*STATUSES, None) if one not in JUDGED and found[one]
    }
    judged: Counter[Status] = Counter()
    for one, count in counts.items():
        judged[JUDGED[one]] += count
    return RollUp(policy, _decided(judged, policy, priority), counts, beside)


def _decided(judged: Counter[Status], policy: Policy, priority: Sequence[Status]) -> Status | None:
    if not judged:
        return None
    match policy:
        case Policy.WORST:
            return next(one for one in _WORST_FIRST if judged[one])
        case Policy.MAJORITY:
            half = judged.total()
            return next((one for one in _WORST_FIRST if judged[one] * 2 > half), None)
        case Policy.MAJORITY_WITH_PRIORITY:
            most = max(judged.values())
            return next(one for one in priority if judged[one] == most)
        case Policy.COUNTS_ONLY:
            return None


def _counted(counts: Mapping[Status | None, int] | Mapping[Status, int], language: Language) -> str:
    return (", " if language == "en" else "，").join(
        f"{count} {said(_NO_CARD if one is None else STATUSES[one], language)}"
        for one, count in counts.items()
    )
