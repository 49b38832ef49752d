"""The documents of the overview and of a unit's scorecard, from what their pages have read.

What such a document holds is said in `dashboards.documents`.
"""

from collections.abc import Sequence

import polars as pl

from dashboards.app_pages import readings, strip
from dashboards.app_pages.desk import Desk, desk
from dashboards.app_pages.opening import TARGETS
from dashboards.documents import branch as branch_document
from dashboards.documents import overview as overview_document
from dashboards.documents.branch import BranchPage
from dashboards.documents.overview import Groups, OverviewPage
from dashboards.exports.document import Document
from dashboards.port.analyses import Score
from dashboards.scorecard_row import ScorecardRow
from dashboards.standing import Cards
from dashboards.units import BankUnit
from transforms.catalogue import families
from transforms.errors import BranchmarkError


def of_branch(
    unit: BankUnit,
    rows: Sequence[ScorecardRow],
    message: str,
    check_ins: pl.DataFrame | None,
) -> Document:
    """The scorecard of a unit.

    Args:
        unit: the unit.
        rows: its scorecard, with history.
        message: the sentence the page opens with.
        check_ins: what was said about the month's figures.
    """
    at = desk()
    below = at.month.units.children(unit.unit_id)
    shown = [row.metric_id for row in rows if not row.reason]
    page = BranchPage(
        headline=strip.headline(unit.unit_id),
        unit=unit,
        rows=rows,
        message=message,
        family=_family(at, [unit]),
        check_ins=check_ins,
        score=_score(unit),
        below=below,
        cards=readings.cards(below, shown),
    )
    return branch_document.document(page, at.catalogue, readings.reference())


def of_overview(
    rows: Sequence[ScorecardRow], message: str, groups: Groups, cards: Cards, aimed: Cards
) -> Document:
    """The overview.

    Args:
        rows: the scorecard of the whole, with history.
        message: the sentence the page opens with.
        groups: the branches compared, by region.
        cards: their scorecards, by the metrics of the matrix.
        aimed: their scorecards, by what has a target.
    """
    at = desk()
    top = at.month.units.top
    shown = list(dict.fromkeys(row.metric_id for card in cards.values() for row in card))
    regions = [region for region, _ in groups if region is not None and region != top]
    page = OverviewPage(
        headline=strip.headline(top.unit_id),
        rows=rows,
        message=message,
        family=_family(at, [top, *(one for _, members in groups for one in members)]),
        groups=groups,
        regions=readings.cards(regions, shown),
        cards=cards,
        aimed=aimed,
    )
    return overview_document.document(page, at.catalogue, readings.reference())


def _family(at: Desk, units: Sequence[BankUnit]) -> str:
    """The family of metrics shown, as its readers call it."""
    if at.family == TARGETS:
        main = "targets" if at.month.aimed([unit.unit_id for unit in units]) else "main"
        return at.say(f"family_{main}")
    label = families.label_of(at.family)
    return at.language.pick(label.en, label.zh)


def _score(unit: BankUnit) -> Score | None:
    """The unit's score; none where there is no answer, which its page says."""
    try:
        return readings.score(unit.unit_id)
    except BranchmarkError:
        return None
