"""Which actions can close a metric's gap, or use up its headroom, and what each is called.

A share is moved by lending what it counts, by letting go what it does not, or by both at a flat book; a
ratio of bad loans by resolving them, or by good lending beside them. What fits a metric follows from
its kind, its direction and the flags of its measures, so that a bank's own metrics have actions too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from transforms.analysis.gap.effects import TIER
from transforms.analysis.leading import like_flow, sides
from transforms.analysis.scenario.model import Verb
from transforms.catalogue.flags import implied, rests_on
from transforms.catalogue.model import (
    Aggregation,
    Better,
    Catalogue,
    Entity,
    Kind,
    Label,
    Measure,
    Metric,
    Reading,
)
from transforms.worklist import Kind as Mend

NPL: Final = "is_npl"
_RATES: Final = frozenset({"interest", "interest_in", "spread", "spread_in"})


class Way(StrEnum):
    """An action, or two at once, by name."""

    LEND_AT_FLAT_BOOK = "lend_at_flat_book"
    LEND_ON_TOP = "lend_on_top"
    RUN_OFF_OTHERS = "run_off_others"
    LEND = "lend"
    LEND_TO_CLIENTS = "lend_to_clients"
    FIRST_TIME_CLIENTS = "first_time_clients"
    CURE = "cure"
    RECOVER = "recover"
    WRITE_OFF = "write_off"
    RUN_OFF = "run_off"
    REPLACE = "replace"
    DILUTE = "lend_others_on_top"
    LEND_AT_RATE = "lend_at_rate"
    REPRICE = "reprice"
    TURN_NPL = "turn_npl"
    EVIDENCE = "evidence"


@dataclass(frozen=True)
class Told:
    """An action in words, the formula behind its amount, and what is to be known of it.

    In a formula N is the numerator, D the denominator and t the target.
    """

    label: Label
    formula: str = ""
    note: Label | None = None


WAYS: Final[Mapping[Way, Told]] = {
    Way.LEND_AT_FLAT_BOOK: Told(
        Label(
            "new lending that counts, while as much of the other loans runs off",
            "新增计入贷款，同时压降等额其他贷款（总额不变）",
        ),
        "t*D - N",
    ),
    Way.LEND_ON_TOP: Told(
        Label("new lending that counts, on top of the book", "在现有规模之上新增计入贷款"),
        "(t*D - N) / (1 - t)",
    ),
    Way.RUN_OFF_OTHERS: Told(
        Label("run-off of loans that do not count", "压降不计入的其他贷款"), "D - N / t"
    ),
    Way.LEND: Told(Label("new lending that counts", "新增计入贷款"), "t - N"),
    Way.LEND_TO_CLIENTS: Told(
        Label("clients with a new loan that counts", "新增计入贷款的客户"), "t - N, rounded up"
    ),
    Way.FIRST_TIME_CLIENTS: Told(
        Label("first-time clients, with evidence", "新增首贷户（证据齐备）"),
        "t - N, rounded up",
    ),
    Way.CURE: Told(
        Label("bad loans that perform again", "不良贷款上调为非不良"),
        "N - t*D",
        Label("The loans stay in the book as special mention.", "贷款仍在账，归入关注类。"),
    ),
    Way.RECOVER: Told(Label("bad loans repaid in cash", "不良贷款现金收回"), "(N - t*D) / (1 - t)"),
    Way.WRITE_OFF: Told(
        Label("bad loans written off", "核销不良贷款"),
        "(N - t*D) / (1 - t)",
        Label(
            "A write-off improves the ratio and cures nothing: see the ratio with write-offs added back.",
            "核销只改善比率，并未化解风险：请同时查看加回核销后的不良率。",
        ),
    ),
    Way.RUN_OFF: Told(Label("run-off of loans that count", "压降计入的贷款"), "N - t*D over 1 - t"),
    Way.REPLACE: Told(
        Label(
            "run-off of loans that count, while as much other lending is made",
            "压降计入的贷款，同时新增等额其他贷款（总额不变）",
        ),
        "N - t*D",
    ),
    Way.DILUTE: Told(
        Label("new lending that is only in the denominator", "新增只计入分母的贷款"), "N / t - D"
    ),
    Way.LEND_AT_RATE: Told(
        Label("new lending at the stated rate", "按给定利率新增贷款"), "(t*D - N) / (r - t)"
    ),
    Way.REPRICE: Told(
        Label("basis points on the whole stock that counts", "存量计入贷款整体调整基点"),
        "(t - N/D) * 10000",
    ),
    Way.TURN_NPL: Told(Label("loans that turn bad", "贷款转为不良"), "t*D - N"),
    Way.EVIDENCE: Told(
        Label(
            "loans that may be counted once their evidence is put right", "补齐依据后可计入的贷款"
        ),
        "",
        Label(
            "Work on evidence, not lending: a tag follows the facts of a loan, never the target.",
            "属于补证工作而非放款：标识须依据事实，不得依据目标。",
        ),
    ),
}


@dataclass(frozen=True)
class Part:
    """One action of a plan, without its amount.

    Attributes:
        verb: what is done.
        like: a flag that new lending meets.
        of: flags of the loans that it is done to.
        but_not: flags that neither meet.
        technology: first-time clients are on a technology list.
    """

    verb: Verb
    like: str = ""
    of: tuple[str, ...] = ()
    but_not: tuple[str, ...] = ()
    technology: bool = False


@dataclass(frozen=True)
class Plan:
    """A way to close a gap, or to use up a headroom, with parts of one amount each.

    Attributes:
        away: it leads away from the target; what has a direction then goes the other way.
    """

    way: Way
    parts: tuple[Part, ...]
    away: bool = False


def plans(catalogue: Catalogue, metric: Metric, reading: Reading, *, met: bool) -> tuple[Plan, ...]:
    """The ways that fit a metric: to its target if it is missed, or away from it if it is met."""
    both = sides(catalogue, metric, reading)
    top, bottom = both.numerator, both.denominator
    points = metric.better in (Better.HIGHER, Better.LOWER)
    if top is None or not points or metric.kind in (Kind.INDEX, Kind.TOP_N):
        return ()
    below = _inside(catalogue, top, bottom, metric, reading)
    # A tolerance is a headroom, better when higher; what it is about are bad loans.
    lower = metric.better is Better.LOWER or metric.kind is Kind.TOLERANCE
    entity = catalogue.entity_of(top)
    if entity is not Entity.LOAN or top.over != "balance":
        return _away_from(catalogue, top) if met else _of_events(catalogue, top, lower=lower)
    choose = {
        (False, False): _more,
        (False, True): _room_above,
        (True, False): _less,
        (True, True): _room_below,
    }
    return choose[lower, met](catalogue, top.where, below)


def _away_from(catalogue: Catalogue, top: Measure) -> tuple[Plan, ...]:
    """What uses up the headroom of what is counted, drawn or priced: only rates of the stock say how much."""
    if top.over not in _RATES or catalogue.entity_of(top) is not Entity.LOAN:
        return ()
    return (Plan(Way.REPRICE, (Part(Verb.REPRICE, of=(top.where,)),), away=True),)


def stays(catalogue: Catalogue, metric: Metric, reading: Reading) -> bool:
    """Whether what a figure counts stays counted, whatever is done: a number of events, better higher."""
    both = sides(catalogue, metric, reading)
    if metric.better is not Better.HIGHER or both.numerator is None or both.denominator is not None:
        return False
    plain = metric.kind not in (Kind.GAP, Kind.INDEX, Kind.TOP_N)
    entity = catalogue.entity_of(both.numerator)
    return plain and entity in (Entity.EVENT, Entity.FLOW)


def _inside(
    catalogue: Catalogue,
    top: Measure,
    bottom: Measure | None,
    metric: Metric,
    reading: Reading,
) -> str:
    """The flag of a denominator that the numerator is a part of; empty if it is none."""
    if metric.kind is Kind.GAP and reading.subtrahend is not None:
        name, own = reading.subtrahend
        inner = catalogue.metrics[name]
        other = sides(catalogue, inner, inner.reading(own)).numerator
        growths = inner.kind is Kind.GROWTH
        bottom = other if growths else bottom
    if bottom is None or bottom.where == top.where:
        return ""
    same = bottom.aggregation is Aggregation.SUM and bottom.over == "balance"
    return bottom.where if same and bottom.where in implied(catalogue, {top.where}) else ""


def _more(catalogue: Catalogue, own: str, whole: str) -> tuple[Plan, ...]:
    del catalogue
    if not whole:
        return (Plan(Way.LEND, (Part(Verb.LEND, own),)),)
    others = Part(Verb.RUN_OFF, of=(whole,), but_not=(own,))
    return (
        Plan(Way.LEND_AT_FLAT_BOOK, (others, Part(Verb.LEND, own))),
        Plan(Way.LEND_ON_TOP, (Part(Verb.LEND, own),)),
        Plan(Way.RUN_OFF_OTHERS, (others,)),
    )


def _room_above(catalogue: Catalogue, own: str, whole: str) -> tuple[Plan, ...]:
    del catalogue
    away = Plan(Way.RUN_OFF, (Part(Verb.RUN_OFF, of=(own,)),))
    if not whole:
        return (away,)
    return (away, Plan(Way.DILUTE, (Part(Verb.LEND, whole, but_not=(own,)),)))


def _less(catalogue: Catalogue, own: str, whole: str) -> tuple[Plan, ...]:
    lent = Part(Verb.LEND, whole, but_not=(own,))
    beside = (Plan(Way.DILUTE, (lent,)),) if whole else ()
    if is_bad(catalogue, own):
        resolved = {
            Way.CURE: Verb.CURE,
            Way.RECOVER: Verb.RECOVER,
            Way.WRITE_OFF: Verb.WRITE_OFF,
        }
        return (*(Plan(way, (Part(verb, of=(own,)),)) for way, verb in resolved.items()), *beside)
    away = Part(Verb.RUN_OFF, of=(own,))
    swapped = (Plan(Way.REPLACE, (away, lent)),) if whole else ()
    return (Plan(Way.RUN_OFF, (away,)), *swapped, *beside)


def _room_below(catalogue: Catalogue, own: str, whole: str) -> tuple[Plan, ...]:
    bad = (NPL,) if is_bad(catalogue, own) and own != NPL else ()
    away = Part(Verb.RUN_OFF, of=(whole,), but_not=(own, *bad))
    beside = (Plan(Way.RUN_OFF_OTHERS, (away,)),) if whole else ()
    if is_bad(catalogue, own):
        of = (whole,) if whole else good_of(catalogue, own)
        return (Plan(Way.TURN_NPL, (Part(Verb.TURN_NPL, of=of),)), *beside)
    if rests_on(catalogue, own, TIER):
        # A new loan performs and is not overdue: none that is lent would count.
        return beside
    return (Plan(Way.LEND, (Part(Verb.LEND, own),)), *beside)


def good_of(catalogue: Catalogue, bad: str) -> tuple[str, ...]:
    """What a flag of bad loans asks for beside that they are bad."""
    asked = implied(catalogue, {bad})
    return tuple(sorted(name for name in asked if not rests_on(catalogue, name, TIER)))


def is_bad(catalogue: Catalogue, flag: str) -> bool:
    """Whether a flag is one of non-performing loans."""
    return NPL in implied(catalogue, {flag})


def _of_events(catalogue: Catalogue, top: Measure, *, lower: bool) -> tuple[Plan, ...]:
    """Ways for what is counted, drawn or weighted by a rate."""
    entity = catalogue.entity_of(top)
    if top.over in _RATES:
        return _priced(catalogue, top)
    if lower:
        return ()
    if entity is Entity.FLOW and top.aggregation is Aggregation.SUM:
        return (Plan(Way.LEND, (Part(Verb.LEND, like_flow(catalogue, top.where)),)),)
    if entity is Entity.EVENT:
        technology = rests_on(catalogue, top.where, {"tech_listed_on_event"})
        part = Part(Verb.FIRST_TIME, technology=technology)
        return (Plan(Way.FIRST_TIME_CLIENTS, (part,)),)
    if entity is Entity.LOAN and top.aggregation is Aggregation.COUNT_DISTINCT:
        return (Plan(Way.LEND_TO_CLIENTS, (Part(Verb.LEND, top.where),)),)
    return ()


def _priced(catalogue: Catalogue, top: Measure) -> tuple[Plan, ...]:
    if catalogue.entity_of(top) is Entity.FLOW:
        like = like_flow(catalogue, top.where)
        return (Plan(Way.LEND_AT_RATE, (Part(Verb.LEND, like),)),)
    return (
        Plan(Way.LEND_AT_RATE, (Part(Verb.LEND, top.where),)),
        Plan(Way.REPRICE, (Part(Verb.REPRICE, of=(top.where,)),)),
    )


_EVIDENCE: Final[Mapping[Mend, frozenset[str]]] = {
    Mend.SEI_TAG_MISSING: frozenset({"sei_tag_in_field"}),
    Mend.SEI_TAG_OUTSIDE: frozenset({"sei_tag_in_field"}),
    Mend.CERTIFICATE_LAPSED: frozenset({"tech_listed", "srdi_listed"}),
    Mend.GREEN_ITEM_UNKNOWN: frozenset({"green_item_known", "green_edition_allowed"}),
    Mend.FIRST_LOAN_UNPROVEN: frozenset({"registry_checked_on", "days_since_query"}),
}
"""What of a loan each kind of thing to mend decides."""


def evidence_for(catalogue: Catalogue, metric: Metric, reading: Reading) -> tuple[Mend, ...]:
    """The things to mend that may move a metric's numerator upwards."""
    top = sides(catalogue, metric, reading).numerator
    if top is None or not top.where or metric.better is not Better.HIGHER:
        return ()
    if metric.kind is Kind.TOLERANCE:
        # Of a tolerance the numerator are bad loans, and more of them are no way to it.
        return ()
    return tuple(
        kind for kind, columns in _EVIDENCE.items() if rests_on(catalogue, top.where, columns)
    )
