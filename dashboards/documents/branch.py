"""The scorecard of one unit as a document: what its page shows, ready to be printed and signed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import polars as pl

from dashboards import words
from dashboards.charts import image
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
)
from dashboards.exports.document import Block, Column, Content, Document, Picture, Table, Words
from dashboards.figure.history import Point
from dashboards.figure.pictures import trend_of
from dashboards.headline import Headline
from dashboards.i18n import day_text, say
from dashboards.numbers import NOTHING, Format, fixed
from dashboards.palette import LIGHT, MARKS
from dashboards.pictures import history_words
from dashboards.port.analyses import Score
from dashboards.scorecard_row import ScorecardRow
from dashboards.standing import Cards
from dashboards.units import BankUnit
from records.ledger.check_ins import CHECK_INS
from transforms.catalogue.model import Catalogue
from transforms.reference.tables import Reference
from transforms.schema import TEXT, WIDE
from transforms.scorecards import Status
from transforms.scoring.words import plain

_MISSED: Final = frozenset({Status.MISSED, Status.EXCEEDED})
_TREND: Final = 490
_MOST_TRENDS: Final = 6
_SCORE: Final[Mapping[str, pl.DataType]] = {
    "line_id": TEXT,
    "line": TEXT,
    "metric_id": TEXT,
    "value": WIDE,
    "target_value": WIDE,
    "calculation": TEXT,
    "weight": WIDE,
    "score": WIDE,
    "status": TEXT,
}
_CODES: Final = frozenset({"line_id", "metric_id"})


@dataclass(frozen=True, eq=False)
class BranchPage:
    """What the page of a unit shows.

    Attributes:
        headline: the strip.
        unit: the unit.
        rows: its scorecard with history; what cannot be given among it.
        message: the sentence the page opens with.
        family: the family of metrics shown, as its readers call it.
        check_ins: what was said about the month's figures (`CHECK_INS`); none without a ledger.
        score: its score; none where nobody answers.
        below: the units right below.
        cards: their scorecards.
    """

    headline: Headline
    unit: BankUnit
    rows: Sequence[ScorecardRow]
    message: str
    family: str
    check_ins: pl.DataFrame | None
    score: Score | None
    below: Sequence[BankUnit]
    cards: Cards


def document(page: BranchPage, catalogue: Catalogue, reference: Reference) -> Document:
    """The page as a document."""
    return _Maker(page, catalogue, reference).document()


@dataclass(frozen=True, eq=False)
class _Maker:
    page: BranchPage
    catalogue: Catalogue
    reference: Reference

    @property
    def form(self) -> Format:
        return self.page.headline.form

    def say(self, key: str, **values: object) -> str:
        return say(self.form.language, key, **values)

    def document(self) -> Document:
        page, language = self.page, self.form.language
        month = page.headline.month
        given = [row for row in page.rows if not row.reason]
        said = self.said(given)
        blocks: list[Block] = [self.scorecard(given, said)]
        missing = not_given(page.rows, language)
        if missing:
            blocks.append(Words(self.say("ex_not_given"), missing))
        blocks += self.trends(given)
        if page.score is not None:
            blocks.append(self.score_table(page.score))
        if page.below and given:
            blocks.append(self.below(given))
        blocks.append(history(given, language))
        if said:
            blocks.append(self.check_ins(said))
        metrics = [row.metric_id for row in page.rows]
        stem = f"scorecard_{page.unit.unit_id}_{month.as_of:%Y-%m-%d}_v{month.version}"
        return Document(
            stem=stem,
            title=f"{self.say('scorecard')}{language.pick(': ', '：')}{page.unit.name(language)}",
            strip=page.headline.pairs(),
            filters=((self.say("family"), page.family),),
            message=self.message(),
            blocks=tuple(blocks),
            definitions=definitions_of(metrics, self.catalogue, self.reference, language),
            signatures=tuple(
                self.say(f"ex_{step}") for step in ("prepared", "checked", "approved")
            ),
        )

    def message(self) -> str:
        """The sentence of the page, and the score in another."""
        score = self.page.score
        if score is None:
            return self.page.message
        return self.form.language.pick(" ", "").join(
            part for part in (self.page.message, self.score_line(score, "ex_score_short")) if part
        )

    # The scorecard

    def scorecard(self, rows: Sequence[ScorecardRow], said: Sequence[Mapping[str, Any]]) -> Table:
        language, unit = self.form.language, self.page.unit
        numbers: dict[str, tuple[int, ...]] = {}
        for number, entry in enumerate(said, 1):
            numbers[entry["metric_id"]] = (*numbers.get(entry["metric_id"], ()), number)
        scale = self.form.unit_of(self.form.scale(Decimal(0)))
        comparison = self.say(self.page.headline.comparison.value).lower()
        legend = (
            [self.say("legend", comparison=comparison)] if any(r.is_aimed for r in rows) else []
        )
        legend += dict.fromkeys(row.origin_sentence for row in rows if row.origin_sentence)
        dash = language.pick("{}: {}", "{}：{}")
        legend += dict.fromkeys(dash.format(NOTHING, r.change_note) for r in rows if r.change_note)
        return figures(
            {unit.unit_id: rows},
            [unit],
            language,
            name="scorecard",
            title=self.say("scorecard"),
            face=ScorecardFace(self.form, scale, numbers).made(rows),
            notes=(
                language.pick(" ", "").join(legend),
                *(f"{number}  {self.footnote(entry)}" for number, entry in enumerate(said, 1)),
            ),
        )

    def said(self, rows: Sequence[ScorecardRow]) -> list[dict[str, Any]]:
        """What was said about the figures shown, in their order."""
        held = self.page.check_ins
        if held is None or held.is_empty():
            return []
        place = {(row.metric_id, row.reading): number for number, row in enumerate(rows)}
        own = [one for one in held.to_dicts() if (one["metric_id"], one["reading"]) in place]
        return sorted(
            own, key=lambda one: (place[one["metric_id"], one["reading"]], one["check_in_id"])
        )

    def footnote(self, entry: Mapping[str, Any]) -> str:
        """What was said, by whom, what is done, and how the owner sees it."""
        language = self.form.language
        day = day_text(language, entry["made_at"].date())
        told = [self.say("ex_footnote", comment=entry["comment"], author=entry["author"], day=day)]
        if entry["action"]:
            due = day_text(language, entry["due_date"]) if entry["due_date"] else NOTHING
            told.append(
                self.say(
                    "ex_footnote_action",
                    action=entry["action"],
                    owner=entry["owner"] or NOTHING,
                    due=due,
                )
            )
        if entry["opinion"]:
            opinion = MARKS[Status(entry["opinion"])].word(language)
            told.append(self.say("ex_footnote_opinion", opinion=opinion))
        return language.pick(". ", "。").join(told)

    def check_ins(self, said: Sequence[Mapping[str, Any]]) -> Table:
        """The same as rows."""
        labels = status_labels(self.form.language)
        heads = {
            "check_in_id": ("ex_check_in_number", Content.COUNT),
            "branch_id": ("branch", Content.TEXT),
            "metric_id": ("metric", Content.TEXT),
            "reading": ("ex_reading", Content.TEXT),
            "snapshot_version": ("ex_version", Content.COUNT),
            "comment": ("ex_comment", Content.TEXT),
            "action": ("ex_action", Content.TEXT),
            "due_date": ("ex_due", Content.DATE),
            "owner": ("ex_owner", Content.TEXT),
            "opinion": ("ex_opinion", Content.TEXT),
            "rule_status": ("status", Content.TEXT),
            "author": ("ex_author", Content.TEXT),
            "made_at": ("ex_said_at", Content.DATE),
        }
        words_of = {
            "metric_id": {row.metric_id: row.name for row in self.page.rows},
            "opinion": labels,
            "rule_status": labels,
        }
        columns = tuple(
            Column(name, self.say(key), content, 0, labels=words_of.get(name, {}))
            for name, (key, content) in heads.items()
        )
        rows = pl.DataFrame(list(said), schema=dict(CHECK_INS), orient="row").select(*heads)
        return Table("check_ins", self.say("ex_check_ins"), columns, rows, aside=True)

    # Around it

    def trends(self, rows: Sequence[ScorecardRow]) -> list[Picture]:
        """The trend of each figure that is missed."""
        return [
            Picture(
                row.short_name,
                self._trend(row),
                history_words(row, self.form),
            )
            for row in [row for row in rows if row.status in _MISSED][:_MOST_TRENDS]
        ]

    def _trend(self, row: ScorecardRow) -> str:
        head = self.page.headline
        months = [
            Point(one.as_of, one.value, target=one.target, quality_text=one.quality_text)
            for one in row.history
        ]
        compared = head.comparison.before(head.month.as_of)
        chart = trend_of(row, months, self.form, LIGHT, compared=compared, said={})
        return "" if chart is None else image.svg(chart.properties(width=_TREND, height=170))

    def score_line(self, score: Score, key: str = "ex_score_total") -> str:
        """The total in a sentence; empty where there is none."""
        language = self.form.language
        card = score.scores.cards.row(0, named=True)
        if card["total"] is None:
            return ""
        profile = score.scores.profile
        told = self.say(
            key,
            total=fixed(card["total"], 2),
            whole=plain(profile.total),
            label=language.pick(profile.label.en, profile.label.zh),
            version=profile.version,
        )
        if card["rank"] is not None and card["ranked"] > 1:
            rank = self.say("ex_rank", rank=card["rank"], ranked=card["ranked"])
            told += language.pick(f", {rank}", f"，{rank}")
        return told + language.pick(".", "。")

    def score_table(self, score: Score) -> Table:
        """The lines of the score with their arithmetic."""
        language = self.form.language
        labels = {line.line_id: line.label for line in score.scores.profile.lines}
        records: list[dict[str, object]] = []
        shown: list[dict[str, str]] = []
        for row in score.scores.lines.to_dicts():
            metric = self.catalogue.metrics[row["metric_id"]]
            label = labels[row["line_id"]]
            why = words.reason(row[f"reason_{language.value}"], language)
            parts = (why, row[f"calculation_{language.value}"])
            told = language.pick("; ", "；").join(part for part in parts if part)
            records.append(
                {
                    **{name: row[name] for name in _SCORE if name in row},
                    "line": language.pick(label.en, label.zh),
                    "calculation": told,
                }
            )
            shown.append(
                {
                    "line": language.pick(label.en, label.zh),
                    "value": self.form.value(row["value"], metric.unit, 2),
                    "target_value": self.form.value(row["target_value"], metric.unit, 2),
                    "calculation": told,
                    "weight": plain(row["weight"]),
                    "score": NOTHING if row["score"] is None else fixed(row["score"], 2),
                    "status": MARKS[Status(row["status"])].word(language),
                }
            )
        columns = (
            Column("line_id", self.say("ex_code")),
            Column("line", self.say("ex_line"), told=True),
            Column("metric_id", self.say("metric")),
            Column("value", self.say("value"), Content.NUMBER, 4),
            Column("target_value", self.say("target"), Content.NUMBER, 4),
            Column("calculation", self.say("sc_calculation"), told=True),
            Column("weight", self.say("ex_weight"), Content.NUMBER),
            Column("score", self.say("ex_points"), Content.NUMBER),
            Column("status", self.say("status"), labels=status_labels(language)),
        )
        rows = pl.DataFrame(records, schema=dict(_SCORE), orient="row")
        texts = dict.fromkeys((name for name in _SCORE if name not in _CODES), TEXT)
        display = pl.DataFrame(shown, schema=texts, orient="row")
        line = self.score_line(score)
        return Table(
            "score", self.say("ex_score"), columns, rows, display, notes=(line,) if line else ()
        )

    def below(self, rows: Sequence[ScorecardRow]) -> Table:
        """The units right below by the same metrics."""
        page, language = self.page, self.form.language
        lines = [MatrixLine(page.unit, rows, strong=True)]
        lines += [MatrixLine(unit, page.cards[unit.unit_id], indent=True) for unit in page.below]
        face = matrix(
            lines,
            rows,
            lambda row: row.compact_text,
            lambda row: (target_text(row, language),),
            language,
        )
        return figures(
            page.cards,
            page.below,
            language,
            name="units_below",
            title=self.say("ex_below"),
            face=face,
            notes=(self.say("ex_legend_marks"),),
        )
