"""What the catalogue asks of checks: the rules as they stand at the month end, and what each one said."""

from dataclasses import dataclass
from datetime import date
from html import escape

import polars as pl
import streamlit as st

from dashboards import words
from dashboards.app_pages.desk import desk
from dashboards.app_pages.readings import Texts
from dashboards.port.rules import Check, Rules
from dashboards.quality.states import Standing, mark


@dataclass(frozen=True)
class Verdict:
    """What one check said of one table.

    Attributes:
        passed: whether nothing broke it; none where it was not asked.
        skipped: why it was not asked; none where it was.
        checked: how many rows it was asked of.
    """

    passed: bool | None
    skipped: str | None
    checked: int | None


def checks() -> tuple[Check, ...] | None:
    """Every check as it stands at the month end; none where nobody answers."""
    at = desk()
    if at.analyses is None:
        return None
    return _checks(
        str(at.workspace.root),
        tuple(at.workspace.texts("rules", ".yaml").items()),
        at.month.as_of,
        _rules=at.analyses.rules,
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _checks(
    root: str,  # noqa: ARG001 - a part of the key, as is the next one
    texts: Texts,  # noqa: ARG001
    as_of: date,
    *,
    _rules: Rules,
) -> tuple[Check, ...]:
    return _rules.checks(as_of)


def verdicts() -> dict[tuple[str, str], Verdict]:
    """What each check said of the month's tables, by table and rule; about tables, not about branches."""
    at = desk()
    rows = at.published.check_results(as_of=at.month.as_of).collect()
    return {
        (row["table"], row["rule_id"]): Verdict(
            row["passed"], row["skipped_reason"], row["checked_rows"]
        )
        for row in rows.to_dicts()
    }


def found() -> dict[tuple[str, str], int]:
    """How many rows broke each rule within the reader's branches, by table and rule."""
    at = desk()
    rows = (
        at.published.findings(at.scope, as_of=at.month.as_of)
        .group_by("table", "rule_id")
        .agg(pl.col("failing_rows").sum())
        .collect()
    )
    return {(row["table"], row["rule_id"]): row["failing_rows"] for row in rows.to_dicts()}


def verdict_text(verdict: Verdict | None) -> str:
    """A verdict in a word or two."""
    at = desk()
    if verdict is None:
        return at.say("cg_not_asked")
    if verdict.skipped is not None:
        return at.say("cg_skipped")
    return at.say("cg_passed" if verdict.passed else "cg_broken")


def verdict_mark(verdict: Verdict | None, check: Check) -> str:
    """Glyph and word of a verdict, as ready HTML; of what was skipped also why."""
    at, text = desk(), verdict_text(verdict)
    if verdict is None:
        return mark(Standing.OPEN, text)
    if verdict.skipped is not None:
        why = words.reason(verdict.skipped, at.language)
        return f"{mark(Standing.OPEN, text)}<br><small>{escape(why)}</small>"
    if verdict.passed:
        return mark(Standing.GOOD, text)
    return mark(Standing.WATCH if check.severity == "warning" else Standing.BAD, text)
