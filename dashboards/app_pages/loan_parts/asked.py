"""What the address of the loans page asks for; what it asks wrongly is refused in words, never replaced."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import streamlit as st

from dashboards.app_pages import opening, readings
from dashboards.app_pages.desk import desk
from dashboards.contributions import Order
from dashboards.figure.members import names, slice_name
from dashboards.figure.subject import reading_name
from dashboards.port.loans import ListAsked, Place
from dashboards.scorecard import short_name
from dashboards.units import BankUnit
from transforms.catalogue.model import Metric
from transforms.catalogue.vocabulary import UNTAGGED

SHOWN: Final = ("in", "out")
"""The old way of asking for a tab: `out` is what is left out."""

OF_FIGURE: Final = ("metric", "reading", "slice", "member")
"""Parameters that say which figure."""


@dataclass(frozen=True)
class Asked:
    """What is looked at.

    Attributes:
        cut: the member of a slice, as (slice, member).
        place: which rows are shown.
        rule: only the rows that this decided about; none for all.
        page: which page of them, the first being 1.
    """

    unit: BankUnit
    metric: Metric
    reading: str
    cut: tuple[str, str] | None
    place: Place
    order: Order
    rule: str | None
    page: int

    @property
    def question(self) -> ListAsked:
        """The list that is asked for."""
        return ListAsked(
            self.unit.unit_id, self.metric.metric_id, self.reading, desk().month.as_of, self.cut
        )

    def link(self, unit: str = "", **more: str) -> str:
        """The address of the list of the same figure, of this unit or another."""
        kept = {"reading": self.reading}
        if self.cut is not None:
            kept |= {"slice": self.cut[0], "member": self.cut[1]}
        return desk().loans_link(
            unit or self.unit.unit_id, self.metric.metric_id, **{**kept, **more}
        )

    @property
    def name(self) -> str:
        """The metric's name, with its reading where it has several."""
        at = desk()
        told = short_name(self.metric, at.language)
        if len(self.metric.readings) > 1:
            reading = reading_name(self.reading, at.language)
            told += at.language.pick(f" ({reading})", f"（{reading}）")
        return told

    @property
    def cut_text(self) -> str:
        """The member of the slice in words; empty if the figure is not cut."""
        return "" if self.cut is None else member_text(*self.cut)


def member_text(slice_: str, member: str) -> str:
    """A member of a slice in words, after the name of the slice."""
    at = desk()
    known = names(slice_, readings.reference(), at.language)
    pair = at.language.pick("{}: {}", "{}：{}")
    return pair.format(slice_name(slice_, at.language), known.get(member, member))


def asked(unit: BankUnit) -> Asked | None:
    """What the address asks for; none if it names no metric."""
    at = desk()
    code = st.query_params.get("metric")
    if code is None:
        return None
    if code not in at.catalogue.metrics:
        opening.refuse(at.say("unknown_metric", asked=code), at.language)
    metric = at.catalogue.metrics[code]
    readings_of = [one.name for one in metric.readings]
    shown = _one_of("show", SHOWN, "in")
    side = _one_of("side", tuple(Place), Place.NUMERATOR.value)
    return Asked(
        unit=unit,
        metric=metric,
        reading=_one_of("reading", readings_of, metric.default_reading, metric=code),
        cut=_cut(metric),
        place=Place.EXCLUDED if shown == "out" else Place(side),
        order=Order(_one_of("sort", tuple(Order), Order.AMOUNT.value)),
        rule=st.query_params.get("rule"),
        page=_page(),
    )


def _cut(metric: Metric) -> tuple[str, str] | None:
    at = desk()
    slice_, member = st.query_params.get("slice"), st.query_params.get("member")
    if slice_ is None and member is None:
        return None
    if slice_ is None or member is None:
        opening.refuse(at.say("ln_slice_alone"), at.language)
    if slice_ not in metric.cuts:
        _refuse("slice", slice_, metric.cuts, metric=metric.metric_id)
    known = names(slice_, readings.reference(), at.language)
    if len(known) > 1 and member not in {*known, UNTAGGED}:
        _refuse("member", member, tuple(known), slice=slice_name(slice_, at.language))
    return slice_, member


def _page() -> int:
    text = st.query_params.get("page", "1")
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        refuse_page(text, 1)
    return int(text)


def refuse_page(text: str, pages: int) -> None:
    """Say that there is no such page, and how many there are."""
    at = desk()
    why = at.say("ln_unknown_page", asked=text, pages=at.form.count(pages))
    opening.refuse(why, at.language)


def _one_of(name: str, known: Collection[str], default: str, **values: str) -> str:
    code = st.query_params.get(name)
    if code is None:
        return default
    if code not in known:
        _refuse(name, code, known, **values)
    return code


def _refuse(name: str, code: str, known: Collection[str], **values: str) -> None:
    at = desk()
    told = at.language.pick(", ", "、").join(known) or at.say("none")
    why = at.say(f"ln_unknown_{name}", asked=code, known=told, **values)
    opening.refuse(why, at.language)
