"""The catalogue as documents: metrics, one of them in full, checks, reference tables, dictionary, change log.

Each is what a section of the page shows, with every row of it. Sentences come without marks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from dashboards.definitions import history, references
from dashboards.definitions.columns import type_name, unit_name
from dashboards.definitions.flags import conditions
from dashboards.definitions.history import Stretch
from dashboards.definitions.marks import plain
from dashboards.definitions.metrics import MetricTeller
from dashboards.definitions.rests import basis_of
from dashboards.definitions.voice import Voice
from dashboards.definitions.words import BETTER_NAMES, KIND_NAMES, KINDS, UNIT_NAMES
from dashboards.exports.document import Block, Column, Content, Document, Table, Words
from dashboards.i18n import Language, day_text, say
from dashboards.port.rules import Check
from transforms.catalogue.families import label_of
from transforms.catalogue.model import Catalogue, Metric
from transforms.schema import TEXT
from transforms.schema import Table as Delivered

_CONDITIONS = ("flag", "kind", "condition", "sql")
_COUNTS = frozenset({"rows", "months", "columns"})


@dataclass(frozen=True)
class CatalogueFiles:
    """Makes the documents of one month, in one language.

    Attributes:
        catalogue: the definitions of the month.
        teller: tells metrics of all times.
        as_of: the month end.
    """

    catalogue: Catalogue
    teller: MetricTeller
    as_of: date

    @property
    def voice(self) -> Voice:
        """Whose language it is told in."""
        return self.teller.voice

    @property
    def language(self) -> Language:
        """The reader's language."""
        return self.voice.language

    def metrics(self, metrics: Sequence[Metric]) -> Document:
        """A line a metric: what it is, what it rests on, since when."""
        rows = [self._line(metric) for metric in metrics]
        heads = {
            "metric_id": "cg_code", "name": "metric", "family": "cg_family", "kind": "cg_kind",
            "unit": "cg_unit", "better": "cg_better", "readings": "cg_readings",
            "definition": "cg_how_made", "source": "cg_source", "valid_from": "cg_valid_from",
            "version": "cg_version",
        }  # fmt: skip
        return self._document("catalogue_metrics", "cg_section_metrics", heads, rows)

    def metric(self, metric: Metric) -> Document:
        """One metric: its points, readings, conditions and editions."""
        points = tuple(
            f"{name}{self.voice.say(': ', '：')}{plain(text)}"
            for name, text in self.teller.points(metric, self.catalogue)
        )
        heads, lines = self.teller.readings(metric, self.catalogue)
        names = [f"column_{place}" for place in range(len(heads))]
        readings = Table(
            "readings",
            self._say("cg_how_made"),
            [Column(name, head) for name, head in zip(names, heads, strict=True)],
            _frame([dict(zip(names, map(plain, line), strict=True)) for line in lines], names),
        )
        name = self.voice.label(metric.label)
        return Document(
            stem=f"metric_{metric.metric_id}_{self.as_of:%Y-%m-%d}",
            title=name,
            strip=(),
            blocks=(
                Words(name, points),
                readings,
                *self._conditions(metric),
                self._editions(metric),
            ),
        )

    def checks(self, checks: Sequence[Check], verdicts: Mapping[tuple[str, str], str]) -> Document:
        """A line a check, with its verdict of the month in words."""
        rows = [
            {
                "rule_id": check.rule_id,
                "table": check.table,
                "severity": check.severity,
                "rejects": self._yes(check.rejects),
                "stops": self._yes(check.stops),
                "says": self.voice.label(check.says),
                "remedy": self.voice.label(check.remedy),
                "breaks": plain(self.voice.label(check.breaks)),
                "parameters": "; ".join(f"{name} = {value}" for name, value in check.parameters),
                "source": self.voice.own(check.source),
                "verdict": verdicts.get((check.table, check.rule_id), ""),
            }
            for check in checks
        ]
        heads = {
            "rule_id": "cg_check", "table": "cg_table", "severity": "cg_severity",
            "rejects": "cg_rejects", "stops": "cg_stops", "says": "cg_says", "remedy": "cg_remedy",
            "breaks": "cg_breaks", "parameters": "cg_parameters", "source": "cg_source",
            "verdict": "cg_verdict",
        }  # fmt: skip
        return self._document("catalogue_checks", "cg_section_checks", heads, rows)

    def references(self, tables: Mapping[str, pl.DataFrame]) -> Document:
        """A line a reference table."""
        rows = [
            {
                "name": name,
                "title": references.title(name, self.language),
                "holds": self.voice.label(references.REFERENCES[name].holds),
                "rows": table.height,
                "provenance": self.voice.label(references.REFERENCES[name].provenance),
            }
            for name, table in tables.items()
            if name in references.REFERENCES
        ]
        heads = {
            "name": "cg_code", "title": "cg_table", "holds": "cg_holds", "rows": "cg_rows",
            "provenance": "cg_provenance",
        }  # fmt: skip
        return self._document("catalogue_reference", "cg_section_reference", heads, rows)

    def reference(self, name: str, table: pl.DataFrame) -> Document:
        """The rows of one reference table as they are."""
        columns = [Column(one, references.heading(one, self.language)) for one in table.columns]
        known = references.REFERENCES[name]
        title = references.title(name, self.language)
        return Document(
            stem=f"reference_{name}",
            title=title,
            strip=(),
            message=self.voice.label(known.provenance),
            blocks=(Table(name, title, columns, table),),
        )

    def dictionary(self, tables: Sequence[Delivered]) -> Document:
        """A line a column of the delivered tables."""
        rows = [
            {
                "table": one.name,
                "column": column.name,
                "meaning": self.voice.say(column.en, column.zh),
                "type": type_name(column.dtype, self.voice),
                "unit": unit_name(column, self.voice),
                "absent": self._say(f"cg_absent_{column.presence.value}"),
                "nullable": self._yes(column.nullable),
                "codes": "; ".join(column.code_list.values) if column.code_list else "",
                "standard": self.voice.own(column.standard),
            }
            for one in tables
            for column in one.columns
        ]
        heads = {
            "table": "cg_table", "column": "cg_column", "meaning": "cg_meaning", "type": "cg_type",
            "unit": "cg_unit", "absent": "cg_if_absent", "nullable": "cg_may_be_empty",
            "codes": "cg_codes", "standard": "cg_standard",
        }  # fmt: skip
        return self._document("data_dictionary", "cg_section_dictionary", heads, rows)

    def changes(self, stretches: Sequence[Stretch]) -> Document:
        """What published months were computed under, and what changed when."""
        rows = [
            {
                "first": f"{one.first:%Y-%m-%d}",
                "last": f"{one.last:%Y-%m-%d}",
                "months": one.months,
                "catalogue": one.catalogue,
                "reference": one.reference,
                "published": f"{one.published_at:%Y-%m-%d %H:%M} UTC",
            }
            for one in stretches
        ]
        heads = {
            "first": "cg_first_month", "last": "cg_last_month", "months": "cg_count",
            "catalogue": "cg_definitions", "reference": "cg_section_reference",
            "published": "cg_last_published",
        }  # fmt: skip
        document = self._document("catalogue_changes", "cg_section_changes", heads, rows)
        turned = [
            Words(
                self._say(
                    "cg_turn", day=day_text(self.language, turn.day), count=len(turn.metrics)
                ),
                tuple(
                    f"{self.voice.label(turn.after.metrics[name].label)}: {plain(text)}"
                    for name in turn.metrics
                    for text in history.changed(name, turn.before, turn.after, self.voice)
                ),
            )
            for turn in history.turns(self.teller.definitions)
        ]
        return Document(
            stem=document.stem,
            title=document.title,
            strip=(),
            blocks=(*document.blocks, *turned),
        )

    def _say(self, key: str, **values: object) -> str:
        return say(self.language, key, **values)

    def _yes(self, holds: bool) -> str:  # noqa: FBT001 - a cell of a column
        return self._say("cg_yes" if holds else "cg_no")

    def _line(self, metric: Metric) -> dict[str, object]:
        voice = self.voice
        formula = self.teller.teller(self.catalogue).formula(
            metric, metric.reading(metric.default_reading)
        )
        return {
            "metric_id": metric.metric_id,
            "name": voice.label(metric.label),
            "family": voice.label(label_of(metric.family)),
            "kind": voice.label(KIND_NAMES[metric.kind]),
            "unit": voice.label(UNIT_NAMES[metric.unit]),
            "better": voice.label(BETTER_NAMES[metric.better]),
            "readings": "; ".join(reading.name for reading in metric.readings),
            "definition": plain(f"{formula}; {voice.label(KINDS[metric.kind])}"),
            "source": plain(voice.source(metric.source)),
            "valid_from": f"{metric.valid_from:%Y-%m-%d}",
            "version": self.catalogue.versions[metric.metric_id],
        }

    def _conditions(self, metric: Metric) -> Iterator[Block]:
        """The conditions of every flag it rests on, a row a clause."""
        rows = [
            dict(zip(_CONDITIONS, (flag.name, word, plain(text), plain(sql)), strict=True))
            for flag in basis_of(metric, self.catalogue).flags
            for word, text, sql in conditions(self.voice, self.catalogue, flag)
        ]
        if rows:
            heads = ("cg_code", "cg_kind", "cg_condition", "cg_sql")
            columns = [
                Column(name, self._say(head)) for name, head in zip(_CONDITIONS, heads, strict=True)
            ]
            yield Table(
                "conditions", self._say("cg_flags"), columns, _frame(rows, list(_CONDITIONS))
            )

    def _editions(self, metric: Metric) -> Table:
        rows = [
            {
                "version": one.version,
                "first": f"{one.first or metric.valid_from:%Y-%m-%d}",
                "last": f"{last:%Y-%m-%d}" if (last := one.last or metric.valid_to) else None,
            }
            for one in self.teller.editions(metric.metric_id)
        ]
        heads = {"version": "cg_version", "first": "cg_first_day", "last": "cg_last_day"}
        columns = [Column(name, self._say(key)) for name, key in heads.items()]
        return Table("editions", self._say("cg_editions"), columns, _frame(rows, list(heads)))

    def _document(
        self, stem: str, title: str, heads: Mapping[str, str], rows: Sequence[Mapping[str, object]]
    ) -> Document:
        columns = [
            Column(
                name, self._say(key), Content.COUNT if name in _COUNTS else Content.TEXT, decimals=0
            )
            for name, key in heads.items()
        ]
        told = self._say(title)
        table = Table(stem, told, columns, _frame(rows, list(heads)))
        return Document(stem=f"{stem}_{self.as_of:%Y-%m-%d}", title=told, strip=(), blocks=(table,))


def _frame(rows: Sequence[Mapping[str, object]], names: Sequence[str]) -> pl.DataFrame:
    schema = {name: pl.Int64() if name in _COUNTS else TEXT for name in names}
    return pl.DataFrame(list(rows), schema=schema, orient="row")
