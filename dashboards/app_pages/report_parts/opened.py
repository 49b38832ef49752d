"""One report opened: how far it has come, what is in it, what does not hold, what changed, and its files."""

from collections.abc import Mapping
from html import escape
from typing import Final

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages import address, opening, strip
from dashboards.app_pages.address import REPORTS
from dashboards.app_pages.aims import common
from dashboards.app_pages.desk import desk
from dashboards.app_pages.report_parts import (
    delivered,
    differing,
    returns,
    sheets,
    signing,
    verdicts,
)
from dashboards.app_pages.report_parts.looked_at import Opened
from dashboards.port.reports import Draft, Listed, Reports
from dashboards.quality import states
from dashboards.quality.states import Standing
from dashboards.summaries import words
from dashboards.summaries.paper import STEPS, Paper
from dashboards.units import BankUnit
from records.ledger.returns import Head, Step
from transforms.errors import BranchmarkError
from transforms.returns.model import Return
from transforms.returns.package import FAILS, HOLDS

SECTIONS: Final[Mapping[str, str]] = {
    "form": "rt_form",
    "checks": "sm_checks",
    "changes": "rt_changes",
    "adjustments": "sm_adjustments",
    "steps": "sm_signatures",
    "files": "rt_files",
}


def show(name: str, unit: BankUnit) -> None:
    """The page of a report, or why there is none."""
    at = desk()
    if at.analyses is None:
        opening.refuse(at.say("rt_nobody_answers"), at.language)
    asked = at.analyses.reports
    try:
        found = asked.listed(at.scope, at.month.as_of)
        return_ = found.returns.get(name)
        if return_ is None:
            known = ", ".join(found.returns)
            opening.refuse(at.say("rt_unknown", asked=name, known=known), at.language)
        title = words.label(return_.label, at.language)
        trail = ((at.say("reports_page"), at.link(REPORTS, branch=unit.unit_id)), (title, ""))
        strip.header(unit.unit_id, page=REPORTS, trail=trail)
        colon = at.language.pick(": ", "：")
        strip.title(f"{title}{colon}{unit.name(at.language)}")
        made = _opened(asked, found, return_, unit)
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)))
        st.html(_back(unit))
        return
    if made is not None:
        _page(made)


def _back(unit: BankUnit) -> str:
    at = desk()
    back = markup.linked(at.say("rt_back"), at.link(REPORTS, branch=unit.unit_id))
    return f'<div class="bm">{back}</div>'


def _opened(asked: Reports, found: Listed, return_: Return, unit: BankUnit) -> Opened | None:
    """The edition that the address asks for; none, with the reason said, if there is no such one.

    Raises:
        BranchmarkError: if it cannot be told, or must not be seen.
    """
    at = desk()
    draft = Draft(return_.return_id, unit.unit_id, at.month.as_of)
    lines = [
        line
        for line in returns.told(found, unit)
        if (line.return_id, line.unit_id) == (draft.return_id, draft.unit_id)
    ]
    if not lines:
        told = {"unit": unit.name(at.language), "period": at.day(at.month.as_of)}
        st.info(markup.plain(at.say("rt_not_made", **told)))
        st.html(_made_for(found, return_) + _back(unit))
        return None
    editions = asked.editions(at.scope, draft)
    wanted = st.query_params.get("edition")
    row = editions.row(-1, named=True) if editions.height else None
    if wanted is not None:
        own = editions.filter(pl.col("edition").cast(pl.String) == wanted)
        if own.is_empty():
            st.warning(markup.plain(at.say("rt_unknown_edition", asked=wanted)))
            newest = at.link(REPORTS, branch=unit.unit_id, report=return_.return_id)
            st.html(f'<div class="bm">{markup.linked(at.say("rt_newest"), newest)}</div>')
            return None
        row = own.row(0, named=True)
    report: Head | Draft = draft if row is None else Head.of(row)
    with st.spinner(at.say("rt_filling")):
        paper = asked.paper(at.scope, report, at.language)
    return Opened(asked, draft, lines[0], editions, row, paper, found.receipts)


def _made_for(found: Listed, return_: Return) -> str:
    """Links to the reports of other units, or of the period before."""
    at = desk()
    rows = found.rows.filter(pl.col("return_id") == return_.return_id).to_dicts()
    links = [
        markup.linked(
            row[at.language.pick("name_en", "name_zh")] or row["unit_id"],
            at.link(REPORTS, branch=row["unit_id"], report=return_.return_id),
        )
        for row in rows
    ]
    if day := found.before.get(return_.return_id):
        href = at.link(
            REPORTS,
            branch=st.query_params["branch"],
            report=return_.return_id,
            period=day.isoformat(),
        )
        links.append(markup.linked(at.day(day), href))
    return f'<div class="bm"><p>{" · ".join(links)}</p></div>' if links else ""


def _page(made: Opened) -> None:
    at = desk()
    common.show_told()
    st.html(markup.message(_message(made)))
    st.html(_bar(made))
    _editions(made)
    section = opening.asked_section(SECTIONS, "form")
    address.pills("section", at.say("dq_section"), _labels(made), section, drops=("table",))
    if section == "form":
        sheets.show(made.paper)
    elif section == "checks":
        verdicts.show(made)
    elif section == "changes":
        differing.changes(made)
    elif section == "adjustments":
        differing.adjustments(made)
    elif section == "steps":
        signing.show(made)
    else:
        delivered.show(made)


def _labels(made: Opened) -> dict[str, str]:
    """The sections, with how much there is to see in those that may be empty."""
    at = desk()
    failing = made.paper.verdict_counts[FAILS]
    counts = {"checks": failing, "adjustments": made.paper.package.adjustments.height}
    brackets = at.language.pick("{} ({})", "{}（{}）")
    return {
        name: brackets.format(at.say(key), counts[name]) if counts.get(name) else at.say(key)
        for name, key in SECTIONS.items()
    }


def _message(made: Opened) -> str:
    """How the report stands, in a few sentences."""
    at = desk()
    paper, line = made.paper, made.line
    drafted = made.row is None
    parts = [at.say("rt_opened_draft") if drafted else at.say("rt_opened", standing=paper.standing)]
    if not made.is_newest:
        parts.append(at.say("rt_opened_older", newest=made.editions["edition"][-1]))
    elif made.row is not None and made.row["state"] == Step.RETURNED:
        note = {"person": made.row["returned_by"], "note": (made.row["note"] or "").rstrip(".。")}
        parts.append(at.say("rt_opened_returned", **note))
    elif line.is_touched:
        parts.append(at.say("rt_opened_touched"))
    if line.due is not None and made.is_newest and not line.state.is_done:
        key = "rt_opened_late" if line.is_late else "rt_opened_due"
        distance = returns.distance(line.due)
        parts.append(at.say(key, day=at.day(line.due), distance=distance))
    parts.append(_checks(paper))
    return at.language.pick(" ", "").join(parts)


def _checks(paper: Paper) -> str:
    """How many cases of checks do not hold."""
    at = desk()
    counts = paper.verdict_counts
    count, fails = sum(counts.values()), counts[FAILS]
    if not fails:
        held = "rt_opened_holds" if counts[HOLDS] else "sm_checks_none"
        return at.say(held, count=counts[HOLDS])
    return at.say(
        "rt_opened_fails_one" if fails == 1 else "rt_opened_fails", fails=fails, count=count
    )


def _bar(made: Opened) -> str:
    """The steps in a line: who took each and when, and which come next."""
    at = desk()
    taken = {one.step: one for one in made.paper.signed}
    items = []
    for step in STEPS:
        one = taken[step]
        name = escape(at.say(f"sm_step_{step}"))
        if one.at is None:
            mark = states.mark(Standing.OPEN, at.say("sm_open"))
        else:
            when = f"{at.day(one.at.date())} {one.at:%H:%M} UTC"
            mark = states.mark(Standing.GOOD, one.person, title=one.note)
            mark += f" <small>{escape(when)}</small>"
        items.append(f"<small>{name}</small><br>{mark}")
    if made.row is not None and made.row["state"] == Step.RETURNED:
        name = escape(at.say("sm_step_returned"))
        mark = states.mark(Standing.BAD, made.row["returned_by"], title=made.row["note"] or "")
        items.append(f"<small>{name}</small><br>{mark}")
    inner = "".join(
        f'<li style="padding:0 26px 0 0;margin:0;list-style:none">{item}</li>' for item in items
    )
    label = escape(at.say("rt_bar"))
    hashed = at.say("rt_hash", hash=made.paper.short_hash)
    quiet = "" if made.row is None else f"<small>{escape(hashed)}</small>"
    return (
        f'<div class="bm"><ol aria-label="{label}" style="display:flex;flex-wrap:wrap;gap:6px 0;'
        f'margin:0;padding:0">{inner}</ol>{quiet}</div>'
    )


def _editions(made: Opened) -> None:
    """The other editions, each a link."""
    at = desk()
    if made.editions.height <= 1:
        return
    links = []
    for row in made.editions.reverse().to_dicts():
        state = words.state(row["state"], at.language)
        text = at.say("sm_edition", edition=row["edition"], state=state)
        if made.row is not None and row["edition"] == made.row["edition"]:
            links.append(f'<b aria-current="true">{escape(text)}</b>')
            continue
        href = at.link(
            REPORTS,
            branch=made.draft.unit_id,
            report=made.draft.return_id,
            edition=str(row["edition"]),
        )
        links.append(markup.linked(text, href))
    told = escape(at.say("rt_editions"))
    st.html(f'<div class="bm"><small>{told} {" · ".join(links)}</small></div>')
