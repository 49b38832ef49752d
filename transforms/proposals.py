"""What a proposed target must be before anybody is asked to approve it.

It is for a branch and a metric that there are, for a period that can be read, and of the size that the
metric's unit has. The same objections meet a file, a command and a page. Who may approve what belongs in
`records.ledger`; how files are read, in `orchestration`.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from transforms import proposal_words as words
from transforms.catalogue.flags import implied
from transforms.catalogue.model import (
    Aggregation,
    Better,
    Catalogue,
    Kind,
    Label,
    Metric,
    Reading,
    Unit,
)
from transforms.errors import BranchmarkError, did_you_mean
from transforms.periods import month_end
from transforms.phasing import (
    BadPeriodError,
    BadSharesError,
    Period,
    PeriodType,
    Phasing,
    accumulates,
    parse_period,
    parse_shares,
)


@dataclass(frozen=True)
class Proposal:
    """A target as somebody proposes it.

    Attributes:
        reading: empty for the metric's default one.
        period: `2026`, `2026Q3` or `2026-10`.
        target_value: in the metric's own unit: 0.15 is 15 %.
        near_band: how far short still counts as near, in the same unit.
        phasing_shares: twelve cumulative shares, for seasonal phasing.
        base_value: where the path to the target begins, if it is stated.
        valid_from: the first day it holds; the first day of the period if not given.
        valid_to: the last day it holds.
    """

    branch_id: str
    metric_id: str
    reading: str
    period: str
    target_value: Decimal
    near_band: Decimal | None = None
    phasing: str = Phasing.NONE.value
    phasing_shares: str | None = None
    base_value: Decimal | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    note: str | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is for: branch, metric, reading, period."""
        return self.branch_id, self.metric_id, self.reading, self.period

    @property
    def name(self) -> str:
        """What it is for, as people write it."""
        return key_text(*self.key)


def key_text(branch: str, metric: str, reading: str, period: str) -> str:
    """What a target is for, in one word.

    >>> key_text("B101", "sei_share", "", "2026"), key_text("B101", "sei_share", "strict", "2026Q1")
    ('B101/sei_share/2026', 'B101/sei_share:strict/2026Q1')
    """
    return f"{branch}/{metric}{f':{reading}' if reading else ''}/{period}"


def parse_key(text: str) -> tuple[str, str, str, str]:
    """Branch, metric, reading and period out of one word.

    >>> parse_key("B101/sei_share:strict/2026")
    ('B101', 'sei_share', 'strict', '2026')

    Raises:
        BranchmarkError: if it is no such word.
    """
    branch, _, rest = text.partition("/")
    named, _, period = rest.partition("/")
    metric, _, reading = named.partition(":")
    if not (branch and metric and period):
        raise BranchmarkError(
            f"{text!r} names no target. Write BRANCH/METRIC/PERIOD, or BRANCH/METRIC:READING/PERIOD, "
            "such as B101/sei_share/2026."
        )
    return branch, metric, reading, period


@dataclass(frozen=True)
class Objection:
    """Why a proposal cannot be taken, and what to do about it."""

    reason: Label
    remedy: Label


@dataclass(frozen=True)
class Bank:
    """What proposals are held against.

    Attributes:
        branches: every branch there is, open or closed.
        root: the node that stands for the whole bank; none if it is not known yet.
        directed: metrics that point neither way by themselves, and to which a scoring profile of the
            bank gives a direction.
    """

    catalogue: Catalogue
    branches: Collection[str]
    root: str | None = None
    directed: Collection[str] = ()


def settled(proposal: Proposal, catalogue: Catalogue) -> Proposal:
    """The proposal with what it leaves open filled in, so that one target has one name.

    The default reading goes without a name, and validity begins with the period.
    """
    metric = catalogue.metrics.get(proposal.metric_id)
    is_default = metric is not None and proposal.reading == metric.default_reading
    period = _period(proposal)
    begins = proposal.valid_from or (period.first if period else None)
    return replace(
        proposal,
        reading="" if is_default else proposal.reading,
        valid_from=begins,
        phasing_shares=(proposal.phasing_shares or "").strip() or None,
        note=(proposal.note or "").strip() or None,
    )


def objections(proposal: Proposal, bank: Bank) -> tuple[Objection, ...]:
    """Everything that is wrong with a proposal, the gravest first; nothing if it can be taken."""
    return tuple(_objections(proposal, bank))


def _objections(proposal: Proposal, bank: Bank) -> Iterator[Objection]:
    if proposal.branch_id not in bank.branches:
        near = did_you_mean(proposal.branch_id, bank.branches)
        yield _of(words.NO_BRANCH, branch=proposal.branch_id, near=near)
    metric = bank.catalogue.metrics.get(proposal.metric_id)
    if metric is None:
        near = did_you_mean(proposal.metric_id, bank.catalogue.metrics)
        yield _of(words.NO_METRIC, metric=proposal.metric_id, near=near)
    else:
        yield from _of_metric(proposal, metric, bank)
    yield from _of_time(proposal)
    yield from _of_path(proposal, metric, bank.catalogue)


def _of_metric(proposal: Proposal, metric: Metric, bank: Bank) -> Iterator[Objection]:
    readings = tuple(reading.name for reading in metric.readings)
    if proposal.reading and proposal.reading not in readings:
        yield _of(
            words.NO_READING,
            metric=metric.metric_id,
            reading=proposal.reading,
            known=", ".join(readings),
        )
        return
    if metric.kind is Kind.TOLERANCE:
        yield _of(words.TOLERANCE, metric=metric.metric_id)
    elif metric.better not in _DIRECTIONS and metric.metric_id not in bank.directed:
        yield _of(words.NEITHER, metric=metric.metric_id)
    if metric.whole_bank and bank.root is not None and proposal.branch_id != bank.root:
        yield _of(words.WHOLE_BANK, metric=metric.metric_id, root=bank.root)
    reading = metric.reading(proposal.reading or metric.default_reading)
    for name, value in (
        ("target_value", proposal.target_value),
        ("base_value", proposal.base_value),
        ("near_band", proposal.near_band),
    ):
        if value is not None:
            yield from _of_size(name, value, metric, reading, bank.catalogue)
    if proposal.near_band is not None and proposal.near_band < 0:
        yield _of(words.BAND, value=_plain(proposal.near_band))


_DIRECTIONS: Final = frozenset({Better.HIGHER, Better.LOWER})
_LARGEST: Final = Decimal("1E24")
_SMALLEST: Final = -12
"""As many digits before and after the point as are kept of any figure."""
_SHARE_LIMIT, _RATIO_LIMIT, _PP_LIMIT, _INDEX_LIMIT = 1, 5, 100, 10_000


def _of_size(
    name: str, value: Decimal, metric: Metric, reading: Reading, catalogue: Catalogue
) -> Iterator[Objection]:
    """Whether a number can be of the metric's unit at all."""
    if not value.is_finite():
        yield _of(words.NO_NUMBER, column=name, value=str(value))
        return
    if not _is_kept(value):
        yield _of(
            words.TOO_LARGE,
            column=name,
            value=f"{value:.6E}" if value.copy_abs() >= _LARGEST else f"{value}",
        )
        return
    told = {"column": name, "value": _plain(value)}
    size = value.copy_abs()
    share = _is_share(metric, reading, catalogue)
    if metric.unit is Unit.RATIO and size > (_SHARE_LIMIT if share else _RATIO_LIMIT):
        meant = _plain(value / 100)
        yield _of(words.NO_FRACTION, metric=metric.metric_id, meant=meant, **told)
    elif metric.unit is Unit.PP and size > _PP_LIMIT:
        yield _of(words.NO_POINTS, metric=metric.metric_id, **told)
    elif metric.unit is Unit.INDEX and not 0 <= value <= _INDEX_LIMIT:
        yield _of(words.NO_INDEX, metric=metric.metric_id, **told)
    elif metric.unit is Unit.COUNT and value != value.to_integral_value():
        yield _of(words.NO_COUNT, metric=metric.metric_id, **told)
    elif metric.unit is Unit.CURRENCY and 0 < size < 1:
        yield _of(words.NO_AMOUNT, metric=metric.metric_id, **told)
    elif value < 0 and name == "target_value" and _never_below_zero(metric, share=share):
        yield _of(words.NEGATIVE, metric=metric.metric_id, **told)


def _is_kept(value: Decimal) -> bool:
    """Whether all of a number's digits are kept."""
    digits, exponent = value.as_tuple().digits, value.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101 - only what is no number has another
    if not any(digits):
        return True
    last = exponent + next(place for place, one in enumerate(reversed(digits)) if one)
    return value.copy_abs() < _LARGEST and last >= _SMALLEST


def _is_share(metric: Metric, reading: Reading, catalogue: Catalogue) -> bool:
    """Whether the figure is a part of a whole: both sides add up the same amount."""
    if metric.kind is Kind.TOP_N:
        return not metric.whole_bank
    if metric.kind is not Kind.RATIO or metric.base is not None or reading.denominator is None:
        return False
    sides = [catalogue.measures[name] for name in (reading.numerator, reading.denominator)]
    summed = all(side.aggregation is Aggregation.SUM for side in sides)
    same = summed and sides[0].over == sides[1].over
    return same and sides[1].where in implied(catalogue, {sides[0].where})


def _never_below_zero(metric: Metric, *, share: bool) -> bool:
    plain = metric.kind in {Kind.COUNT_DISTINCT, Kind.INDEX, Kind.TOP_N, Kind.AVERAGE}
    return plain or share


def _of_time(proposal: Proposal) -> Iterator[Objection]:
    period = _period(proposal)
    if period is None:
        yield _of(words.NO_PERIOD, period=proposal.period)
    else:
        begins = proposal.valid_from or period.first
        if begins > period.last:
            yield _of(words.LATE, begins=begins.isoformat(), period=proposal.period)
        if proposal.phasing != Phasing.NONE.value and period.kind is not PeriodType.YEAR:
            yield _of(words.YEARS_ONLY, period=proposal.period)
        ends = proposal.valid_to
        if ends is not None and ends < begins:
            yield _of(words.UPSIDE_DOWN, begins=begins.isoformat(), ends=ends.isoformat())
        elif ends is not None and not _has_month_end(max(begins, period.first), ends, period):
            yield _of(words.NO_MONTH, ends=ends.isoformat(), period=proposal.period)


def _has_month_end(begins: date, ends: date, period: Period) -> bool:
    """Whether a month of the period ends within the days: figures are of month ends."""
    return begins <= period.last and month_end(begins) <= min(ends, period.last)


def _of_path(
    proposal: Proposal, metric: Metric | None, catalogue: Catalogue
) -> Iterator[Objection]:
    """Whether a year can be spread as asked, and nothing is said that would not be used."""
    if proposal.phasing not in {one.value for one in Phasing}:
        known = ", ".join(one.value for one in Phasing)
        yield _of(words.NO_PHASING, phasing=proposal.phasing, known=known)
    if proposal.phasing == Phasing.SEASONAL.value:
        try:
            parse_shares(proposal.phasing_shares or "")
        except BadSharesError as error:
            reason = Label(error.reason, "累计进度应为十二个数，最后一个为 1。")
            yield Objection(reason, words.SHARES)
    elif proposal.phasing_shares:
        yield _of(words.UNUSED_SHARES, phasing=proposal.phasing)
    if proposal.base_value is None:
        return
    if proposal.phasing == Phasing.NONE.value:
        yield _of(words.UNUSED_BASE, phasing=proposal.phasing)
    elif metric is not None and accumulates(metric, catalogue) and proposal.base_value:
        yield _of(words.FROM_ZERO, metric=metric.metric_id)


def _period(proposal: Proposal) -> Period | None:
    try:
        return parse_period(proposal.period)
    except BadPeriodError:
        return None


def repeated(keys: Sequence[tuple[str, str, str, str]]) -> dict[int, int]:
    """Places at which a key stands again, each with the place at which it stood first.

    >>> repeated([("B", "m", "", "2026"), ("C", "m", "", "2026"), ("B", "m", "", "2026")])
    {2: 0}
    """
    first: dict[tuple[str, str, str, str], int] = {}
    return {
        place: first[key] for place, key in enumerate(keys) if first.setdefault(key, place) != place
    }


def again(first: str) -> Objection:
    """The objection to a target that stands in a file twice; `first` says where it stood first."""
    return _of(words.TWICE, first=first)


def _plain(value: Decimal) -> str:
    return f"{value:f}"


def _of(pair: tuple[Label, Label], **facts: str) -> Objection:
    return Objection(*(Label(one.en.format(**facts), one.zh.format(**facts)) for one in pair))
