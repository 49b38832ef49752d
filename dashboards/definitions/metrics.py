"""One metric told in full: its definition in words, its readings, and the editions that held before.

How a measure is put into words is said in `measures`; what a page makes of it belongs with the page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from dashboards.definitions.marks import code, codes
from dashboards.definitions.measures import Teller
from dashboards.definitions.voice import Voice
from dashboards.definitions.words import (
    AGAINST_ROOT,
    BETTER,
    COUNTED_ANEW,
    KINDS,
    OVER_BRANCHES,
    RECOMPUTED,
    UNITS,
    WHOLE_BANK,
)
from transforms.catalogue.load import Definitions
from transforms.catalogue.model import NODE_LEVEL, Catalogue, Kind, Metric, Unit
from transforms.catalogue.vocabulary import SLICES
from transforms.reference.tables import Reference


@dataclass(frozen=True)
class Edition:
    """A stretch of time in which a metric was defined in one way.

    Attributes:
        first: its first day; none where it held from the metric's beginning.
        last: its last day; none while it holds.
        catalogue: the definitions of that time.
        version: of the metric.
    """

    first: date | None
    last: date | None
    catalogue: Catalogue
    version: str


@dataclass(frozen=True)
class MetricTeller:
    """Tells metrics of all times in one language."""

    voice: Voice
    definitions: Definitions
    reference: Reference

    def teller(self, catalogue: Catalogue) -> Teller:
        """What tells the measures of one of the catalogues."""
        return Teller(self.voice, catalogue, self.reference)

    def points(
        self, metric: Metric, catalogue: Catalogue, *, cuts: bool = True
    ) -> Iterator[tuple[str, str]]:
        """What there is to say of a metric, point by point: a name, and a marked text.

        Args:
            metric: one of the catalogue.
            catalogue: the definitions of that time.
            cuts: whether to say what it may be cut by.
        """
        say, label = self.voice.say, self.voice.label
        formula = self.teller(catalogue).formula(metric, metric.reading(metric.default_reading))
        yield (
            say("Definition", "定义"),
            self.voice.sentence(say(f"{formula}, ", f"{formula}，") + label(KINDS[metric.kind])),
        )
        for name, text in self._declared(metric, catalogue):
            yield name, self.voice.sentence(text)
        yield (
            say("Unit", "单位"),
            say(
                f"{label(UNITS[metric.unit])}. Better: {label(BETTER[metric.better])}.",
                f"{label(UNITS[metric.unit])}。方向：{label(BETTER[metric.better])}。",
            ),
        )
        yield say("Over branches", "机构汇总"), self.voice.sentence(self.over(metric, catalogue))
        if cuts:
            yield from self._cuts(metric)
        if metric.formulas:
            yield say("Formula list", "公式清单"), codes(metric.formulas)
        yield say("Source", "来源"), self.voice.source(metric.source)
        if metric.note is not None:
            yield say("Note", "说明"), label(metric.note)
        yield say("Version", "版本"), self._version(metric, catalogue)

    def _declared(self, metric: Metric, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
        """What the definition declares beside its measures."""
        say = self.voice.say
        if metric.base is not None:
            base = self.teller(catalogue).base(metric)
            yield (
                say("Base", "基期"),
                say(f"{base}, over the branch tree of today", f"{base}，按当前机构树还原"),
            )
        if metric.base is not None and metric.kind is Kind.RATIO:
            yield (
                say("Compared", "比较"),
                say(
                    "the increment of the numerator over the increment of the denominator; none where "
                    "the denominator has not grown",
                    "分子增加额与分母增加额之比；分母未增长时不计算",
                ),
            )
        if metric.annualised:
            yield (
                say("Annualised", "年化"),
                say(
                    "the numerator times twelve, the denominator times the months of the year so far",
                    "分子乘以12，分母乘以当年已过月数",
                ),
            )
        if metric.unit is Unit.BP:
            yield say("Scaled", "换算"), say("the fraction times ten thousand", "比值乘以一万")
        if metric.unit is Unit.PP and metric.kind is Kind.GAP:
            yield (
                say("Scaled", "换算"),
                say("the difference of the fractions times one hundred", "两项小数之差乘以一百"),
            )

    def over(self, metric: Metric, catalogue: Catalogue) -> str:
        """How a parent's figure comes about from its branches."""
        anew = any(
            catalogue.measures[name].aggregation in NODE_LEVEL
            for reading in metric.readings
            for name in catalogue.plain_measures(reading)
        )
        if metric.whole_bank:
            return self.voice.label(WHOLE_BANK)
        if metric.of_root:
            return self.voice.label(AGAINST_ROOT)
        own = OVER_BRANCHES.get(metric.kind, COUNTED_ANEW if anew else RECOMPUTED)
        return self.voice.label(own)

    def _cuts(self, metric: Metric) -> Iterator[tuple[str, str]]:
        say = self.voice.say
        if metric.slices:
            adds = metric.kind is Kind.TOTAL
            yield (
                say("Can be cut by", "可展开维度"),
                self._slices(metric.slices)
                + self.voice.beside(
                    say("parts add up to the whole", "各部分合计等于总数")
                    if adds
                    else say(
                        "each part is a figure of its own; parts need not add up",
                        "各部分为独立指标，合计不必等于总数",
                    )
                ),
            )
        if metric.composition:
            yield (
                say("Composed of", "构成维度"),
                self._slices(metric.composition)
                + self.voice.beside(
                    say(
                        "only the numerator is cut; parts of the whole denominator, which add up to the "
                        "figure",
                        "仅展开分子，分母为整体；各部分合计等于指标值",
                    )
                ),
            )

    def _slices(self, names: Sequence[str]) -> str:
        return self.voice.listed(
            code(name) + self.voice.beside(self.voice.say("", SLICES[name].zh)) for name in names
        )

    def _version(self, metric: Metric, catalogue: Catalogue) -> str:
        say = self.voice.say
        version = code(catalogue.versions[metric.metric_id])
        first = metric.valid_from.isoformat()
        last = metric.valid_to.isoformat() if metric.valid_to else ""
        span = say(
            f"the metric holds from {first}" + (f" to {last}" if last else ""),
            f"指标自{first}起" + (f"至{last}" if last else "") + "有效",
        )
        return f"{version}{self.voice.say('; ', '；')}{self.voice.sentence(span)}"

    def readings(
        self, metric: Metric, catalogue: Catalogue
    ) -> tuple[list[str], list[tuple[str, ...]]]:
        """Its readings as a table: headings, and a line of marked texts for each."""
        teller = self.teller(catalogue)
        is_tolerance = metric.kind is Kind.TOLERANCE
        heads = [
            self.voice.say("reading", "口径"),
            *self._sides(metric),
            *((self.voice.say("limit", "上限"),) if is_tolerance else ()),
        ]
        return heads, [
            (
                self._reading_name(metric, reading.name),
                teller.numerator(metric, reading),
                teller.denominator(metric, reading),
                *((teller.limit(reading),) if is_tolerance else ()),
            )
            for reading in metric.readings
        ]

    def combined(self, metric: Metric, catalogue: Catalogue) -> tuple[str, ...]:
        """The combined measures that its readings name, each once."""
        teller = self.teller(catalogue)
        return tuple(
            dict.fromkeys(
                name for reading in metric.readings for name in teller.combined_of(reading)
            )
        )

    def reading_names(self, metric: Metric) -> str:
        """The names of its readings, the default one bold; nothing where there is but one."""
        if len(metric.readings) == 1:
            return ""
        return self.voice.listed(
            f"**{code(reading.name)}**"
            if reading.name == metric.default_reading
            else code(reading.name)
            for reading in metric.readings
        )

    def editions(self, name: str) -> tuple[Edition, ...]:
        """How a metric was defined at all times, the oldest first; none where it never was."""
        ends = (*self.definitions.ends, None)
        found: list[Edition] = []
        first: date | None = None
        for last, catalogue in zip(ends, self.definitions.catalogues, strict=True):
            version = catalogue.versions.get(name)
            if version is None:
                continue
            if found and found[-1].version == version:
                found[-1] = replace(found[-1], last=last, catalogue=catalogue)
            else:
                first = found[-1].last + timedelta(days=1) if found and found[-1].last else None
                found.append(Edition(first, last, catalogue, version))
        return tuple(found)

    def _sides(self, metric: Metric) -> tuple[str, str]:
        """What the two columns of a reading are called."""
        say = self.voice.say
        match metric.kind:
            case Kind.INCREMENT | Kind.INCREMENT_DIFFERENCE | Kind.GAP:
                return say("first term", "被减项"), say("minus", "减项")
            case _:
                return say("numerator", "分子"), say("denominator", "分母")

    def _reading_name(self, metric: Metric, name: str) -> str:
        if len(metric.readings) == 1:
            return self.voice.say("the only one", "唯一口径")
        default = name == metric.default_reading
        return code(name) + self.voice.beside(self.voice.say("default", "默认") if default else "")
