"""Measures and readings in words: what is taken, over which rows, at which times, times what.

Where a metric's page begins and ends is said in `metrics`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from dashboards.definitions.marks import NOTHING, code, link
from dashboards.definitions.voice import Voice
from dashboards.definitions.words import TIMES
from transforms.catalogue.model import (
    Aggregation,
    At,
    Catalogue,
    Entity,
    Kind,
    Measure,
    Metric,
    Reading,
    Term,
)
from transforms.reference.tables import IN_FORCE, Reference, ToleranceRule
from transforms.tolerance import ANNUAL_TARGET

YEAR = "year_to_date"


@dataclass(frozen=True)
class Teller:
    """Tells measures and readings of one catalogue in one language."""

    voice: Voice
    catalogue: Catalogue
    reference: Reference

    # Measures

    def measure(self, name: str) -> str:
        """A measure: its name and, unless it is combined, what is taken."""
        measure = self.catalogue.measures[name]
        if measure.aggregation is Aggregation.COMBINED:
            return (
                f"{code(name)}{self.voice.beside(self.voice.say('combined, below', '组合，见下'))}"
            )
        return self.voice.say(f"{code(name)}: ", f"{code(name)}：") + self.taken(measure)

    def taken(self, measure: Measure) -> str:
        """What a plain measure takes, over which rows."""
        say, over = self.voice.say, code(measure.over)
        rows = self._rows(measure)
        match measure.aggregation:
            case Aggregation.SUM:
                return say(f"sum of {over} over {rows}", f"{rows}的{over}之和")
            case Aggregation.COUNT_DISTINCT:
                return say(f"distinct {over} of {rows}", f"{rows}的{over}去重计数")
            case Aggregation.COUNT_EVENTS:
                window = self._window(measure.over)
                return say(f"number of events {window}: {rows}", f"{window}{rows}的数量")
            case Aggregation.LARGEST:
                return self._largest(measure, rows)
            case Aggregation.REPORTED:
                place = "[net_capital](data-dictionary.md#net_capital)"
                return say(f"as the bank reports it in {place}", f"由全行在{place}中报送")
            case Aggregation.COMBINED:
                return say("combined", "组合")

    def _rows(self, measure: Measure) -> str:
        if not measure.where:
            return NOTHING
        flag = self.catalogue.flags[measure.where]
        rows = link(flag.name, self.voice.label(flag.label))
        if flag.entity is Entity.FLOW:
            window = self._window(measure.window)
            return self.voice.say(f"{rows} {window}", f"{window}{rows}")
        if measure.since is At.YEAR_END:
            return self.voice.say(
                f"{rows} between the last year end and now", f"{rows}（自上年末至本期）"
            )
        if measure.since is not None:
            return self.voice.say(
                f"{rows} between the month end before and now", f"{rows}（自上月末至本期）"
            )
        return rows

    def _window(self, window: str) -> str:
        say = self.voice.say
        return say("since 1 January", "当年") if window == YEAR else say("of the month", "当月")

    def _largest(self, measure: Measure, rows: str) -> str:
        say, over, by = self.voice.say, code(measure.over), code(measure.by)
        if measure.largest == 1:
            return say(
                f"the largest sum of {over} by {by} over {rows}",
                f"{rows}按{by}汇总，{over}之和最大的一户",
            )
        return say(
            f"the {measure.largest} largest sums of {over} by {by} over {rows}",
            f"{rows}按{by}汇总，{over}之和最大的{measure.largest}户合计",
        )

    # Combined measures

    def combined_of(self, reading: Reading) -> tuple[str, ...]:
        """The combined measures that a reading names."""
        measures = self.catalogue.measures
        return tuple(
            name for name in reading.measures if measures[name].aggregation is Aggregation.COMBINED
        )

    def spelled(self, name: str) -> Iterator[str]:
        """A combined measure, term by term, each with its time and factor."""
        yield from map(self.term, self.catalogue.terms(name))

    def term(self, term: Term) -> str:
        """One term: its factor, its measure, its time, and what that measure takes."""
        say = self.voice.say
        taken = self.taken(self.catalogue.measures[term.measure])
        time = self.voice.label(TIMES[term.at])
        return say(
            f"{_factor(term.times)} {code(term.measure)} {time}: {taken}",
            f"{_factor(term.times)} {code(term.measure)} {time}：{taken}",
        )

    # Readings

    def formula(self, metric: Metric, reading: Reading) -> str:
        """A reading in one line of names; nothing where the measure alone says it."""
        say = self.voice.say
        above = code(reading.numerator)
        match metric.kind:
            case Kind.GAP if reading.minuend and reading.subtrahend:
                return f"{_figure(reading.minuend)} − {_figure(reading.subtrahend)}"
            case Kind.RATIO if metric.base is not None:
                return f"Δ {above} / Δ {code(str(reading.denominator))}"
            case Kind.RATIO | Kind.WEIGHTED_MEAN | Kind.TOP_N:
                return f"{above} / {code(str(reading.denominator))}"
            case Kind.GROWTH:
                base = say(f"{above} at the base", f"基期{above}")
                return f"({above} − {base}) / {base}"
            case Kind.TOLERANCE:
                below = code(str(reading.denominator))
                return say(f"limit − {above} / {below}", f"上限 − {above} / {below}")
            case _:
                return above

    def numerator(self, metric: Metric, reading: Reading) -> str:
        """What stands above the line, or the first term."""
        say = self.voice.say
        if reading.minuend is not None:
            return _figure(reading.minuend)
        own = self.measure(reading.numerator)
        match metric.kind:
            case Kind.GROWTH | Kind.RATIO if metric.base is not None:
                base = self.base(metric)
                return say(f"{own}; minus the same {base}", f"{own}；减去其{base}值")
            case Kind.INCREMENT_DIFFERENCE:
                return say(f"{own}; increment since the year end", f"{own}；比年初增加额")
            case Kind.AVERAGE:
                return say(f"{own}; added up over the month ends", f"{own}；各月末合计")
            case Kind.INDEX:
                by = code(str(reading.over))
                return say(
                    f"squares of the parts by {by}, added up, of {own}",
                    f"按{by}展开各部分的平方和，{own}",
                )
            case _:
                return own

    def denominator(self, metric: Metric, reading: Reading) -> str:
        """What stands below the line, or the second term."""
        say = self.voice.say
        if reading.subtrahend is not None:
            whole = self.voice.beside(say("of the whole bank", "全行")) if metric.of_root else ""
            return _figure(reading.subtrahend) + whole
        if reading.denominator is None:
            return self._second_term(metric, reading)
        below = self.measure(reading.denominator)
        if metric.base is None:
            return below
        base = self.base(metric)
        return say(f"{below}; minus the same {base}", f"{below}；减去其{base}值")

    def _second_term(self, metric: Metric, reading: Reading) -> str:
        """What the first term is compared with, where the kind alone decides it."""
        say, base = self.voice.say, self.base(metric)
        match metric.kind:
            case Kind.INCREMENT | Kind.GROWTH:
                return say(f"the same {base}", f"其{base}值")
            case Kind.INCREMENT_DIFFERENCE:
                return say("the same of last year, over the same months", "上年同期比年初增加额")
            case Kind.AVERAGE:
                return say("the months of the year so far", "当年已过月数")
            case Kind.INDEX:
                name = code(reading.numerator)
                return say(f"the square of {name}", f"{name}的平方")
            case _:
                return NOTHING

    def base(self, metric: Metric) -> str:
        """The month end that a comparison starts from."""
        return self.voice.label(TIMES[metric.base or At.NOW])

    def limit(self, reading: Reading) -> str:
        """What the ratio of a tolerance may not exceed."""
        say = self.voice.say
        ratio = (
            f"{code(str(reading.reference_numerator))} / {code(str(reading.reference_denominator))}"
        )
        if reading.rule == IN_FORCE:
            rules = link(say("tolerance-rules", "容忍度规则"), say("rule", "规则"))
            return say(
                f"the reference plus the points of the {rules} of the family `inclusive` in force at the "
                f"month end; where the rule takes all loans as the reference, {ratio} of the whole bank",
                f"月末有效的`inclusive`类{rules}所定基准加其百分点；以各项贷款为基准的，取全行{ratio}",
            )
        anchor = link(say("tolerance-rules", "容忍度规则"), str(reading.rule))
        rules = self.reference.tolerance_rule(str(reading.rule))
        return say("; ", "；").join(self._limit(rule, ratio, anchor) for rule in rules)

    def _limit(self, rule: ToleranceRule, ratio: str, anchor: str) -> str:
        say = self.voice.say
        if rule.base == ANNUAL_TARGET:
            return say(
                f"the bank's approved annual target for `npl_ratio` + {rule.delta_pp} pp ({anchor})",
                f"全行经批准的`npl_ratio`年度目标＋{rule.delta_pp}个百分点（{anchor}）",
            )
        return say(
            f"{ratio} of the whole bank + {rule.delta_pp} pp ({anchor})",
            f"全行{ratio}＋{rule.delta_pp}个百分点（{anchor}）",
        )


def _factor(times: Decimal) -> str:
    sign = "−" if times < 0 else "+"
    size = abs(times)
    return sign if size == 1 else f"{sign} {size} ×"


def _figure(pair: tuple[str, str]) -> str:
    metric, reading = pair
    return link(metric) if reading == "default" else f"{link(metric)}:`{reading}`"
