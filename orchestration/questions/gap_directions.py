"""Which way a metric points that the catalogue leaves open: as asked, or by the bank's scoring profile.

Profiles are gathered in `scoring`; what closes a gap belongs in `gaps`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from orchestration.months import MonthAtWork
from orchestration.questions import scoring
from transforms.catalogue.model import Better, Label, Metric
from transforms.scoring.load import STANDARD
from transforms.scoring.model import Profile

POINTS: Final = (Better.HIGHER, Better.LOWER)
"""What a metric has to point to for a gap to have a side."""


@dataclass(frozen=True, eq=False)
class Directions:
    """Directions in one month.

    Attributes:
        month: the month.
        asked: what was asked for; none for what the bank's standard scoring profile says.
    """

    month: MonthAtWork
    asked: Better | None

    def of(self, metric: Metric) -> tuple[Metric, Label | None]:
        """A metric that the catalogue leaves open with a direction, and who says so; none if nobody does.

        Raises:
            CatalogueError: if a scoring profile of the bank cannot be used.
        """
        if self.asked is not None:
            return replace(metric, better=self.asked), _said(self.asked, _ASKED)
        better = self._judged.get(metric.metric_id)
        if better is None or self._profile is None:
            return metric, None
        name = f"{self._profile.profile_id} {self._profile.version}"
        by = Label(f"by the scoring profile {name}", f"按评分方案 {name}")
        return replace(metric, better=better), _said(better, by)

    @cached_property
    def _profile(self) -> Profile | None:
        """The standard profile, in the edition of the month; none if it does not hold then."""
        editions = scoring.profiles(self.month.bank, self.month.catalogue)[STANDARD]
        return next((one for one in editions if one.holds(self.month.as_of)), None)

    @cached_property
    def _judged(self) -> Mapping[str, Better]:
        if self._profile is None:
            return {}
        parts = (*self._profile.vetoes, *self._profile.items, *self._profile.lines)
        return {part.figure.metric: part.figure.better for part in parts}


_ASKED: Final = Label("as asked", "按所指定")


def _said(better: Better, by: Label) -> Label:
    return Label(
        f"{better} is better {by.en}; the catalogue says neither",
        f"{by.zh}，{'高' if better is Better.HIGHER else '低'}者为优（指标目录未规定方向）",
    )
