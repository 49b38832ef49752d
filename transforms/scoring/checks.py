"""Checks a profile against the catalogue and against itself, and makes the frozen record of it.

Every problem names file, line and the offending name, with the near miss.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from transforms.catalogue.model import (
    NODE_LEVEL,
    At,
    Better,
    Label,
    Unit,
)
from transforms.catalogue.model import Kind as MetricKind
from transforms.scorecards import JUDGED, RULES, Status, StatusRule, When
from transforms.scoring.forms import (
    BandsForm,
    FigureForm,
    ItemForm,
    LineForm,
    MissingForm,
    ProfileForm,
    RankForm,
    ToleranceForm,
)
from transforms.scoring.model import (
    Bands,
    Figure,
    Formula,
    Group,
    Item,
    Kind,
    Line,
    Missing,
    MissingRule,
    Profile,
    Ranking,
    Step,
    Veto,
)
from transforms.written import Draft, Path

_WAYS: Final = {Formula.HIGHER: Better.HIGHER, Formula.LOWER: Better.LOWER}
_JUDGES: Final = frozenset({Better.HIGHER, Better.LOWER})
_WITH_BASE: Final = frozenset({MetricKind.TOTAL, MetricKind.RATIO, MetricKind.WEIGHTED_MEAN})
_NARROW: Final = frozenset({When.WITHIN_NARROWLY, When.MET_NARROWLY})
_UNJUDGED: Final = (When.NOT_COMPUTABLE, When.NOTHING_TO_COMPUTE_ON, When.NO_TARGET)
_NOWHERE: Final = Figure("", "", Unit.RATIO, Better.HIGHER, tolerated=False, label=Label("", ""))


def profile_of(form: ProfileForm, version: str, draft: Draft) -> Profile:
    """The record of a profile; what is wrong with it is added to the draft's problems."""
    groups, lines = _groups(form, draft)
    items = (
        *_items(form.deductions, Kind.DEDUCTION, "deductions", draft),
        *_items(form.bonuses, Kind.BONUS, "bonuses", draft),
    )
    vetoes = tuple(
        Veto(
            veto.id or veto.metric,
            figure.label,
            figure,
            veto.beyond,
            veto.cap,
        )
        for at, veto in enumerate(form.vetoes)
        for figure in [_figure(veto, ("vetoes", str(at)), draft)]
    )
    _no_twins([line.line_id for line in lines], ("groups",), "line", draft)
    _no_twins([item.item_id for item in items], ("deductions",), "deduction or bonus", draft)
    _no_twins([veto.veto_id for veto in vetoes], ("vetoes",), "veto", draft)
    if form.valid_to is not None and form.valid_to < form.valid_from:
        draft.problem(("valid_to",), f"it ends on {form.valid_to}, before it begins")
    if form.least_scored > form.total:
        draft.problem(("least_scored",), f"it is more than the total of {form.total}")
    if set(form.roll_up.priority) != set(JUDGED.values()) or len(form.roll_up.priority) != len(
        set(form.roll_up.priority)
    ):
        draft.problem(("roll_up", "priority"), "it must name met, near and missed, each once")
    return Profile(
        profile_id=form.id,
        version=version,
        label=form.label.record(),
        note=form.note.record() if form.note else None,
        source=form.source.record(),
        valid_from=form.valid_from,
        valid_to=form.valid_to,
        total=form.total,
        missing=MissingRule(form.missing.rule, form.missing.at),
        groups=groups,
        lines=lines,
        items=items,
        vetoes=vetoes,
        deduction_limit=form.deduction_limit,
        bonus_limit=form.bonus_limit,
        completion_places=form.rounding.completion,
        score_places=form.rounding.score,
        least_scored=form.least_scored,
        status=_rules(form, draft),
        policy=form.roll_up.policy,
        priority=form.roll_up.priority,
        file=draft.file,
    )


def _groups(form: ProfileForm, draft: Draft) -> tuple[tuple[Group, ...], tuple[Line, ...]]:
    groups: list[Group] = []
    lines: list[Line] = []
    for name, group in form.groups.items():
        groups.append(Group(name, group.label.record(), group.weight))
        for at, line in enumerate(group.lines):
            lines.append(_line(line, name, form, draft, ("groups", name, "lines", str(at))))
        weights = sum((line.weight for line in group.lines), Decimal(0))
        if weights != group.weight:
            draft.problem(
                ("groups", name, "weight"),
                f"its lines weigh {weights}, the group says {group.weight}",
            )
    total = sum((group.weight for group in groups), Decimal(0))
    if total != form.total:
        draft.problem(
            ("groups",), f"the groups weigh {total}, and the total of the profile is {form.total}"
        )
    return tuple(groups), tuple(lines)


def _line(line: LineForm, group: str, form: ProfileForm, draft: Draft, path: Path) -> Line:
    figure = _figure(line, path, draft)
    floor = form.floor if line.floor is None else line.floor
    cap = form.cap if line.cap is None else line.cap
    if floor > cap:
        draft.problem((*path, "floor"), f"the floor {floor} is above the cap {cap}")
    wanted = _WAYS.get(line.formula)
    if wanted is not None and figure is not _NOWHERE and figure.better is not wanted:
        other = Formula.LOWER if wanted is Better.HIGHER else Formula.HIGHER
        draft.problem(
            (*path, "formula"),
            f"{line.formula} does not fit {line.metric}, of which {figure.better} is better; "
            f"write {other}",
        )
    for name, formula in (("bands", Formula.BANDS), ("rank", Formula.RANK)):
        if getattr(line, name) is not None and line.formula is not formula:
            draft.problem((*path, name), f"only the formula {formula} takes it")
    if line.formula is Formula.BANDS and line.bands is None:
        draft.problem((*path, "formula"), "bands needs `bands` with its steps")
    bands = None if line.bands is None else _bands(line.bands, figure, draft, (*path, "bands"))
    ranking = _ranking(line, draft, path)
    made = Line(
        line_id=line.id or line.metric,
        group=group,
        label=figure.label,
        figure=figure,
        weight=line.weight,
        formula=line.formula,
        floor=floor,
        cap=cap,
        missing=_missing(line.missing or form.missing, draft, path, own=line.missing is not None),
        bands=bands,
        ranking=ranking,
        exempt=_exemption(line.exempt, draft, path),
    )
    if made.against is Formula.INCREMENT:
        _has_base(figure, draft, path)
    return made


def _ranking(line: LineForm, draft: Draft, path: Path) -> Ranking | None:
    if line.formula is not Formula.RANK:
        return None
    rank = line.rank or RankForm()
    if rank.first < rank.last:
        draft.problem(
            (*path, "rank"), f"the first gets {rank.first}, less than the last with {rank.last}"
        )
    return Ranking(rank.first, rank.last, rank.least)


def _missing(form: MissingForm, draft: Draft, path: Path, *, own: bool) -> MissingRule:
    if (form.rule is Missing.NEUTRAL) != (form.at is not None):
        where = (*path, "missing") if own else ("missing",)
        draft.problem(
            where,
            "`at` is the completion of a neutral line: neutral needs it, no other rule takes it",
        )
    return MissingRule(form.rule, form.at)


def _bands(form: BandsForm, figure: Figure, draft: Draft, path: Path) -> Bands:
    of = None if form.of == "value" else Formula(form.of)
    way = _WAYS.get(of) if of is not None else None
    if way is not None and figure is not _NOWHERE and figure.better is not way:
        draft.problem((*path, "of"), f"of {figure.metric} {figure.better} is better")
    upward = of is not None or figure.better is Better.HIGHER
    asked, other = ("at_least", "at_most") if upward else ("at_most", "at_least")
    steps = []
    for at, step in enumerate(form.steps):
        threshold = getattr(step, asked)
        if threshold is None or getattr(step, other) is not None:
            draft.problem(
                (*path, "steps", str(at)), f"each step needs `{asked}`, and nothing else, here"
            )
            return Bands(of, upward, (), form.otherwise)
        steps.append(Step(threshold, step.share))
    for at, (first, later) in enumerate(pairwise(steps), start=1):
        if (later.threshold >= first.threshold) if upward else (later.threshold <= first.threshold):
            draft.problem(
                (*path, "steps", str(at)),
                f"{asked} {later.threshold} asks for no less than {first.threshold} before it; the most "
                "demanding step comes first",
            )
    shares = [*(step.share for step in steps), form.otherwise]
    for at, (higher, lower) in enumerate(pairwise(shares), start=1):
        if lower > higher:
            name = ("steps", str(at)) if at < len(steps) else ("otherwise",)
            draft.problem(
                (*path, *name), f"the share {lower} for less is above the share {higher} for more"
            )
    return Bands(of, upward, tuple(steps), form.otherwise)


def _items(forms: Sequence[ItemForm], kind: Kind, section: str, draft: Draft) -> tuple[Item, ...]:
    made = []
    for at, form in enumerate(forms):
        path = (section, str(at))
        figure = _figure(form, path, draft)
        if form.exempt is not None and kind is Kind.BONUS:
            draft.problem((*path, "exempt"), "a tolerance waives a deduction; it never adds points")
        made.append(
            Item(
                item_id=form.id or form.metric,
                kind=kind,
                label=figure.label,
                figure=figure,
                beyond=None if form.beyond == "target" else form.beyond,
                per=form.per,
                points=form.points,
                limit=form.limit,
                exempt=_exemption(form.exempt, draft, path),
            )
        )
    return tuple(made)


def _figure(form: FigureForm, path: Path, draft: Draft) -> Figure:
    metric = draft.metric(form.metric, (*path, "metric"))
    if metric is None:
        return _NOWHERE
    reading = draft.reading(metric, form.reading, path)
    own = None if form.better is None else Better(form.better)
    better = metric.better if metric.better in _JUDGES else own
    if better is None:
        draft.problem(
            (*path, "metric"),
            f"{metric.metric_id} points neither way in the catalogue; say with `better` whether higher or "
            "lower is",
        )
        better = Better.HIGHER
    elif own is not None and own is not better:
        draft.problem(
            (*path, "better"), f"the catalogue says of {metric.metric_id} that {better} is better"
        )
    label = form.label.record() if form.label else metric.label
    tolerated = metric.kind is MetricKind.TOLERANCE
    return Figure(metric.metric_id, reading.name, metric.unit, better, tolerated, label)


def _exemption(form: ToleranceForm | None, draft: Draft, path: Path) -> Figure | None:
    if form is None:
        return None
    here = (*path, "exempt", "tolerance")
    metric = draft.metric(form.tolerance, here)
    if metric is None:
        return None
    if metric.kind is not MetricKind.TOLERANCE:
        known = [
            one.metric_id
            for one in draft.catalogue.metrics.values()
            if one.kind is MetricKind.TOLERANCE
        ]
        draft.problem(here, f"{metric.metric_id} is no tolerance; there are {', '.join(known)}")
        return None
    reading = draft.reading(metric, form.reading, (*path, "exempt"))
    return Figure(metric.metric_id, reading.name, metric.unit, metric.better, True, metric.label)  # noqa: FBT003


def _has_base(figure: Figure, draft: Draft, path: Path) -> None:
    """An increment needs a figure that can be taken over today's branches at the last year end."""
    if figure is _NOWHERE:
        return
    catalogue = draft.catalogue
    metric = catalogue.metrics[figure.metric]
    reading = metric.reading(figure.reading)
    plain = catalogue.plain_measures(reading)
    at_once = all(term.at is At.NOW for name in reading.measures for term in catalogue.terms(name))
    adds = all(catalogue.measures[name].aggregation not in NODE_LEVEL for name in plain)
    if metric.kind not in _WITH_BASE or metric.base is not None or not at_once or not adds:
        draft.problem(
            (*path, "formula"),
            f"{metric.metric_id} cannot be taken over today's branches at the last year end; an increment "
            "needs a balance, a share or a mean of them",
        )


def _rules(form: ProfileForm, draft: Draft) -> tuple[StatusRule, ...]:
    if form.status is None:
        return RULES
    rules = tuple(StatusRule(rule.when, rule.status, rule.below) for rule in form.status)
    for at, rule in enumerate(rules):
        path = ("status", str(at))
        if (rule.when in _NARROW) != (rule.below is not None):
            draft.problem(
                path, "`below` says how narrow: only the narrow rules take it, and need it"
            )
        if rule.when in _UNJUDGED and rule.status in JUDGED:
            draft.problem(path, f"what is missing is not judged; it cannot be {rule.status}")
        if rule.when is When.OTHERWISE and at != len(rules) - 1:
            draft.problem(path, "otherwise comes last: nothing after it is ever reached")
    named = [rule.when for rule in rules]
    if named[-1:] != [When.OTHERWISE]:
        draft.problem(("status",), "the last rule must be otherwise")
    lost = [when.value for when in _UNJUDGED if when not in named]
    if lost:
        draft.problem(
            ("status",), f"without a rule for {', '.join(lost)} a missing figure would be judged"
        )
    judged = {JUDGED.get(rule.status) for rule in rules}
    if not {Status.MET, Status.MISSED} <= judged:
        draft.problem(("status",), "some rule must lead to met, and some to missed")
    _no_twins([when.value for when in named], ("status",), "rule for", draft)
    return rules


def _no_twins(names: Iterable[str], path: Path, what: str, draft: Draft) -> None:
    seen: set[str] = set()
    for name in names:
        if name and name in seen:
            draft.problem(
                path, f"{what} {name!r} stands twice; give one of them an `id` of its own"
            )
        seen.add(name)
