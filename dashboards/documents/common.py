"""What the documents of several pages share: figures as rows, scorecards and matrices as people see them.

Rows are raw and exact; faces are made of the texts that the pages show. Which figures, a page decides.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from dashboards.definitions.measures import Teller
from dashboards.definitions.voice import Voice
from dashboards.exports.document import Cell, Column, Content, Face, Heading, Table
from dashboards.i18n import Language, say
from dashboards.numbers import NOTHING, Format
from dashboards.palette import LIGHT, MARKS
from dashboards.pictures import bullet_of, history_words, sparkline_of
from dashboards.scorecard_row import ScorecardRow
from dashboards.units import BankUnit
from transforms.catalogue.model import Catalogue, Kind, Metric, Unit
from transforms.quality import QualityState
from transforms.reference.tables import Reference
from transforms.schema import DAY, TEXT, WIDE
from transforms.scorecards import Status

_LINKS: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_SPELLED: Final = re.compile(r"^`[^`]+`[:：]\s*")
_TERMS: Final = frozenset({Kind.INCREMENT, Kind.INCREMENT_DIFFERENCE, Kind.GAP})
_SIDES: Final = ("ex_numerator", "ex_denominator")
_DECIMALS: Final = 2


def status_labels(language: Language) -> dict[str, str]:
    """Words of statuses by code."""
    return {status.value: mark.word(language) for status, mark in MARKS.items()}


def unit_labels(units: Iterable[BankUnit], language: Language) -> dict[str, str]:
    """Names of units by number."""
    return {unit.unit_id: unit.name(language) for unit in units}


def measured_in(language: Language) -> dict[str, str]:
    """Words of the units of metrics by code."""
    return {unit.value: say(language, f"ex_unit_{unit.value}") for unit in Unit}


def definitions_of(
    metrics: Iterable[str], catalogue: Catalogue, reference: Reference, language: Language
) -> tuple[tuple[str, str, str], ...]:
    """The definitions of some metrics as triples of code, name and text, each once."""
    voice = Voice(language)
    teller = Teller(voice, catalogue, reference)
    known = [
        catalogue.metrics[name] for name in dict.fromkeys(metrics) if name in catalogue.metrics
    ]
    return tuple(
        (
            metric.metric_id,
            language.pick(metric.label.en, metric.label.zh),
            _defined(metric, catalogue, teller, language),
        )
        for metric in known
    )


def _defined(metric: Metric, catalogue: Catalogue, teller: Teller, language: Language) -> str:
    reading = metric.reading(metric.default_reading)
    keys = ("ex_first_term", "ex_second_term") if metric.kind in _TERMS else _SIDES
    sides = (teller.numerator(metric, reading), teller.denominator(metric, reading))
    told = [
        f"{say(language, key)}{language.pick(': ', '：')}{_unmarked(side, catalogue, language)}"
        for key, side in zip(keys, sides, strict=True)
        if side != NOTHING
    ]
    if metric.note is not None:
        told.append(language.pick(metric.note.en, metric.note.zh))
    told.append(Voice(language).own(metric.source.document))
    told.append(f"{say(language, 'ex_version')} {catalogue.versions[metric.metric_id]}")
    ends = language.pick(". ", "。")
    return ends.join(part.strip().rstrip(".。") for part in told if part) + ends.strip()


def _unmarked(text: str, catalogue: Catalogue, language: Language) -> str:
    """A marked text for print: names of measures left out where they are spelled, metrics by name."""

    def named(found: re.Match[str]) -> str:
        metric = catalogue.metrics.get(found[1])
        return found[1] if metric is None else language.pick(metric.label.en, metric.label.zh)

    return _LINKS.sub(named, _SPELLED.sub("", text)).replace("`", "")


# Figures as rows

_FIGURES: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "unit": TEXT,
    "value": WIDE,
    "target_value": WIDE,
    "gap": WIDE,
    "gap_words": TEXT,
    "gap_money": TEXT,
    "previous_value": WIDE,
    "change": TEXT,
    "status": TEXT,
    "quality_state": TEXT,
    "quality_words": TEXT,
    "numerator": WIDE,
    "denominator": WIDE,
    "near_band": WIDE,
    "limit_value": WIDE,
    "headroom_amount": WIDE,
    "snapshot_version": pl.Int64(),
    "reason": TEXT,
}


def figures(
    cards: Mapping[str, Sequence[ScorecardRow]],
    units: Sequence[BankUnit],
    language: Language,
    *,
    name: str,
    title: str,
    face: Face | None = None,
    notes: tuple[str, ...] = (),
) -> Table:
    """The figures of some units as a table, a row a figure.

    Args:
        cards: scorecards by unit.
        units: those units, in order, with their names.
        language: of headings and texts.
        name: of the table.
        title: of the table.
        face: how people see them.
        notes: below the face.
    """
    records = [_record(row) for unit in units for row in cards[unit.unit_id]]
    rows = pl.DataFrame(records, schema=dict(_FIGURES), orient="row")
    metrics = {row.metric_id: row.name for unit in units for row in cards[unit.unit_id]}
    columns = _columns(language, unit_labels(units, language), metrics)
    return Table(name, title, columns, rows, face=face, notes=notes)


def _record(row: ScorecardRow) -> dict[str, object]:
    return {
        "branch_id": row.branch_id,
        "metric_id": row.metric_id,
        "reading": row.reading,
        "unit": row.unit.value,
        "value": row.value,
        "target_value": row.target,
        "gap": row.gap,
        "gap_words": row.gap_text or None,
        "gap_money": row.money_text or None,
        "previous_value": row.previous,
        "change": None if row.change_text == NOTHING else row.change_text,
        "status": row.status.value,
        "quality_state": row.quality.value,
        "quality_words": row.quality_text or None,
        "numerator": row.numerator,
        "denominator": row.denominator,
        "near_band": row.near_band,
        "limit_value": row.limit,
        "headroom_amount": row.headroom,
        "snapshot_version": row.snapshot_version,
        "reason": row.reason or None,
    }


def _columns(
    language: Language, units: Mapping[str, str], metrics: Mapping[str, str]
) -> tuple[Column, ...]:
    def said(key: str) -> str:
        return say(language, key)

    def figure(name: str, key: str, note: str = "ex_value_note") -> Column:
        return Column(name, said(key), Content.MIXED, _DECIMALS, said(note), "unit")

    quality = {
        QualityState.FINAL.value: said("reconciled"),
        QualityState.PROVISIONAL.value: said("provisional_short_unknown"),
        QualityState.NOT_RECONCILED.value: said("not_reconciled"),
    }
    return (
        Column("branch_id", said("branch"), labels=units),
        Column("metric_id", said("metric"), labels=metrics),
        Column("reading", said("ex_reading")),
        Column("unit", said("ex_unit_code"), labels=measured_in(language)),
        figure("value", "value", "ex_missing_note"),
        figure("target_value", "target"),
        figure("gap", "ex_gap_value", "ex_gap_note"),
        Column("gap_words", said("ex_gap_words"), told=True),
        Column("gap_money", said("ex_gap_money"), told=True),
        figure("previous_value", "ex_previous"),
        Column("change", said("change"), told=True),
        Column("status", said("status"), labels=status_labels(language)),
        Column("quality_state", said("ex_quality_code"), labels=quality),
        Column("quality_words", said("ex_quality_words"), told=True),
        Column("numerator", said("ex_numerator"), Content.NUMBER),
        Column("denominator", said("ex_denominator"), Content.NUMBER),
        figure("near_band", "ex_near_band"),
        Column("limit_value", said("ex_limit"), Content.NUMBER),
        Column("headroom_amount", said("ex_headroom"), Content.MONEY),
        Column("snapshot_version", said("ex_version"), Content.COUNT),
        Column("reason", said("reason")),
    )


def history(rows: Sequence[ScorecardRow], language: Language) -> Table:
    """Thirteen months of some figures, a row a month and metric; what has no value is absent."""
    records = [
        {
            "branch_id": row.branch_id,
            "metric_id": row.metric_id,
            "reading": row.reading,
            "unit": row.unit.value,
            "as_of_date": point.as_of,
            "value": point.value,
            "target_value": point.target,
            "quality_words": point.quality_text or None,
        }
        for row in rows
        for point in row.history
        if point.value is not None or point.target is not None
    ]
    schema = {
        **dict.fromkeys(("branch_id", "metric_id", "reading", "unit"), TEXT),
        "as_of_date": DAY,
        "value": WIDE,
        "target_value": WIDE,
        "quality_words": TEXT,
    }
    title = say(language, "ex_history")
    metrics = {row.metric_id: row.name for row in rows}
    columns = (
        Column("branch_id", say(language, "branch")),
        Column("metric_id", say(language, "metric"), labels=metrics),
        Column("reading", say(language, "ex_reading")),
        Column("unit", say(language, "ex_unit_code"), labels=measured_in(language)),
        Column("as_of_date", say(language, "month"), Content.DATE),
        Column("value", say(language, "value"), Content.MIXED, by="unit"),
        Column("target_value", say(language, "target"), Content.MIXED, by="unit"),
        Column("quality_words", say(language, "ex_quality_words"), told=True),
    )
    rows_of = pl.DataFrame(records, schema=schema, orient="row")
    return Table("history", title, columns, rows_of, aside=True)


# Figures as people see them


@dataclass(frozen=True)
class ScorecardFace:
    """The scorecard of one unit as people see it, row by row as on its page."""

    form: Format
    unit: str
    """What the heading of values names amounts in."""
    notes: Mapping[str, tuple[int, ...]]
    """Numbers of the notes on a metric."""

    def _say(self, key: str, **values: object) -> str:
        return say(self.form.language, key, **values)

    def made(self, rows: Sequence[ScorecardRow]) -> Face:
        """The face."""
        headings = (
            Heading(self._say("measure"), width=28),
            Heading(self._say("value_in", unit=self.unit), number=True, width=10),
            Heading(self._say("against_target"), width=14),
            Heading(self._say("gap"), width=25),
            Heading(self._say("change"), number=True, width=8),
            Heading(self._say("history"), width=9),
            Heading(self._say("status"), width=13),
            Heading(self._say("ex_check_in_number"), number=True, width=5),
        )
        # Where nobody said anything there is no room for it.
        told = len(headings) if self.notes else -1
        return Face(headings[:told], tuple(self._line(row)[:told] for row in rows))

    def _line(self, row: ScorecardRow) -> tuple[Cell, ...]:
        bullet, spark = bullet_of(row, self.form, LIGHT), sparkline_of(row, self.form, LIGHT)
        value = row.compact_text if row.unit is Unit.CURRENCY else row.value_text
        numbers = self.notes.get(row.metric_id, ())
        return (
            Cell(row.short_name, _full(row, self.form.language), strong=True),
            Cell(value, target_text(row, self.form.language), strong=True),
            Cell(svg=bullet or "", alt=self._against(row)),
            Cell(row.gap_text, row.money_text if row.is_aimed else row.note),
            Cell(row.change_text),
            Cell(svg=spark or "", alt=history_words(row, self.form)),
            Cell(row.status_word, row.quality_short, mark=row.status),
            Cell(", ".join(map(str, numbers))),
        )

    def _against(self, row: ScorecardRow) -> str:
        told = (row.name, row.value_text, row.target_text, row.status_word, row.quality_text)
        return " ".join(part for part in told if part)


def target_text(row: ScorecardRow, language: Language) -> str:
    """The target or limit that a figure stands against; empty without one."""
    if not row.target_text:
        return ""
    key = "limit_is" if row.kind is Kind.TOLERANCE else "target_is"
    return say(language, key, value=row.compact_target)


def _full(row: ScorecardRow, language: Language) -> str:
    full = "" if row.name == row.short_name else row.name
    if row.reading_text:
        full += language.pick(" ({})", "（{}）").format(row.reading_text)
    told = (full.strip(), row.origin_text)
    return language.pick("; ", "；").join(part for part in told if part)


@dataclass(frozen=True)
class MatrixLine:
    """A line of a matrix: a unit with its scorecard, and how it is set."""

    unit: BankUnit
    card: Sequence[ScorecardRow]
    strong: bool = False
    indent: bool = False


def matrix(
    lines: Sequence[MatrixLine],
    columns: Sequence[ScorecardRow],
    text: Callable[[ScorecardRow], str],
    heading: Callable[[ScorecardRow], tuple[str, ...]],
    language: Language,
) -> Face:
    """Units by metrics: value and glyph of the status in each cell.

    Args:
        lines: in the order shown.
        columns: the scorecard of the whole; its metrics are the columns.
        text: gives the value of a cell as printed.
        heading: gives the quieter lines below a heading: unit and target.
        language: of the reader.
    """
    headings = (
        Heading(say(language, "branch"), width=22),
        *(Heading(row.short_name, number=True, width=11, under=heading(row)) for row in columns),
    )
    made = []
    for line in lines:
        rows = {row.metric_id: row for row in line.card}
        doubt = next((row.quality_short for row in line.card if row.quality_short), "")
        first = Cell(line.unit.name(language), doubt, strong=line.strong, indent=line.indent)
        cells = [_figure(rows.get(one.metric_id), text, strong=line.strong) for one in columns]
        made.append((first, *cells))
    return Face(headings, tuple(made))


def _figure(row: ScorecardRow | None, text: Callable[[ScorecardRow], str], *, strong: bool) -> Cell:
    if row is None:
        return Cell(NOTHING, mark=Status.NO_TARGET)
    return Cell(text(row), strong=strong, mark=row.status)


def not_given(rows: Sequence[ScorecardRow], language: Language) -> tuple[str, ...]:
    """What cannot be given, a sentence a reason: the reason and the metrics it keeps back."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        if row.reason:
            groups.setdefault(row.reason, []).append(row.name)
    comma, colon = language.pick(", ", "、"), language.pick(": ", "：")
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return tuple(f"{reason}{colon}{comma.join(names)}" for reason, names in ordered)
