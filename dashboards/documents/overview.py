"""The overview as a document: the whole, who is behind, what changed, every branch by every metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from dashboards import standing
from dashboards.documents.common import (
    MatrixLine,
    ScorecardFace,
    definitions_of,
    figures,
    history,
    matrix,
    not_given,
    status_labels,
    target_text,
    unit_labels,
)
from dashboards.exports.document import Block, Column, Content, Document, Table, Words
from dashboards.headline import Headline
from dashboards.i18n import day_text, say
from dashboards.numbers import Format
from dashboards.palette import MARKS
from dashboards.scorecard_row import ScorecardRow
from dashboards.standing import Cards
from dashboards.units import BankUnit
from transforms.catalogue.model import Catalogue
from transforms.reference.tables import Reference
from transforms.schema import TEXT, WIDE
from transforms.scorecards import Status

Groups = Sequence[tuple[BankUnit | None, Sequence[BankUnit]]]


@dataclass(frozen=True, eq=False)
class OverviewPage:
    """What the overview shows.

    Attributes:
        headline: the strip.
        rows: the scorecard of the whole, with history; what cannot be given among it.
        message: the sentence the page opens with.
        family: the family of metrics shown, as its readers call it.
        groups: the branches compared, by region.
        regions: scorecards of the regions, by the metrics of the matrix.
        cards: scorecards of the branches, by the metrics of the matrix.
        aimed: scorecards of the branches, by what has a target.
    """

    headline: Headline
    rows: Sequence[ScorecardRow]
    message: str
    family: str
    groups: Groups
    regions: Cards
    cards: Cards
    aimed: Cards


def document(page: OverviewPage, catalogue: Catalogue, reference: Reference) -> Document:
    """The page as a document."""
    return _Maker(page, catalogue, reference).document()


@dataclass(frozen=True, eq=False)
class _Maker:
    page: OverviewPage
    catalogue: Catalogue
    reference: Reference

    @property
    def form(self) -> Format:
        return self.page.headline.form

    @property
    def units(self) -> Mapping[str, BankUnit]:
        return self.page.headline.month.units.by_id

    @property
    def branches(self) -> list[BankUnit]:
        return [unit for _, members in self.page.groups for unit in members]

    def say(self, key: str, **values: object) -> str:
        return say(self.form.language, key, **values)

    def document(self) -> Document:
        page, language = self.page, self.form.language
        head = page.headline
        given = [row for row in page.rows if not row.reason]
        blocks: list[Block] = [self.scorecard(given)]
        missing = not_given(page.rows, language)
        if missing:
            blocks.append(Words(self.say("ex_not_given"), missing))
        if self.branches:
            blocks += [self.matrix(given), self.behind(), self.changed()]
        blocks.append(history(given, language))
        return Document(
            stem=f"overview_{head.unit}_{head.month.as_of:%Y-%m-%d}_v{head.month.version}",
            title=f"{self.say('overview')}{language.pick(': ', '：')}"
            f"{self.units[head.unit].name(language)}",
            strip=head.pairs(),
            filters=((self.say("family"), page.family),),
            message=page.message,
            blocks=tuple(blocks),
            definitions=definitions_of(
                [row.metric_id for row in page.rows], self.catalogue, self.reference, language
            ),
        )

    def scorecard(self, rows: Sequence[ScorecardRow]) -> Table:
        """The scorecard of the whole."""
        form, unit = self.form, self.units[self.page.headline.unit]
        scale = form.unit_of(form.scale(Decimal(0)))
        comparison = self.say(self.page.headline.comparison.value).lower()
        legend = self.say("legend", comparison=comparison)
        return figures(
            {unit.unit_id: rows},
            [unit],
            form.language,
            name="bank_scorecard",
            title=self.say("scorecard"),
            face=ScorecardFace(form, scale, {}).made(rows),
            notes=(legend,) if any(row.is_aimed for row in rows) else (),
        )

    def behind(self) -> Table:
        """The branches that miss something, the worst first."""
        labels = unit_labels(self.branches, self.form.language)
        records = [
            {
                "branch_id": one.branch,
                "missed": one.missed,
                "near": one.near,
                "metric_id": one.furthest.metric_id,
                "gap_words": one.furthest.gap_text,
            }
            for one in standing.behind(self.page.aimed)
        ]
        schema = {
            "branch_id": TEXT,
            "missed": pl.Int64(),
            "near": pl.Int64(),
            "metric_id": TEXT,
            "gap_words": TEXT,
        }
        columns = (
            Column("branch_id", self.say("branch"), labels=labels),
            Column("missed", MARKS[Status.MISSED].word(self.form.language), Content.COUNT),
            Column("near", MARKS[Status.NEAR].word(self.form.language), Content.COUNT),
            Column("metric_id", self.say("by_behind"), labels=self.metrics()),
            Column("gap_words", self.say("gap"), told=True),
        )
        rows = pl.DataFrame(records, schema=schema, orient="row")
        return Table("behind", self.say("behind"), columns, rows)

    def metrics(self) -> dict[str, str]:
        """Names of metrics by code."""
        pick = self.form.language.pick
        return {
            name: pick(one.label.en, one.label.zh) for name, one in self.catalogue.metrics.items()
        }

    def changed(self) -> Table:
        """The statuses that changed since the month compared with."""
        head, language = self.page.headline, self.form.language
        day = day_text(language, head.comparison.before(head.month.as_of))
        labels = status_labels(language)
        records = [
            {
                "branch_id": flip.branch,
                "metric_id": flip.row.metric_id,
                "status_before": flip.before.value,
                "status": flip.row.status.value,
                "unit": flip.row.unit.value,
                "previous_value": flip.row.previous,
                "value": flip.row.value,
                "change": flip.row.change_text,
                "gap_words": flip.row.gap_text or None,
            }
            for flip in standing.flips(self.page.aimed)
        ]
        schema = {
            **dict.fromkeys(("branch_id", "metric_id", "status_before", "status", "unit"), TEXT),
            **dict.fromkeys(("previous_value", "value"), WIDE),
            **dict.fromkeys(("change", "gap_words"), TEXT),
        }
        columns = (
            Column("branch_id", self.say("branch"), labels=unit_labels(self.branches, language)),
            Column("metric_id", self.say("metric"), labels=self.metrics()),
            Column("status_before", self.say("ex_status_before"), labels=labels),
            Column("status", self.say("status"), labels=labels),
            Column("unit", self.say("ex_unit_code")),
            Column("previous_value", self.say("ex_previous"), Content.MIXED, by="unit"),
            Column("value", self.say("value"), Content.MIXED, by="unit"),
            Column("change", self.say("change"), told=True),
            Column("gap_words", self.say("gap"), told=True),
        )
        rows = pl.DataFrame(records, schema=schema, orient="row")
        shown = rows.select(
            pl.col("branch_id").replace_strict(unit_labels(self.branches, language), default=None),
            pl.col("metric_id").replace_strict(self.metrics(), default=None),
            pl.col("status_before", "status").replace_strict(labels, default=None),
            "change",
            pl.col("gap_words").fill_null(""),
        )
        return Table("status_changes", self.say("movers", day=day), columns, rows, shown)

    def matrix(self, rows: Sequence[ScorecardRow]) -> Table:
        """Every branch by every metric that some branch has."""
        page, language = self.page, self.form.language
        had = {row.metric_id for card in page.cards.values() for row in card}
        columns = [row for row in rows if row.metric_id in had]
        top = self.units[page.headline.unit]
        lines = [MatrixLine(top, columns, strong=True)]
        for region, members in page.groups:
            if region is not None and region != top:
                lines.append(MatrixLine(region, page.regions[region.unit_id], strong=True))
            lines += [MatrixLine(one, page.cards[one.unit_id], indent=True) for one in members]
        face = matrix(
            lines,
            columns,
            lambda row: row.compact_text,
            lambda row: (target_text(row, language),),
            language,
        )
        above = [region for region, _ in page.groups if region is not None and region != top]
        return figures(
            {**page.regions, **page.cards},
            [*above, *self.branches],
            language,
            name="branches_by_metric",
            title=self.say("ex_matrix"),
            face=face,
            notes=(self.say("ex_legend_marks"),),
        )
