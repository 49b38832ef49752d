"""The targets of a unit as a document: what it is held against, and every version of every target of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from dashboards.documents.common import definitions_of, measured_in, unit_labels
from dashboards.exports.document import Column, Content, Document, Table
from dashboards.headline import Headline
from dashboards.i18n import say
from dashboards.units import BankUnit
from transforms.catalogue.model import Catalogue
from transforms.phasing import Phasing
from transforms.reference.tables import Reference
from transforms.target_states import State

_HEADS: Final[Mapping[str, tuple[str, Content]]] = {
    "target_id": ("ex_code", Content.COUNT),
    "branch_id": ("branch", Content.TEXT),
    "metric_id": ("metric", Content.TEXT),
    "reading": ("ex_reading", Content.TEXT),
    "period": ("tg_period", Content.TEXT),
    "version": ("ex_version", Content.COUNT),
    "unit": ("ex_unit_code", Content.TEXT),
    "target_value": ("target", Content.MIXED),
    "near_band": ("ex_near_band", Content.MIXED),
    "phasing": ("tg_phasing", Content.TEXT),
    "base_value": ("ex_base_value", Content.MIXED),
    "valid_from": ("ex_valid_from", Content.DATE),
    "valid_to": ("ex_valid_to", Content.DATE),
    "state": ("status", Content.TEXT),
    "step": ("ex_step", Content.TEXT),
    "note": ("note", Content.TEXT),
    "source": ("ex_source", Content.TEXT),
    "maker": ("ex_maker", Content.TEXT),
    "made_at": ("ex_entered_at", Content.DATE),
    "checker": ("ex_checker", Content.TEXT),
    "checked_at": ("ex_checked_at", Content.DATE),
    "decision_reason": ("reason", Content.TEXT),
}
_SHOWN: Final = (
    *("metric_id", "period", "target_value", "near_band", "phasing", "valid_from", "valid_to"),
    *("maker", "checker", "note"),
)
"""What is seen of a target in force on paper; its other columns stand in workbook and files."""


@dataclass(frozen=True, eq=False)
class TargetsPage:
    """What the page of targets shows.

    Attributes:
        headline: the strip.
        unit: the unit.
        message: the sentence the page opens with.
        held: its targets in force at the month end; columns of `records.ledger.targets.TARGETS`.
        every: every version of every target of the unit and those below it.
    """

    headline: Headline
    unit: BankUnit
    message: str
    held: pl.DataFrame
    every: pl.DataFrame


def document(page: TargetsPage, catalogue: Catalogue, reference: Reference) -> Document:
    """The page as a document."""
    head = page.headline
    language = head.form.language
    colon = language.pick(": ", "：")
    metrics = page.held["metric_id"].to_list()
    return Document(
        stem=f"targets_{page.unit.unit_id}_{head.month.as_of:%Y-%m-%d}",
        title=f"{say(language, 'targets_page')}{colon}{page.unit.name(language)}",
        strip=head.pairs(),
        message=page.message,
        blocks=(
            _table(page, catalogue, page.held, "targets_in_force", "ex_targets_held"),
            _table(page, catalogue, page.every, "targets_all", "ex_targets_all", aside=True),
        ),
        definitions=definitions_of(metrics, catalogue, reference, language),
    )


def _table(
    page: TargetsPage,
    catalogue: Catalogue,
    targets: pl.DataFrame,
    name: str,
    title: str,
    *,
    aside: bool = False,
) -> Table:
    form = page.headline.form
    language = form.language
    units = {one.metric_id: one.unit.value for one in catalogue.metrics.values()}
    rows = targets.with_columns(
        unit=pl.col("metric_id").replace_strict(units, default=None, return_dtype=pl.String)
    ).select(*_HEADS)
    labels = {
        "branch_id": unit_labels(page.headline.month.units.all, language),
        "metric_id": {
            one.metric_id: language.pick(one.label.en, one.label.zh)
            for one in catalogue.metrics.values()
        },
        "unit": measured_in(language),
        "state": {one.value: say(language, f"state_{one.value}") for one in State},
        "phasing": {one.value: say(language, f"phasing_{one.value}") for one in Phasing},
    }
    columns = tuple(
        Column(
            column,
            say(language, key),
            content,
            by="unit" if content is Content.MIXED else "",
            labels=labels.get(column, {}),
        )
        for column, (key, content) in _HEADS.items()
    )
    return Table(name, say(language, title), columns, rows, shown=_SHOWN, aside=aside)
