"""What pages read and draw, kept between runs under a key that holds the reader's scope.

Arguments with a leading underscore are no part of a key: what they hold follows from the rest of it.
"""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from dashboards import month, scorecard
from dashboards.app_pages.desk import desk
from dashboards.charts import image
from dashboards.month import Month
from dashboards.numbers import Format
from dashboards.palette import ground
from dashboards.pictures import bullet_of, sparkline_of
from dashboards.port.analyses import Analyses, Changes, Score, Walk
from dashboards.quality.evidence import Evidence
from dashboards.quality.evidence import read as read_evidence
from dashboards.scorecard import ScorecardRow
from dashboards.standing import Cards
from dashboards.units import BankUnit
from dashboards.words import Comparison
from records.access import Scope
from records.deliveries import Deliveries
from records.published import Published
from records.workspace import open_workspace
from transforms.analysis.gap.answers import Gap
from transforms.catalogue.load import Definitions
from transforms.catalogue.load import definitions as load_definitions
from transforms.catalogue.model import Catalogue
from transforms.reference import tables as reference_tables

Texts = tuple[tuple[str, str], ...]
Branches = tuple[str, ...] | None


def cards(units: Sequence[BankUnit], metrics: Sequence[str], *, history: bool = False) -> Cards:
    """Scorecards of several units, with 13 months behind each figure only if asked for."""
    at = desk()
    return _cards(
        str(at.workspace.root),
        at.data_version,
        at.scope_key,
        (at.month.as_of, at.comparison, at.form, at.catalogue.fingerprint),
        tuple(unit.unit_id for unit in units),
        tuple(metrics),
        history=history,
    )


def pictures(rows: Sequence[ScorecardRow], branch: str) -> dict[str, tuple[str | None, str | None]]:
    """Bullet and sparkline of each row of a unit's scorecard, as addresses of images, by metric."""
    at = desk()
    return _pictures(
        str(at.workspace.root),
        at.data_version,
        at.scope_key,
        (at.month.as_of, at.comparison, at.form, at.catalogue.fingerprint),
        (branch, tuple(row.metric_id for row in rows)),
        dark=at.style.dark,
        _rows=rows,
    )


def evidence() -> Evidence:
    """What the data-quality page rests on, for this month and reader."""
    at = desk()
    return _evidence(
        str(at.workspace.root),
        at.data_version,
        at.scope_key,
        at.month.as_of,
        at.month.version,
        _published=at.published,
    )


def changes(branch: str) -> Changes | None:
    """What changed at a unit since the month compared with; none where nobody answers.

    Raises:
        BranchmarkError: if there is no answer.
    """
    at = desk()
    key = ("changes", branch, at.month.as_of, at.before, at.catalogue.fingerprint)
    return _asked(key, lambda by, scope: by.changes(scope, branch, at.month.as_of, at.before))


def score(branch: str) -> Score | None:
    """The score of a unit; none where nobody answers.

    Raises:
        BranchmarkError: if there is no answer.
    """
    at = desk()
    profiles = tuple(at.workspace.texts("scoring", ".yaml").items())
    key = ("score", branch, at.month.as_of, profiles)
    return _asked(key, lambda by, scope: by.score(scope, branch, at.month.as_of))


def gap(row: ScorecardRow) -> Gap | None:
    """What closes the gap of a figure; none where nobody answers.

    Raises:
        BranchmarkError: if there is no answer.
    """
    of, as_of = (row.branch_id, row.metric_id, row.reading), desk().month.as_of
    return _asked(("gap", *of, as_of), lambda by, scope: by.gap(scope, *of, as_of))


def walk(row: ScorecardRow) -> Walk | None:
    """Why a figure moved since the month compared with; none where nobody answers.

    Raises:
        BranchmarkError: if there is no answer.
    """
    at = desk()
    of, days = (row.branch_id, row.metric_id, row.reading), (at.before, at.month.as_of)
    return _asked(("walk", *of, *days), lambda by, scope: by.walk(scope, *of, *days))


Answer = TypeVar("Answer")


def _asked(key: tuple[object, ...], question: Callable[[Analyses, Scope], Answer]) -> Answer | None:
    """An answer of the bank at work, kept under what was asked, by whom and of which data."""
    at = desk()
    answers = at.analyses
    if answers is None or not at.is_now:
        return None
    found: Answer = _answered(
        str(at.workspace.root),
        at.data_version,
        at.scope_key,
        key,
        _ask=lambda scope: question(answers, scope),
    )
    return found


@st.cache_resource(max_entries=8, show_spinner=False)
def definitions(own: Texts, references: Texts) -> Definitions:
    """A workspace's definitions, from its own files and the product's."""
    reference = reference_tables.load({Path(name).stem: text for name, text in references})
    return load_definitions(reference, dict(own))


@st.cache_resource(max_entries=64, show_spinner=False)
def month_of(
    root: str,
    data_version: str,  # noqa: ARG001 - a part of the key
    branches: Branches,
    as_of: date,
    fingerprint: str,  # noqa: ARG001 - a part of the key
    *,
    _catalogue: Catalogue,
    _published: Published,
) -> Month:
    """A published month as one reader may see it."""
    lake = open_workspace(Path(root)).lake
    return month.read(_published, Deliveries(lake), _scope(branches), _catalogue, as_of=as_of)


def _scope(branches: Branches) -> Scope:
    return Scope("page", None if branches is None else frozenset(branches))


@st.cache_resource(max_entries=16, show_spinner=False)
def _evidence(
    root: str,
    data_version: str,  # noqa: ARG001 - a part of the key
    branches: Branches,
    as_of: date,
    version: int,
    *,
    _published: Published,
) -> Evidence:
    lake = open_workspace(Path(root)).lake
    return read_evidence(
        _published, Deliveries(lake), _scope(branches), as_of=as_of, version=version
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _cards(
    root: str,  # noqa: ARG001 - a part of the key, as are the next two
    data_version: str,  # noqa: ARG001
    branches: Branches,  # noqa: ARG001
    told: tuple[date, Comparison, Format, str],
    units: tuple[str, ...],
    metrics: tuple[str, ...],
    *,
    history: bool,
) -> Cards:
    at = desk()
    as_of, comparison, form, _ = told
    facts = scorecard.window(
        at.published,
        at.scope,
        at.catalogue,
        as_of=as_of,
        branches=units,
        metrics=metrics,
        days=None if history else (as_of, comparison.before(as_of)),
    )
    return scorecard.of_branches(
        facts,
        at.catalogue,
        form,
        as_of=as_of,
        branches=units,
        comparison=comparison,
        metrics=metrics,
    )


@st.cache_data(max_entries=128, show_spinner=False)
def _pictures(
    root: str,  # noqa: ARG001 - a part of the key, as are the next two
    data_version: str,  # noqa: ARG001
    branches: Branches,  # noqa: ARG001
    told: tuple[date, Comparison, Format, str],
    of: tuple[str, tuple[str, ...]],  # noqa: ARG001 - a part of the key
    *,
    dark: bool,
    _rows: Sequence[ScorecardRow],
) -> dict[str, tuple[str | None, str | None]]:
    form, back = told[2], ground(dark=dark)
    drawn: dict[str, tuple[str | None, str | None]] = {}
    for row in _rows:
        pair = (bullet_of(row, form, back), sparkline_of(row, form, back))
        drawn[row.metric_id] = (
            image.data_uri(image.svg(pair[0])) if pair[0] else None,
            image.data_uri(image.svg(pair[1])) if pair[1] else None,
        )
    return drawn


@st.cache_resource(max_entries=256, show_spinner=False)
def _answered(
    root: str,  # noqa: ARG001 - a part of the key, as is the next one
    data_version: str,  # noqa: ARG001
    branches: Branches,
    key: tuple[object, ...],  # noqa: ARG001 - a part of the key
    *,
    _ask: Callable[[Scope], Any],
) -> Any:  # noqa: ANN401 - whatever was asked for
    return _ask(_scope(branches))
