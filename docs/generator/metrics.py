"""The page of metrics, in either language: every definition, by family, down to the flags it rests on.

How a measure is put into words is said in `measures`; flags, dated rules and names in `rulebook`.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboards.i18n import Language
from docs.generator import rulebook
from docs.generator.markdown import NOTHING, code, codes, link, paragraph, table
from docs.generator.measures import Teller
from docs.generator.voice import Voice
from docs.generator.words import (
    AGAINST_ROOT,
    BETTER,
    BETTER_NAMES,
    COUNTED_ANEW,
    KIND_NAMES,
    KINDS,
    OVER_BRANCHES,
    RECOMPUTED,
    UNIT_NAMES,
    UNITS,
    WHOLE_BANK,
)
from transforms.catalogue.families import FAMILIES, label_of
from transforms.catalogue.load import Definitions
from transforms.catalogue.model import (
    NODE_LEVEL,
    Aggregation,
    Catalogue,
    Kind,
    Metric,
    Unit,
)
from transforms.catalogue.vocabulary import SLICES
from transforms.reference.tables import Reference, packaged_text


def metrics_page(
    definitions: Definitions, reference: Reference, language: Language
) -> Iterator[str]:
    """Every metric with its readings and versions, then what the metrics rest on."""
    return _Page(definitions, reference, Voice(language)).lines()


@dataclass(frozen=True)
class _Page:
    definitions: Definitions
    reference: Reference
    voice: Voice

    @property
    def catalogue(self) -> Catalogue:
        return self.definitions.newest

    def teller(self, catalogue: Catalogue) -> Teller:
        return Teller(self.voice, catalogue, self.reference)

    def lines(self) -> Iterator[str]:
        say = self.voice.say
        yield from paragraph(say("# Metrics", "# 指标"))
        yield from self._opening()
        families = self._families()
        yield from paragraph(say("## Families", "## 指标族"))
        yield from table(
            (say("family", "指标族"), say("metrics", "指标数"), say("what it tells", "内容")),
            (
                (self._family_link(name), len(metrics), self._family_sentence(name))
                for name, metrics in families.items()
            ),
        )
        for name, metrics in families.items():
            yield from self._family(name, metrics)
        yield from self._formulas()
        yield from self._measures()
        yield from rulebook.flags(self.voice, self.catalogue)
        yield from rulebook.thresholds(self.voice, self.reference)
        yield from rulebook.tolerance_rules(self.voice, self.reference)
        yield from rulebook.vocabulary(self.voice)

    def _opening(self) -> Iterator[str]:
        say = self.voice.say
        yield from paragraph(
            say(
                "*This page is written by `docs/generate.py` from `transforms/catalogue/definitions/` "
                "and `transforms/reference/`. Change it there and write the page again; a test keeps "
                "the two in step.* [中文](metrics.zh.md)",
                "*本页由`docs/generate.py`根据`transforms/catalogue/definitions/`和`transforms/reference/`"
                "生成。修改请在该处进行并重新生成，两者由测试保持一致。* [英文版](metrics.md)",
            )
        )
        yield from paragraph(
            say(
                f"{len(self.catalogue.metrics)} metrics. A *metric* is made from *measures*; a measure "
                "sums or counts the rows that a *flag* admits; a flag is a list of conditions a person "
                "can read. A *reading* is one way to read a definition, and one of them is the default. "
                "A version such as `1.6534e012` is the declared number and a hash of everything the "
                "metric rests on: if anything under it changes, the version does. A month is computed "
                "with the edition that held at its end. A source marked **not verified** could not be "
                "checked against its published text.",
                f"共{len(self.catalogue.metrics)}项指标。*指标*由*度量*构成；度量对*判定规则*认定的行求和或计数；"
                "判定规则由可读的条款组成。*口径*是同一定义的不同读法，其中一个为默认口径。版本如`1.6534e012`，"
                "由声明的编号和指标所依据全部内容的哈希组成：任何一处变动，版本随之变动。每月按月末有效的版本计算。"
                "标注**未核实**的来源，尚未与公布文本核对。",
            )
        )
        yield from paragraph(
            say(
                "A bank adds or replaces definitions in its own workspace: "
                "[extending](extending.md). The words are in the [glossary](glossary.md).",
                "银行可在自己的工作区增补或替换定义，见[扩展说明](extending.md)；用语见[词汇表](glossary.md)。",
            )
        )

    # Families

    def _families(self) -> dict[str, list[Metric]]:
        families: dict[str, list[Metric]] = {name: [] for name in FAMILIES}
        for metric in self.catalogue.metrics.values():
            families.setdefault(metric.family, []).append(metric)
        return {name: metrics for name, metrics in families.items() if metrics}

    def _family_name(self, family: str) -> str:
        return self.voice.label(label_of(family))

    def _family_link(self, family: str) -> str:
        name = self._family_name(family)
        return link(name.lower().replace(" ", "-"), name)

    def _family_sentence(self, family: str) -> str:
        known = FAMILIES.get(family)
        return self.voice.label(known.meaning) if known else ""

    def _family(self, family: str, metrics: Sequence[Metric]) -> Iterator[str]:
        say, label = self.voice.say, self.voice.label
        yield from paragraph(f"## {self._family_name(family)}")
        yield from paragraph(self._family_sentence(family))
        yield from table(
            (
                say("metric", "指标"),
                say("name", "名称"),
                say("kind", "类型"),
                say("unit", "单位"),
                say("better", "方向"),
                say("readings", "口径"),
                say("source", "来源"),
            ),
            (
                (
                    link(metric.metric_id),
                    label(metric.label),
                    label(KIND_NAMES[metric.kind]),
                    label(UNIT_NAMES[metric.unit]),
                    label(BETTER_NAMES[metric.better]),
                    self._reading_names(metric),
                    self._standing(metric),
                )
                for metric in metrics
            ),
        )
        for metric in metrics:
            yield from self._metric(metric)

    def _reading_names(self, metric: Metric) -> str:
        if len(metric.readings) == 1:
            return ""
        return self.voice.listed(
            f"**{code(reading.name)}**"
            if reading.name == metric.default_reading
            else code(reading.name)
            for reading in metric.readings
        )

    def _standing(self, metric: Metric) -> str:
        say = self.voice.say
        if metric.source.own:
            return say("own", "自定义")
        if metric.source.verified:
            return say("verified", "已核实")
        return say("not verified", "未核实")

    # One metric

    def _metric(self, metric: Metric) -> Iterator[str]:
        told = self.voice.told
        say, label = self.voice.say, self.voice.label
        yield from paragraph(f"### {metric.metric_id}")
        yield from paragraph(
            say(f"**{metric.label.en}** · {metric.label.zh}", f"**{metric.label.zh}**")
        )
        default = metric.reading(metric.default_reading)
        formula = self.teller(self.catalogue).formula(metric, default)
        yield told(
            say("Definition", "定义"),
            self.voice.sentence(say(f"{formula}, ", f"{formula}，") + label(KINDS[metric.kind])),
        )
        for name, text in self._declared(metric):
            yield told(name, self.voice.sentence(text))
        yield told(
            say("Unit", "单位"),
            say(
                f"{label(UNITS[metric.unit])}. Better: {label(BETTER[metric.better])}.",
                f"{label(UNITS[metric.unit])}。方向：{label(BETTER[metric.better])}。",
            ),
        )
        yield told(say("Over branches", "机构汇总"), self.voice.sentence(self._over(metric)))
        yield from self._cuts(metric)
        if metric.formulas:
            yield told(say("Formula list", "公式清单"), codes(metric.formulas))
        yield told(say("Source", "来源"), self.voice.source(metric.source))
        if metric.note is not None:
            yield told(say("Note", "说明"), label(metric.note))
        yield told(say("Version", "版本"), self._version(metric))
        yield ""
        yield from self._readings(metric, self.catalogue)
        yield from self._earlier(metric)

    def _declared(self, metric: Metric) -> Iterator[tuple[str, str]]:
        """What the definition declares beside its measures."""
        say = self.voice.say
        if metric.base is not None:
            base = self.teller(self.catalogue).base(metric)
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

    def _over(self, metric: Metric) -> str:
        """How a parent's figure comes about from its branches."""
        anew = any(
            self.catalogue.measures[name].aggregation in NODE_LEVEL
            for reading in metric.readings
            for name in self.catalogue.plain_measures(reading)
        )
        if metric.whole_bank:
            return self.voice.label(WHOLE_BANK)
        if metric.of_root:
            return self.voice.label(AGAINST_ROOT)
        own = OVER_BRANCHES.get(metric.kind, COUNTED_ANEW if anew else RECOMPUTED)
        return self.voice.label(own)

    def _cuts(self, metric: Metric) -> Iterator[str]:
        say, told = self.voice.say, self.voice.told
        if metric.slices:
            adds = metric.kind is Kind.TOTAL
            yield told(
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
            yield told(
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

    def _version(self, metric: Metric) -> str:
        say = self.voice.say
        version = code(self.catalogue.versions[metric.metric_id])
        first = metric.valid_from.isoformat()
        last = metric.valid_to.isoformat() if metric.valid_to else ""
        span = say(
            f"the metric holds from {first}" + (f" to {last}" if last else ""),
            f"指标自{first}起" + (f"至{last}" if last else "") + "有效",
        )
        return f"{version}{self.voice.say('; ', '；')}{self.voice.sentence(span)}"

    def _readings(self, metric: Metric, catalogue: Catalogue) -> Iterator[str]:
        say, teller = self.voice.say, self.teller(catalogue)
        is_tolerance = metric.kind is Kind.TOLERANCE
        heads = [
            say("reading", "口径"),
            *self._sides(metric),
            *((say("limit", "上限"),) if is_tolerance else ()),
        ]
        yield from table(
            heads,
            (
                (
                    self._reading_name(metric, reading.name),
                    teller.numerator(metric, reading),
                    teller.denominator(metric, reading),
                    *((teller.limit(reading),) if is_tolerance else ()),
                )
                for reading in metric.readings
            ),
        )
        combined = dict.fromkeys(
            name for reading in metric.readings for name in teller.combined_of(reading)
        )
        for name in combined:
            yield from teller.spelled(name)

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

    def _earlier(self, metric: Metric) -> Iterator[str]:
        """The editions that held before, newest first, each with its last day."""
        say, name = self.voice.say, metric.metric_id
        catalogues = self.definitions.catalogues
        stretches = zip(self.definitions.ends, catalogues, catalogues[1:], strict=False)
        for end, held, following in reversed(list(stretches)):
            if held.versions.get(name) == following.versions.get(name) or name not in held.metrics:
                continue
            yield from paragraph(
                say(
                    f"Earlier edition, in force until {end.isoformat()}, version "
                    f"{code(held.versions[name])}:",
                    f"较早版本，有效至{end.isoformat()}，版本{code(held.versions[name])}：",
                )
            )
            yield from self._readings(held.metrics[name], held)

    # What they rest on

    def _formulas(self) -> Iterator[str]:
        say = self.voice.say
        answering: dict[str, list[str]] = {}
        for metric in self.catalogue.metrics.values():
            for formula in metric.formulas:
                answering.setdefault(formula, []).append(metric.metric_id)
        rows = list(csv.DictReader(packaged_text("metric_formulas").splitlines()))
        answered = sum(row["id"] in answering for row in rows)
        yield from paragraph(say("## Formula list", "## 公式清单"))
        yield from paragraph(
            say(
                f"The {len(rows)} formulas of `transforms/reference/metric_formulas.csv`, and the "
                f"metrics that answer them: {answered} are answered by a metric.",
                f"`transforms/reference/metric_formulas.csv`所列{len(rows)}个公式及对应指标，"
                f"其中{answered}个由指标对应。",
            )
        )
        yield from table(
            (say("formula", "公式"), say("name", "名称"), say("answered by", "对应指标")),
            (
                (
                    code(row["id"]),
                    say(row["name_en"], row["name_zh"]),
                    self.voice.listed(map(link, answering.get(row["id"], ())))
                    or say(
                        "no metric: it scores or ranks a target's figures, and is no figure of the loan "
                        "book",
                        "无对应指标：属目标得分或排名，不是贷款账的数据",
                    ),
                )
                for row in rows
            ),
        )

    def _measures(self) -> Iterator[str]:
        say, teller = self.voice.say, self.teller(self.catalogue)
        yield from paragraph(say("## Measures", "## 度量"))
        measures = self.catalogue.measures.values()
        plain = [m for m in measures if m.aggregation is not Aggregation.COMBINED]
        yield from table(
            (say("measure", "度量"), say("what is taken", "取数"), say("flag", "判定规则")),
            (
                (
                    code(measure.name),
                    teller.taken(measure),
                    link(measure.where) if measure.where else NOTHING,
                )
                for measure in plain
            ),
        )
        yield from paragraph(
            say(
                "Combined measures add others up, each at its own time and with its own factor:",
                "组合度量由其他度量相加而成，各项有自己的时点和系数：",
            )
        )
        yield from table(
            (say("measure", "度量"), say("terms", "各项")),
            (
                (
                    code(measure.name),
                    "<br>".join(teller.term(term) for term in self.catalogue.terms(measure.name)),
                )
                for measure in measures
                if measure.aggregation is Aggregation.COMBINED
            ),
        )
