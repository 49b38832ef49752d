"""What pages read and draw, kept between runs under a key that holds the reader's scope.

Arguments with a leading underscore are no part of a key: what they hold follows from the rest of it.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import streamlit as st

from dashboards import month, scorecard
from dashboards.app_pages.desk import desk
from dashboards.charts import image
from dashboards.figure.read import Facts, Question
from dashboards.figure.read import read as read_figure
from dashboards.masking import named_in
from dashboards.month import Month
from dashboards.numbers import Format
from dashboards.palette import ground
from dashboards.pictures import bullet_of, sparkline_of
from dashboards.port.analyses import (
    Analyses,
    Apart,
    BranchWalk,
    Changes,
    Outlook,
    Peers,
    Score,
    Walk,
)
from dashboards.quality.evidence import Evidence
from dashboards.quality.evidence import read as read_evidence
from dashboards.quality.parts import Parts
from dashboards.quality.readiness import Line, lines
from dashboards.scorecard_row import ScorecardRow
from dashboards.side_by_side import SideBySide
from dashboards.standing import Cards
from dashboards.units import BankUnit
from dashboards.words import Comparison
from records.access import Scope
from records.deliveries import Deliveries
from records.ledger.errors import LedgerError
from records.published import Published
from records.readers import Reader, scope_of
from records.workspace import open_workspace
from transforms.analysis.gap.answers import Gap
from transforms.catalogue import kept
from transforms.catalogue.load import Definitions
from transforms.catalogue.model import Catalogue
from transforms.reference.tables import Reference

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


def side_by_side(units: Sequence[str], metrics: Sequence[str]) -> SideBySide:
    """The units that an overview of this month compares: lines are made of those that it prints."""
    at = desk()
    return _side_by_side(
        str(at.workspace.root),
        at.data_version,
        at.scope_key,
        (at.month.as_of, at.comparison, at.form, at.catalogue.fingerprint),
        tuple(metrics),
        _units=units,
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
        named_in(at.workspace.texts("mappings", ".yaml")),
        _published=at.published,
    )


def readiness(parts: Parts) -> tuple[Line, tuple[Line, ...]]:
    """How a unit stands, step by step, and its parts with the worst first."""
    at = desk()
    found: tuple[Line, tuple[Line, ...]] = _readiness(
        str(at.workspace.root),
        at.data_version,
        at.scope_key,
        (at.month.as_of, at.month.version, parts.unit.unit_id, at.catalogue.fingerprint),
        at.form,
        at.workspace.max_rejected_percent,
        _parts=parts,
    )
    return found


def signatures(branch: str) -> pl.DataFrame | None:
    """The signatures on a unit's month, in whatever version; none where the ledger cannot be read."""
    found = all_signatures()
    return None if found is None else found.filter(pl.col("branch_id") == branch)


def all_signatures() -> pl.DataFrame | None:
    """The signatures on the month in scope, in whatever version; none where the ledger cannot be read."""
    at = desk()
    try:
        return at.ledger.sign_offs.all(at.scope, as_of=at.month.as_of)
    except LedgerError:
        return None


def run_id() -> str:
    """The run whose figures of the month are shown."""
    at = desk()
    return at.published.current()[at.month.as_of, at.month.version].run_id


def changes(branch: str) -> Changes | None:
    """What changed at a unit since the month compared with; none where nobody answers.

    Raises:
        BranchmarkError: if there is no answer.
    """
    at = desk()
    # Targets entered since the month was built are among what changed.
    entered = at.ledger.targets.mark()
    key = ("changes", branch, at.month.as_of, at.before, at.catalogue.fingerprint, entered)
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


def walk_by_branch(row: ScorecardRow) -> BranchWalk | None:
    """The same, split over the units right below.

    Raises:
        BranchmarkError: if there is no answer.
    """
    at = desk()
    of, days = (row.branch_id, row.metric_id, row.reading), (at.before, at.month.as_of)
    return _asked(
        ("walk_by_branch", *of, *days), lambda by, scope: by.walk_by_branch(scope, *of, *days)
    )


def outlook(row: ScorecardRow) -> Outlook | None:
    """Where a figure would stand at the end of its year; none where nobody answers.

    Raises:
        BranchmarkError: if there is no answer.
    """
    at = desk()
    of, as_of = (row.branch_id, row.metric_id, row.reading), at.month.as_of
    # It is held against the target of the year as it was entered last.
    key = ("outlook", *of, as_of, at.ledger.targets.mark())
    return _asked(key, lambda by, scope: by.outlook(scope, *of, as_of))


def peers(row: ScorecardRow) -> Peers | None:
    """A unit's figure among those of its level; none where nobody answers.

    Raises:
        BranchmarkError: if there is no answer.
    """
    at = desk()
    of, as_of = (row.branch_id, row.metric_id, row.reading), at.month.as_of
    own = at.workspace.texts(".", "peers.yaml").get("peers.yaml")
    return _asked(("peers", *of, as_of, own), lambda by, scope: by.peers(scope, *of, as_of))


def apart(row: ScorecardRow) -> tuple[Apart, ...] | None:
    """The loans that tell a figure's reading from the others; none where nobody answers.

    Raises:
        BranchmarkError: if there is no answer.
    """
    of, as_of = (row.branch_id, row.metric_id, row.reading), desk().month.as_of
    return _asked(("apart", *of, as_of), lambda by, scope: by.apart(scope, *of, as_of))


def figure(asked: Question) -> Facts:
    """Everything that is published about one figure."""
    at = desk()
    return _figure(
        str(at.workspace.root), at.data_version, at.scope_key, asked, _published=at.published
    )


def reference() -> Reference:
    """The reference tables of the product, with those the workspace brings itself."""
    return kept.reference(_tables(tuple(desk().workspace.texts("reference", ".csv").items())))


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


def scope_of_reader(root: str, reader: Reader, published: Published) -> Scope:
    """What a reader may see, worked out anew whenever something is published."""
    if reader.sees_all:
        return scope_of(reader, published)
    return _scope_of(root, published.publications().height, reader, _published=published)


@st.cache_resource(max_entries=256, show_spinner=False)
def _scope_of(root: str, publications: int, reader: Reader, *, _published: Published) -> Scope:  # noqa: ARG001
    return scope_of(reader, _published)


def definitions(own: Texts, references: Texts) -> Definitions:
    """A workspace's definitions, from its own files and the product's."""
    return kept.definitions(_tables(references), tuple(sorted(own)))


def _tables(references: Texts) -> Texts:
    return tuple(sorted((Path(name).stem, text) for name, text in references))


@st.cache_resource(max_entries=128, show_spinner=False)
def _figure(
    root: str,
    data_version: str,  # noqa: ARG001 - a part of the key
    branches: Branches,
    asked: Question,
    *,
    _published: Published,
) -> Facts:
    lake = open_workspace(Path(root)).lake
    return read_figure(_published, Deliveries(lake), _scope(branches), asked)


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
    named: tuple[str, ...],
    *,
    _published: Published,
) -> Evidence:
    lake = open_workspace(Path(root)).lake
    return read_evidence(
        _published, Deliveries(lake), _scope(branches), as_of=as_of, version=version, named=named
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _readiness(
    root: str,  # noqa: ARG001 - a part of the key, as are the next three
    data_version: str,  # noqa: ARG001
    branches: Branches,  # noqa: ARG001
    of: tuple[date, int, str, str],  # noqa: ARG001
    form: Format,
    max_rejected_percent: Decimal,
    *,
    _parts: Parts,
) -> tuple[Line, tuple[Line, ...]]:
    whole, below = lines(_parts, evidence(), form, max_rejected_percent=max_rejected_percent)
    return whole, tuple(below)


@st.cache_resource(max_entries=64, show_spinner=False)
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
        history=history,
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _side_by_side(
    root: str,  # noqa: ARG001 - a part of the key, as are the next two
    data_version: str,  # noqa: ARG001
    branches: Branches,  # noqa: ARG001
    told: tuple[date, Comparison, Format, str],
    metrics: tuple[str, ...],
    *,
    _units: Sequence[str],
) -> SideBySide:
    at = desk()
    as_of, comparison, form, _ = told
    facts = scorecard.window(
        at.published,
        at.scope,
        at.catalogue,
        as_of=as_of,
        branches=_units,
        metrics=metrics,
        days=(as_of, comparison.before(as_of)),
    )
    return SideBySide(facts, at.catalogue, form, as_of, comparison, metrics)


@st.cache_resource(max_entries=128, show_spinner=False)
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
            image.data_uri(pair[0]) if pair[0] else None,
            image.data_uri(pair[1]) if pair[1] else None,
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
