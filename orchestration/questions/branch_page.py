"""What the scorecard page of a branch would show, for files that are made without a page.

How it becomes a document is said in `dashboards.documents.branch`.
"""

from collections.abc import Sequence
from datetime import date

from dashboards import month, openings, ordering, scorecard
from dashboards.documents.branch import BranchPage
from dashboards.headline import Headline
from dashboards.i18n import say
from dashboards.month import Month
from dashboards.numbers import Format
from dashboards.port.analyses import Score
from dashboards.units import BankUnit
from dashboards.words import Comparison
from orchestration.bank import Bank
from orchestration.questions import scoring
from records.access import Scope
from records.published import Known
from transforms.catalogue.load import unknown_metric
from transforms.catalogue.model import Catalogue
from transforms.errors import BranchmarkError, UnknownNameError


def branch_page(
    bank: Bank,
    scope: Scope,
    branch: str,
    *,
    as_of: date | None,
    metrics: Sequence[str],
    comparison: Comparison,
    form: Format,
) -> tuple[BranchPage, Catalogue]:
    """What the page of a branch would show, and the definitions of its month.

    Args:
        bank: whose branch.
        scope: who reads.
        branch: the branch.
        as_of: the month end; the newest published one if not given.
        metrics: only these; what has a target, or the main figures, if none is named.
        comparison: what figures are compared with.
        form: how numbers are printed.

    Raises:
        NoSuchMonthError: if the month is not published.
        UnknownNameError: if there is no such branch or metric.
        AccessError: if the branch lies outside the scope.
    """
    published = bank.published.pinned()
    day = published.require(as_of)
    catalogue = bank.definitions.on(day)
    for name in metrics:
        if name not in catalogue.metrics:
            raise unknown_metric(name, catalogue)
    scope.require(branch)
    seen = month.read(published, bank.deliveries, scope, catalogue, as_of=day)
    if branch not in seen.units.by_id:
        raise UnknownNameError(
            "branch",
            branch,
            tuple(seen.units.by_id),
            way_out=f"{len(seen.units.all)} are open at {day.isoformat()}.",
        )
    unit = seen.units.by_id[branch]
    facts = scorecard.window(published, scope, catalogue, as_of=day, branches=[branch])
    every = scorecard.of_branch(
        facts, catalogue, form, as_of=day, branch=branch, comparison=comparison
    )
    aimed = ordering.opening(every)
    rows = aimed if not metrics else tuple(row for row in every if row.metric_id in metrics)
    below = seen.units.children(branch)
    publication = published.current()[day, seen.version]
    page = BranchPage(
        headline=Headline(
            bank=bank.workspace.name,
            month=seen,
            unit=branch,
            form=form,
            comparison=comparison,
            version=Known.NOW.value,
            scope=scope,
            signatures=bank.ledger.sign_offs.all(scope, branch=branch, as_of=day),
            run_id=publication.run_id,
        ),
        unit=unit,
        rows=rows,
        message=openings.of_unit(aimed, form),
        family=_family(metrics, catalogue, seen, unit, form),
        check_ins=bank.ledger.check_ins.all(scope, branch=branch, as_of=day),
        score=_score(bank, scope, branch, seen),
        below=below,
        cards=scorecard.of_branches(
            scorecard.window(
                published,
                scope,
                catalogue,
                as_of=day,
                branches=[one.unit_id for one in below],
                metrics=[row.metric_id for row in rows],
                days=(day, comparison.before(day)),
            ),
            catalogue,
            form,
            as_of=day,
            branches=[one.unit_id for one in below],
            comparison=comparison,
            metrics=[row.metric_id for row in rows],
        ),
    )
    return page, catalogue


def _family(
    metrics: Sequence[str], catalogue: Catalogue, seen: Month, unit: BankUnit, form: Format
) -> str:
    """Which figures are shown, as their readers call them."""
    if metrics:
        labels = [catalogue.metrics[name].label for name in metrics]
        names = [form.language.pick(label.en, label.zh) for label in labels]
        return form.language.pick(", ", "、").join(names)
    key = "family_targets" if seen.aimed([unit.unit_id]) else "family_main"
    return say(form.language, key)


def _score(bank: Bank, scope: Scope, branch: str, seen: Month) -> Score | None:
    """The branch's score; none where the bank's profile gives none that day."""
    try:
        found = scoring.scored(bank, scope, as_of=seen.as_of)
        figures, below = found.rolled_up(scoring.require_branch(found, scope, branch))
    except BranchmarkError:
        return None
    return Score(found.scores.of(branch), figures, below)
