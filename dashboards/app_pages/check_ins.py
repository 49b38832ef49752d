"""What is said about a figure: comments with an action and a date, beside the status of the rule."""

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages.aims import common
from dashboards.app_pages.desk import desk
from dashboards.card import Notes
from dashboards.numbers import NOTHING
from dashboards.palette import MARKS
from dashboards.scorecard_row import ScorecardRow
from dashboards.units import BankUnit
from records.ledger.check_ins import OPINIONS, CheckIn
from records.ledger.sign_offs import signing_obstacles
from transforms.errors import BranchmarkError
from transforms.scorecards import JUDGED, Status


def said(unit: BankUnit) -> pl.DataFrame | None:
    """Everything said about the unit's figures of the month, in whatever version; none without a ledger."""
    at = desk()
    try:
        return at.ledger.check_ins.all(at.scope, branch=unit.unit_id, as_of=at.month.as_of)
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)), title=at.say("tg_ledger_broken"))
        return None


def notes(unit: BankUnit, row: ScorecardRow, entries: pl.DataFrame | None) -> Notes | None:
    """How many check-ins there are on a figure, and the latest; none if there is none."""
    if entries is None or entries.is_empty():
        return None
    own = entries.filter(pl.col("metric_id") == row.metric_id, pl.col("reading") == row.reading)
    if own.is_empty():
        return None
    at, latest = desk(), own.sort("made_at").row(-1, named=True)
    told = at.say(
        "note_line",
        comment=latest["comment"],
        author=latest["author"],
        day=at.day(latest["made_at"].date()),
    )
    return Notes(own.height, told, at.branch_link(unit.unit_id, metric=row.metric_id))


def obstacles(unit: BankUnit) -> pl.DataFrame:
    """The missed figures of a unit that nobody has said anything about.

    Raises:
        BranchmarkError: if the ledger cannot be read.
    """
    at = desk()
    return signing_obstacles(
        at.scope,
        at.published,
        at.ledger.check_ins,
        at.catalogue,
        branch=unit.unit_id,
        as_of=at.month.as_of,
    )


def show_needed(unit: BankUnit, rows: Sequence[ScorecardRow]) -> None:
    """Which missed metrics nobody has said anything about, so that the figures cannot be signed."""
    at = desk()
    try:
        found = obstacles(unit)
    except BranchmarkError:
        return  # said once already, where the entries are listed
    names = {row.metric_id: row.short_name for row in rows}
    links = [
        markup.linked(names[one], at.branch_link(unit.unit_id, metric=one))
        for one in dict.fromkeys(found["metric_id"])
        if one in names
    ]
    if links:
        comma = at.language.pick(", ", "、")
        told = escape(at.say("ci_needed", names="\0")).replace("\0", comma.join(links))
        st.html(f'<div class="bm"><p style="margin:0">{told}</p></div>')


def show(unit: BankUnit, row: ScorecardRow, entries: pl.DataFrame) -> None:
    """What is said about one figure, and the form to say more."""
    at = desk()
    st.header(markup.plain(at.say("ci_title", metric=row.name)), anchor=False)
    own = entries.filter(
        pl.col("metric_id") == row.metric_id, pl.col("reading") == row.reading
    ).sort("made_at", descending=True)
    if own.is_empty():
        st.write(at.say("ci_none"))
    else:
        st.html(markup.listed([_line(entry) for entry in own.to_dicts()]))
    common.show_told()
    if common.may_enter():
        _form(unit, row, own.height)


def _line(entry: Mapping[str, Any]) -> tuple[str, str]:
    """An entry: what is said, and below it who, what is done, and how it stands."""
    at = desk()
    below = [at.say("ci_by", author=entry["author"], day=at.day(entry["made_at"].date()))]
    if entry["snapshot_version"] != at.month.version:
        below.append(at.say("ci_older_version", version=entry["snapshot_version"]))
    if entry["action"]:
        below.append(
            at.say(
                "ci_action_line",
                action=entry["action"],
                owner=entry["owner"] or NOTHING,
                due=at.day(entry["due_date"]) if entry["due_date"] else NOTHING,
            )
        )
    if entry["done"]:
        below.append(at.say("ci_done"))
    if entry["rule_status"]:
        below.append(f"{at.say('ci_rule')}: {_status_word(entry['rule_status'])}")
    if entry["opinion"]:
        below.append(
            at.say(
                "ci_owner_sees",
                owner=entry["owner"] or entry["author"],
                opinion=_status_word(entry["opinion"]),
            )
        )
    stop = at.language.pick(". ", "。")
    return escape(entry["comment"]), escape(stop.join(below))


def _status_word(name: str) -> str:
    mark = MARKS[Status(name)]
    return desk().language.pick(mark.en, mark.zh)


def _form(unit: BankUnit, row: ScorecardRow, said_before: int) -> None:
    at = desk()
    # What is typed belongs to one figure, and is gone once it is entered.
    key = f"check_in_{unit.unit_id}_{row.metric_id}_{at.month.as_of}_{said_before}"
    with (
        st.expander(at.say("ci_add"), icon=":material/add_comment:"),
        st.form(key, border=False, clear_on_submit=False),
    ):
        comment = st.text_area(at.say("ci_comment"), max_chars=2000)
        left, right = st.columns(2)
        action = left.text_input(at.say("ci_action"))
        owner = right.text_input(at.say("ci_owner"))
        due = left.text_input(at.say("ci_due"))
        opinion = right.selectbox(
            at.say("ci_opinion"),
            ["", *OPINIONS],
            format_func=lambda name: _status_word(name) if name else at.say("ci_opinion_same"),
            disabled=row.status not in JUDGED,
        )
        by = common.person()
        saved = st.form_submit_button(at.say("tg_save"), type="primary")
    if not saved:
        return
    if not by:
        st.error(at.say("tg_who_needed"))
        return
    try:
        entry = CheckIn(
            branch_id=unit.unit_id,
            metric_id=row.metric_id,
            reading=row.reading,
            as_of_date=at.month.as_of,
            snapshot_version=row.snapshot_version,
            comment=comment,
            action=action or None,
            due_date=date.fromisoformat(due.strip()) if due.strip() else None,
            owner=owner or None,
            opinion=opinion or None,
            rule_status=row.status.value if row.status is not Status.NO_TARGET else None,
        )
        at.ledger.check_ins.add(at.scope, entry, by=by, at=common.now())
    except ValueError:
        st.error(at.say("tg_no_day", field=at.say("ci_due"), text=due))
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)))
    else:
        common.tell(at.say("ci_saved"))
