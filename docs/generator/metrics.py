"""The page of metrics, in either language: every definition, by family, down to the flags it rests on.

A metric is put into words by `dashboards.definitions`; flags, dated rules and names by `rulebook`.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboards.definitions.marks import NOTHING, code, link
from dashboards.definitions.metrics import MetricTeller
from dashboards.definitions.voice import Voice
from dashboards.definitions.words import BETTER_NAMES, KIND_NAMES, UNIT_NAMES
from dashboards.i18n import Language
from docs.generator import rulebook
from docs.generator.markdown import paragraph, table
from transforms.catalogue.families import FAMILIES, label_of
from transforms.catalogue.load import Definitions
from transforms.catalogue.model import Aggregation, Catalogue, Metric
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

    @property
    def told(self) -> MetricTeller:
        return MetricTeller(self.voice, self.definitions, self.reference)

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
                    self.told.reading_names(metric),
                    self._standing(metric),
                )
                for metric in metrics
            ),
        )
        for metric in metrics:
            yield from self._metric(metric)

    def _standing(self, metric: Metric) -> str:
        say = self.voice.say
        if metric.source.own:
            return say("own", "自定义")
        if metric.source.verified:
            return say("verified", "已核实")
        return say("not verified", "未核实")

    # One metric

    def _metric(self, metric: Metric) -> Iterator[str]:
        told, say = self.voice.told, self.voice.say
        yield from paragraph(f"### {metric.metric_id}")
        yield from paragraph(
            say(f"**{metric.label.en}** · {metric.label.zh}", f"**{metric.label.zh}**")
        )
        for name, text in self.told.points(metric, self.catalogue):
            yield told(name, text)
        yield ""
        yield from self._readings(metric, self.catalogue)
        yield from self._earlier(metric)

    def _readings(self, metric: Metric, catalogue: Catalogue) -> Iterator[str]:
        teller = self.told.teller(catalogue)
        yield from table(*self.told.readings(metric, catalogue))
        for name in self.told.combined(metric, catalogue):
            yield self.voice.say(f"`{name}`, term by term:", f"`{name}`逐项：")
            yield ""
            yield from (f"- {term}" for term in teller.spelled(name))
            yield ""

    def _earlier(self, metric: Metric) -> Iterator[str]:
        """The editions that held before, newest first, each with its last day."""
        for one in reversed(self.told.editions(metric.metric_id)):
            if one.last is None:
                continue
            until, version = one.last.isoformat(), code(one.version)
            yield from paragraph(
                self.voice.say(
                    f"Earlier edition, in force until {until}, version {version}:",
                    f"较早版本，有效至{until}，版本{version}：",
                )
            )
            yield from self._readings(one.catalogue.metrics[metric.metric_id], one.catalogue)

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
        say, teller = self.voice.say, self.told.teller(self.catalogue)
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
