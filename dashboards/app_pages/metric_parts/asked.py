"""What the address of the metric page asks for: metric, reading, slice, section, order; or a refusal."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import streamlit as st

from dashboards import ordering, scorecard, words
from dashboards.app_pages import address, figures, opening, readings
from dashboards.app_pages.desk import desk
from dashboards.figure.members import slice_name
from dashboards.figure.read import Facts, Question
from dashboards.figure.subject import reading_name
from dashboards.units import BankUnit
from transforms.catalogue.model import Metric

CAUSES: Final = "causes"
PARTS: Final = "parts"
BESIDE: Final = "beside"
READINGS: Final = "readings"
SECTIONS: Final = (CAUSES, PARTS, BESIDE, READINGS)
"""What lies below the trend, one at a time."""

BEHIND: Final = "behind"
ORDERS: Final = (BEHIND, "value", "change", "name")
"""How the units below are sorted."""

_DROPS: Final = ("reading", "slice")


@dataclass(frozen=True)
class Asked:
    """What is looked at.

    Attributes:
        cut: the slice; none if the metric has none.
    """

    unit: BankUnit
    metric: Metric
    reading: str
    cut: str | None
    section: str
    order: str

    @property
    def question(self) -> Question:
        """What is read of it; all comparisons are shown at once."""
        at = desk()
        return Question(
            branch=self.unit.unit_id,
            metric=self.metric.metric_id,
            reading=self.reading,
            cut=self.cut,
            as_of=at.month.as_of,
            before=tuple(one.before(at.month.as_of) for one in words.Comparison),
            below=tuple(one.unit_id for one in at.month.units.children(self.unit.unit_id)),
        )

    @property
    def facts(self) -> Facts:
        """Everything that is published about it."""
        return readings.figure(self.question)

    def link(self, **more: str) -> str:
        """The address of this page with something else asked for."""
        kept = {"reading": self.reading, "section": self.section, "order": self.order}
        if self.cut is not None:
            kept["slice"] = self.cut
        own = {"branch": self.unit.unit_id, "metric": self.metric.metric_id}
        return desk().link(address.METRIC, **{**own, **kept, **more})

    def loans(self, **more: str) -> str:
        """The address of the loans behind it."""
        return desk().loans_link(
            self.unit.unit_id, self.metric.metric_id, **{"reading": self.reading, **more}
        )


def asked() -> Asked:
    """What the address asks for; what it asks wrongly is refused in words and never replaced."""
    unit = opening.asked_unit()
    metric = _metric(unit)
    names = [one.name for one in metric.readings]
    reading = _one_of("reading", names, metric.default_reading, metric=metric.metric_id)
    cut = _one_of(
        "slice", metric.cuts, metric.cuts[0] if metric.cuts else "", metric=metric.metric_id
    )
    section = _one_of("section", SECTIONS, CAUSES)
    order = _one_of("order", ORDERS, BEHIND)
    return Asked(unit, metric, reading, cut or None, section, order)


def _metric(unit: BankUnit) -> Metric:
    """The metric of the address, or the first that the unit is measured by."""
    at = desk()
    code = st.query_params.get("metric")
    if code is None:
        main = figures.main_metrics([unit])
        code = main[0] if main else next(iter(at.catalogue.metrics))
        st.query_params["metric"] = code
    if code not in at.catalogue.metrics:
        opening.refuse(at.say("unknown_metric", asked=code), at.language)
    return at.catalogue.metrics[code]


def _one_of(name: str, known: Collection[str], default: str, **values: str) -> str:
    code = st.query_params.get(name)
    if code is None:
        return default
    if code not in known:
        at = desk()
        told = at.language.pick(", ", "、").join(known) or at.say("none")
        opening.refuse(at.say(f"mt_unknown_{name}", asked=code, known=told, **values), at.language)
    return code


def controls(of: Asked) -> None:
    """Which metric, and which of its readings: both hold for the whole page."""
    at = desk()
    ordered = [one.metric_id for one in ordering.in_order(at.catalogue)]
    by_id = at.catalogue.metrics
    if len(of.metric.readings) > 1:
        address.choice(
            "reading",
            at.say("mt_reading"),
            [one.name for one in of.metric.readings],
            lambda name: at.say("mt_reading_is", name=reading_name(name, at.language)),
            of.reading,
            bare=True,
        )
    address.choice(
        "metric",
        at.say("metric"),
        ordered,
        lambda name: scorecard.short_name(by_id[name], at.language),
        of.metric.metric_id,
        bare=True,
        drops=_DROPS,
    )


def slices(of: Asked) -> None:
    """By what the figure is cut."""
    if of.cut is None:
        return
    at = desk()
    texts = {name: slice_name(name, at.language) for name in of.metric.cuts}
    address.pills("slice", at.say("mt_cut_by"), texts, of.cut)


def sections(of: Asked) -> None:
    """Which part of the page stands below the trend."""
    at = desk()
    texts = {name: at.say(f"mt_section_{name}") for name in SECTIONS}
    address.pills("section", at.say("mt_sections"), texts, of.section)
