"""One figure as a document: its months, causes, parts, units below and readings, raw and exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from dashboards.charts import image
from dashboards.documents.common import definitions_of, status_labels
from dashboards.exports.document import Block, Column, Content, Document, Picture, Table, Words
from dashboards.figure.breakdown import Breakdown, Member
from dashboards.figure.history import Point, breaks
from dashboards.figure.members import slice_name
from dashboards.figure.pictures import bridge_of, described, parts_of, printed, trend_of
from dashboards.figure.subject import Subject, read_as, reading_name
from dashboards.headline import Headline
from dashboards.i18n import day_text, month_text, say
from dashboards.numbers import Format
from dashboards.palette import LIGHT
from dashboards.port.analyses import Outlook, Walk
from dashboards.scorecard_row import ScorecardRow
from dashboards.units import BankUnit
from transforms.catalogue.model import Catalogue, Unit
from transforms.reference.tables import Reference
from transforms.schema import DAY, TEXT, WIDE

_WIDTH: Final = 760
_CONTENTS: Final = {
    Unit.CURRENCY: Content.MONEY,
    Unit.COUNT: Content.COUNT,
    Unit.RATIO: Content.RATIO,
}
_MONTH: Final = pl.Schema(
    {
        "as_of_date": DAY,
        "value": WIDE,
        "first_reported": WIDE,
        "target_value": WIDE,
        "numerator": WIDE,
        "denominator": WIDE,
        "status": TEXT,
        "quality": TEXT,
        "snapshot_version": pl.Int64(),
        "definition_version": TEXT,
        "reason": TEXT,
    }
)
_PART: Final = pl.Schema(
    {
        "member": TEXT,
        "name": TEXT,
        "value": WIDE,
        "previous_value": WIDE,
        "numerator": WIDE,
        "denominator": WIDE,
        "share": WIDE,
        "cumulative": WIDE,
    }
)
_ROW: Final = pl.Schema(
    {
        "branch_id": TEXT,
        "reading": TEXT,
        "value": WIDE,
        "previous_value": WIDE,
        "target_value": WIDE,
        "gap": TEXT,
        "numerator": WIDE,
        "denominator": WIDE,
        "status": TEXT,
        "quality": TEXT,
        "reason": TEXT,
    }
)
_CAUSE: Final = pl.Schema({"cause": TEXT, "effect": WIDE, "numerator": WIDE, "denominator": WIDE})


@dataclass(frozen=True, eq=False)
class Shown:
    """What the page shows of a figure.

    Attributes:
        headline: the strip.
        unit: the unit.
        subject: the figure.
        history: its months.
        said: what somebody said about it, by month end.
        parts: its breakdown; none if it is not cut.
        below: the figure of each unit right below.
        units: those units.
        readings: the figure under each of its readings.
        walk: its causes; none before they were asked for.
        outlook: the path ahead; none where it was not worked out.
        message: the sentence the page opens with.
    """

    headline: Headline
    unit: BankUnit
    subject: Subject
    history: Sequence[Point]
    said: dict[date, str]
    parts: Breakdown | None
    below: Sequence[ScorecardRow]
    units: Sequence[BankUnit]
    readings: Sequence[ScorecardRow]
    walk: Walk | None
    outlook: Outlook | None
    message: str


def document(shown: Shown, catalogue: Catalogue, reference: Reference) -> Document:
    """The page as a document."""
    return _Maker(shown, catalogue, reference).document()


@dataclass(frozen=True, eq=False)
class _Maker:
    shown: Shown
    catalogue: Catalogue
    reference: Reference

    @property
    def form(self) -> Format:
        return self.shown.headline.form

    @property
    def row(self) -> ScorecardRow:
        return self.shown.subject.row

    @property
    def content(self) -> Content:
        return _CONTENTS.get(self.row.unit, Content.NUMBER)

    def say(self, key: str, **values: object) -> str:
        return say(self.form.language, key, **values)

    def document(self) -> Document:
        shown, row, language = self.shown, self.row, self.form.language
        month = shown.headline.month
        blocks: list[Block] = [*self.trend(), self.months()]
        told = [
            f"{month_text(language, one.as_of)}{language.pick(': ', '：')}{one.text}"
            for one in breaks(shown.history, language)
        ]
        if told:
            blocks.append(Words(self.say("mt_key_break"), tuple(told)))
        blocks += self.causes()
        if shown.parts is not None:
            blocks += self.breakdown(shown.parts)
        if shown.below:
            title = self.say("children", branch=shown.unit.name(language))
            blocks.append(self.figures("units_below", title, shown.below))
        if len(shown.readings) > 1:
            title = self.say("mt_section_readings")
            blocks.append(self.figures("readings", title, shown.readings))
        reading = shown.subject.reading.name
        read = read_as(self.catalogue, row.metric_id, reading)
        unit = shown.unit.name(language)
        return Document(
            stem=f"metric_{row.metric_id}_{shown.unit.unit_id}_{month.as_of:%Y-%m-%d}_v{month.version}",
            title=language.pick(f"{row.name}: {unit}", f"{unit}：{row.name}"),
            strip=shown.headline.pairs(),
            filters=(
                (self.say("metric"), row.name),
                (self.say("mt_reading"), reading_name(reading, language)),
            ),
            message=shown.message,
            blocks=tuple(blocks),
            definitions=definitions_of([row.metric_id], read, self.reference, language),
        )

    def figures(self, name: str, title: str, rows: Sequence[ScorecardRow]) -> Table:
        """The figure of several units, or under several readings, a row each."""
        language, decimals = self.form.language, self.row.decimals
        records = [
            {
                "branch_id": row.branch_id,
                "reading": row.reading,
                "value": row.value,
                "previous_value": row.previous,
                "target_value": row.target,
                "gap": row.gap_text or None,
                "numerator": row.numerator,
                "denominator": row.denominator,
                "status": row.status.value,
                "quality": row.quality_text or None,
                "reason": row.reason or None,
            }
            for row in rows
        ]
        units = {one.unit_id: one.name(language) for one in (self.shown.unit, *self.shown.units)}
        readings = {row.reading: reading_name(row.reading, language) for row in rows}
        columns = [
            Column("branch_id", self.say("branch"), labels=units),
            Column("reading", self.say("mt_reading"), labels=readings),
            Column("value", self.say("value"), self.content, decimals),
            Column("previous_value", self.say("mt_then"), self.content, decimals),
            Column("target_value", self.say("target"), self.content, decimals),
            Column("gap", self.say("gap")),
            Column("numerator", self.say("mt_numerator"), Content.NUMBER),
            Column("denominator", self.say("mt_denominator"), Content.NUMBER),
            Column("status", self.say("status"), labels=status_labels(language)),
            Column("quality", self.say("quality")),
            Column("reason", self.say("reason")),
        ]
        return Table(name, title, columns, pl.DataFrame(records, schema=_ROW))

    def trend(self) -> list[Block]:
        """The picture of the months, with the path ahead where it is known."""
        shown = self.shown
        headline = shown.headline
        chart = trend_of(
            self.row,
            shown.history,
            self.form,
            LIGHT,
            compared=headline.comparison.before(headline.month.as_of),
            said=shown.said,
            outlook=shown.outlook,
        )
        if chart is None:
            return []
        drawn = image.svg(chart.properties(width=_WIDTH))
        alt = described(self.row, shown.history, self.form)
        return [Picture(self.say("mt_trend"), drawn, alt)]

    def months(self) -> Table:
        """Every month, as known and as first reported."""
        rows = pl.DataFrame(
            [
                {
                    "as_of_date": point.as_of,
                    "value": point.value,
                    "first_reported": point.reported if point.is_restated else point.value,
                    "target_value": point.target,
                    "numerator": point.numerator,
                    "denominator": point.denominator,
                    "status": point.status.value if point.version else None,
                    "quality": point.quality_text or None,
                    "snapshot_version": point.version or None,
                    "definition_version": point.definition or None,
                    "reason": point.because or None,
                }
                for point in self.shown.history
            ],
            schema=_MONTH,
        )
        decimals = self.row.decimals
        columns = [
            Column("as_of_date", self.say("month"), Content.DATE),
            Column("value", self.say("value"), self.content, decimals),
            Column("first_reported", self.say("mt_reported"), self.content, decimals),
            Column("target_value", self.say("target"), self.content, decimals),
            Column("numerator", self.say("mt_numerator"), Content.NUMBER),
            Column("denominator", self.say("mt_denominator"), Content.NUMBER),
            Column("status", self.say("status"), labels=status_labels(self.form.language)),
            Column("quality", self.say("quality")),
            Column("snapshot_version", self.say("version"), Content.COUNT),
            Column("definition_version", self.say("mt_definition")),
            Column("reason", self.say("reason")),
        ]
        caption = self.say("mt_months_caption", metric=self.row.name)
        return Table("months", caption, columns, rows)

    def causes(self) -> list[Block]:
        """Why it moved, once a reader asked."""
        walk, headline = self.shown.walk, self.shown.headline
        if walk is None or not walk.steps:
            return []
        language, as_of = self.form.language, headline.month.as_of
        before = headline.comparison.before(as_of)
        title = self.say("wk_title", day=day_text(language, before))
        # What a share moved by are points, and no share of anything.
        in_points = self.row.unit is Unit.RATIO
        effect = self.say("wk_effect")
        if in_points:
            effect += language.pick(" ({})", "（{}）").format(self.say("axis_points"))
        chart = bridge_of(self.row, walk, (before, as_of), self.form, LIGHT, dark=False)
        rows = pl.DataFrame(
            [
                {
                    "cause": language.pick(one.label.en, one.label.zh),
                    "effect": one.amount * 100 if in_points else one.amount,
                    "numerator": one.numerator,
                    "denominator": one.denominator,
                }
                for one in walk.steps
            ],
            schema=_CAUSE,
        )
        columns = [
            Column("cause", self.say("wk_cause")),
            Column("effect", effect, Content.NUMBER if in_points else self.content, 2),
            Column("numerator", self.say("wk_above"), Content.NUMBER),
            Column("denominator", self.say("wk_below"), Content.NUMBER),
        ]
        alt = str(chart.description)
        drawn = image.svg(chart.properties(width=_WIDTH))
        notes = tuple(language.pick(note.en, note.zh) for note in walk.notes)
        return [
            Picture(title, drawn, alt),
            Table("causes", title, columns, rows, notes=notes),
        ]

    def breakdown(self, found: Breakdown) -> list[Block]:
        """The members of the slice as bars, and every one of them as a row, the largest first."""
        language, decimals = self.form.language, self.row.decimals
        rows = pl.DataFrame(
            [
                {
                    "member": one.code,
                    "name": one.name,
                    "value": one.value,
                    "previous_value": one.previous,
                    "numerator": one.numerator,
                    "denominator": one.denominator,
                    "share": one.share,
                    "cumulative": one.cumulative,
                }
                for one in found.all
            ],
            schema=_PART,
        )
        columns = [
            Column("member", self.say("mt_code")),
            Column("name", slice_name(found.slice, language)),
            Column("value", self.say("value"), self.content, decimals),
            Column("previous_value", self.say("mt_then"), self.content, decimals),
            Column("numerator", self.say("mt_numerator"), Content.NUMBER),
            Column("denominator", self.say("mt_denominator"), Content.NUMBER),
            Column("share", self.say("mt_share"), Content.RATIO, 1),
            Column("cumulative", self.say("mt_cumulative"), Content.RATIO, 1),
        ]
        notes = (self.say(f"mt_parts_{found.parts.value}"),)
        cut = slice_name(found.slice, language)
        title = language.pick("{}: {}", "{}：{}").format(self.say("mt_section_parts"), cut)
        return [self.bars(found, title), Table("parts", title, columns, rows, notes=notes)]

    def bars(self, found: Breakdown, title: str) -> Picture:
        """What each member adds, and the shares as they run up to the whole."""
        names = [one.name or self.say("mt_others", count=one.count) for one in found.members]
        twice = {name for name in names if names.count(name) > 1}
        names = [
            f"{name} ({one.code})" if name in twice else name
            for name, one in zip(names, found.members, strict=True)
        ]
        comma = self.form.language.pick(", ", "，")
        texts = [comma.join(self._texts(one)) for one in found.members]
        chart = parts_of(self.row, found, names, texts, LIGHT)
        alt = str(chart.description)
        return Picture(title, image.svg(chart.properties(width=_WIDTH)), alt)

    def _texts(self, one: Member) -> list[str]:
        """What stands at the end of a bar."""
        told = [printed(one.value, self.row, self.form)]
        if one.share is not None:
            told.append(self.form.share(one.share))
            told.append(self.say("mt_running", share=self.form.share(one.cumulative)))
        return told
