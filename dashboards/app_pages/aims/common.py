"""What the sections of the targets page share: names and values as read, who acts, what was done last."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from typing import Any, Final

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages.desk import desk
from dashboards.numbers import NOTHING
from transforms.catalogue.model import Metric, Unit
from transforms.proposals import key_text

_PERSON: Final = "person"
_TOLD: Final = "told_of_targets"
_EXACT_DECIMALS: Final = 2
_PLAIN_DECIMALS: Final = 4


def metric_of(row: Mapping[str, Any]) -> Metric | None:
    """The metric of a target; none if the month's definitions do not know it."""
    return desk().catalogue.metrics.get(row["metric_id"])


def metric_name(row: Mapping[str, Any]) -> str:
    """What a target is for, as its readers call it."""
    at, metric = desk(), metric_of(row)
    name = str(row["metric_id"])
    if metric is not None:
        name = at.language.pick(metric.label.en, metric.label.zh)
    if row["reading"]:
        name += at.language.pick(f" ({row['reading']})", f"（{row['reading']}）")
    return name


def value_text(value: Decimal | None, row: Mapping[str, Any]) -> str:
    """A value of a target in the metric's unit, with every digit that was entered."""
    metric = metric_of(row)
    if value is None or metric is None:
        return NOTHING if value is None else f"{value.normalize():f}"
    at = desk()
    if metric.unit is Unit.RATIO:
        return at.form.share(value, _digits(value * 100, _EXACT_DECIMALS))
    if metric.unit in {Unit.CURRENCY, Unit.COUNT}:
        return at.form.value(value, metric.unit)
    return at.form.value(value, metric.unit, _digits(value, _PLAIN_DECIMALS))


def distance_text(value: Decimal | None, row: Mapping[str, Any]) -> str:
    """A distance between two values of a target; for shares in percentage points."""
    metric = metric_of(row)
    if value is None or metric is None or metric.unit is not Unit.RATIO:
        return value_text(value, row)
    return desk().form.points(value * 100, _digits(value * 100, _EXACT_DECIMALS))


def _digits(value: Decimal, most: int) -> int:
    exponent = value.normalize().as_tuple().exponent
    return min(max(-exponent, 1), most) if isinstance(exponent, int) else most


def key_of(row: Mapping[str, Any]) -> str:
    """What a target is for, in one word."""
    return key_text(row["branch_id"], row["metric_id"], row["reading"], row["period"])


def unit_name(unit_id: str) -> str:
    """A unit as its readers call it, or by its number if the month's tree does not know it."""
    at = desk()
    known = at.month.units.by_id.get(unit_id)
    return known.name(at.language) if known else unit_id


def below(frame: pl.DataFrame, unit_id: str) -> pl.DataFrame:
    """The rows of a unit and of every unit below it."""
    units = desk().month.units
    own = [
        u.unit_id for u in units.all if any(a.unit_id == unit_id for a in units.chain(u.unit_id))
    ]
    return frame.filter(pl.col("branch_id").is_in(own))


def may_enter() -> bool:
    """Whether the reader may enter anything here; if not, it is said why."""
    at = desk()
    if not at.may_enter:
        st.caption(at.say("va_no_entry" if at.is_viewing_as else "si_no_entry"))
    return at.may_enter


def person() -> str:
    """Who acts: who has signed in; where nobody signs in, asked for once and kept for the other sections."""
    at = desk()
    if at.workspace.sign_in is not None:
        st.caption(at.say("si_entered_as", who=markup.plain(at.signed_in.name)))
        return at.signed_in.name
    # A control's own key is forgotten when the control is not drawn; this one is not.
    named = st.text_input(
        at.say("tg_who"),
        value=st.session_state.get(_PERSON, ""),
        help=at.say("tg_who_hint"),
        max_chars=100,
    )
    st.session_state[_PERSON] = named
    return named.strip()


def now() -> datetime:
    """The moment of an entry."""
    return datetime.now(UTC)


def tell(text: str) -> None:
    """Run the page anew, so that it shows what was just done, and say what that was."""
    st.session_state[_TOLD] = text
    st.rerun()


def show_told() -> None:
    """What was done in the run before, once."""
    told = st.session_state.pop(_TOLD, None)
    if told:
        st.success(markup.plain(told), icon=":material/check_circle:")


def cell(value: object) -> str:
    """Text from data as a cell, a dash for nothing."""
    return NOTHING if value in (None, "") else escape(str(value))
