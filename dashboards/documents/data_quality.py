"""What is known about the data of a unit as a document: its steps to a signature, and all behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from dashboards.documents.common import unit_labels
from dashboards.exports.document import Cell, Column, Content, Document, Face, Heading, Table
from dashboards.headline import Headline
from dashboards.i18n import say
from dashboards.quality import overrides
from dashboards.quality.evidence import Evidence
from dashboards.quality.parts import Parts
from dashboards.quality.readiness import STEPS, Line
from transforms.schema import TABLES, TEXT

_SEVERITIES: Final = ("critical", "error", "warning")
_LEDGER: Final = (
    *("loan_balance", "ledger_balance", "difference", "explained", "unexplained"),
    *("unexplained_in_base", "tolerance"),
)


@dataclass(frozen=True, eq=False)
class QualityPage:
    """What the page of data quality shows.

    Attributes:
        headline: the strip.
        parts: the unit and those below it.
        evidence: of the month.
        whole: the unit by step.
        below: the units below by step, the worst first.
        message: the sentence the page opens with.
    """

    headline: Headline
    parts: Parts
    evidence: Evidence
    whole: Line
    below: Sequence[Line]
    message: str


def document(page: QualityPage) -> Document:
    """The page as a document: all its sections, all rows of them."""
    return _Maker(page).document()


@dataclass(frozen=True, eq=False)
class _Maker:
    page: QualityPage

    def say(self, key: str, **values: object) -> str:
        return say(self.page.headline.form.language, key, **values)

    def words(self, keys: Mapping[str, str]) -> dict[str, str]:
        """Words by code, from the key of each."""
        return {code: self.say(key) for code, key in keys.items()}

    @property
    def units(self) -> dict[str, str]:
        return unit_labels(self.page.parts.month.units.all, self.page.headline.form.language)

    @property
    def tables(self) -> dict[str, str]:
        pick = self.page.headline.form.language.pick
        named = {name: pick(table.en, table.zh) for name, table in TABLES.items()}
        return {**named, "metric_fact": self.say("dq_figures")}

    def document(self) -> Document:
        page, language = self.page, self.page.headline.form.language
        unit, month = page.parts.unit, page.headline.month
        colon = language.pick(": ", "：")
        blocks = [self.readiness(), self.account(), self.findings(), self.rejected(), self.ledger()]
        if page.evidence.overrides is not None:
            blocks.append(self.overrides(page.evidence.overrides))
        return Document(
            stem=f"data-quality_{unit.unit_id}_{month.as_of:%Y-%m-%d}_v{month.version}",
            title=f"{self.say('data_quality')}{colon}{unit.name(language)}",
            strip=page.headline.pairs(),
            message=page.message,
            blocks=tuple(blocks),
        )

    def readiness(self) -> Table:
        """A row a unit and step, and the same as a matrix."""
        language = self.page.headline.form.language
        lines = [self.page.whole, *self.page.below]
        rest = self.say("dq_rest")
        names = [line.unit.name(language) if line.unit else rest for line in lines]
        records = [
            {
                "branch_id": line.unit.unit_id if line.unit else None,
                "step": name,
                "standing": step.standing.value,
                "told": step.text,
            }
            for line in lines
            for name, step in line.steps.items()
        ]
        standings = {code: f"ex_standing_{code}" for code in ("good", "open", "watch", "bad")}
        columns = (
            Column("branch_id", self.say("branch"), labels=self.units),
            Column(
                "step",
                self.say("ex_step"),
                labels=self.words({name: f"dq_step_{name}" for name in STEPS}),
            ),
            Column("standing", self.say("ex_standing"), labels=self.words(standings)),
            Column("told", self.say("ex_told"), told=True),
        )
        face = Face(
            (
                Heading(self.say("branch"), width=16),
                *(Heading(self.say(f"dq_step_{name}"), width=14) for name in STEPS),
            ),
            tuple(
                (
                    Cell(name, strong=not place, indent=bool(place)),
                    *(self._step(line, step) for step in STEPS),
                )
                for place, (name, line) in enumerate(zip(names, lines, strict=True))
            ),
        )
        rows = pl.DataFrame(records, schema=dict.fromkeys(records[0], TEXT), orient="row")
        return Table("readiness", self.say("ex_readiness"), columns, rows, face=face)

    def _step(self, line: Line, name: str) -> Cell:
        step = line.steps.get(name)
        if step is None:
            return Cell()
        under = self.say(f"ex_standing_{step.standing}") if step.standing.gravity else ""
        return Cell(step.text, under, strong=bool(step.standing.gravity))

    def account(self) -> Table:
        """What was delivered, accepted and rejected, by table, branch and currency."""
        rows = self.page.parts.rows(self.page.parts.month.delivered)
        heads = {
            "delivered_rows": "dq_rows_delivered",
            "accepted_rows": "dq_rows_accepted",
            "rejected_rows": "dq_rows_rejected",
            "rows_without_amount": "dq_rows_unmeasured",
        }
        amounts = {
            f"{part}_{kind}": f"{self.say(f'dq_rows_{part}')}, {self.say(key)}"
            for kind, key in (("amount", "ex_own_currency"), ("in_base", "ex_base_currency"))
            for part in ("delivered", "accepted", "rejected")
        }
        columns = (
            Column("table", self.say("dq_account_table"), labels=self.tables),
            Column("branch_id", self.say("branch"), labels=self.units),
            Column("currency_code", self.say("ex_currency_code")),
            *(Column(name, self.say(key), Content.COUNT) for name, key in heads.items()),
            *(Column(name, label, Content.NUMBER) for name, label in amounts.items()),
        )
        shown = tuple(column.name for column in columns if not column.name.endswith("_amount"))
        return Table(
            "account",
            self.say("dq_account"),
            columns,
            rows.select(column.name for column in columns),
            shown=(*shown, "rows_without_amount"),
        )

    def findings(self) -> Table:
        """Every finding, with its reason and remedy."""
        language = self.page.headline.form.language.value
        severities = {name: f"severity_{name}" for name in _SEVERITIES}
        columns = (
            Column("rule_id", self.say("dq_rule")),
            Column("severity", self.say("dq_severity"), labels=self.words(severities)),
            Column("table", self.say("dq_account_table"), labels=self.tables),
            Column("branch_id", self.say("branch"), labels=self.units),
            Column("failing_rows", self.say("dq_failing_rows"), Content.COUNT),
            Column("failing_amount", self.say("dq_failing_amount"), Content.NUMBER),
            Column(f"reason_{language}", self.say("dq_why")),
            Column(f"remedy_{language}", self.say("ex_remedy")),
        )
        rows = self.page.parts.rows(self.page.evidence.findings)
        return Table(
            "findings",
            self.say("dq_findings"),
            columns,
            rows.select(column.name for column in columns),
        )

    def rejected(self) -> Table:
        """Every rejected row as it was delivered, with its rules."""
        language = self.page.headline.form.language.value
        columns = (
            Column("table", self.say("dq_account_table"), labels=self.tables),
            Column("source_file", self.say("dq_file")),
            Column("row_in_file", self.say("dq_row_in_file"), Content.COUNT),
            Column("branch_id", self.say("branch"), labels=self.units),
            Column("currency_code", self.say("ex_currency_code")),
            Column("amount", self.say("dq_amount"), Content.NUMBER),
            Column("rule_ids", self.say("dq_rule")),
            Column(f"reasons_{language}", self.say("dq_why")),
            Column(f"remedies_{language}", self.say("ex_remedy")),
            Column("as_delivered", self.say("dq_as_delivered")),
        )
        rows = self.page.parts.rows(self.page.evidence.rejected)
        return Table(
            "rejected_rows",
            self.say("dq_rejected"),
            columns,
            rows.select(column.name for column in columns),
            shown=tuple(one.name for one in columns if one.name not in _LONG),
        )

    def ledger(self) -> Table:
        """Loans against the general ledger, by branch, account and currency."""
        columns = (
            Column("branch_id", self.say("branch"), labels=self.units),
            Column("gl_account_code", self.say("ex_gl_account")),
            Column("currency_code", self.say("ex_currency_code")),
            *(Column(name, self.say(f"ex_{name}"), Content.NUMBER) for name in _LEDGER),
            Column(
                "reconciled",
                self.say("ex_reconciliation"),
                labels=self.words({"True": "ex_yes", "False": "ex_no"}),
            ),
        )
        rows = self.page.parts.rows(self.page.evidence.ledger)
        return Table(
            "ledger", self.say("dq_ledger"), columns, rows.select(one.name for one in columns)
        )

    def overrides(self, states: pl.DataFrame) -> Table:
        """Every override of values of the book, and what became of it."""
        page = self.page
        groups = {name: f"dq_override_{name}" for name in overrides.ORDER}
        heads = {
            "override_id": "ex_code",
            "branch_id": "branch",
            "table_name": "dq_account_table",
            "row_key": "ex_row",
            "column_name": "ex_column",
            "value_before": "ex_value_before",
            "value": "value",
            "reason": "reason",
            "valid_from": "ex_valid_from",
            "valid_to": "ex_valid_to",
            "requested_by": "ex_maker",
            "approved_by": "ex_checker",
            overrides.GROUP: "status",
        }
        labels = {
            "branch_id": self.units,
            "table_name": self.tables,
            overrides.GROUP: self.words(groups),
        }
        days = {"valid_from", "valid_to"}
        columns = tuple(
            Column(
                name,
                self.say(key),
                Content.DATE if name in days else Content.TEXT,
                labels=labels.get(name, {}),
            )
            for name, key in heads.items()
        )
        rows = overrides.grouped(page.parts.rows(states), page.headline.month.as_of)
        return Table("overrides", self.say("dq_overrides"), columns, rows.select(*heads))


_LONG: Final = frozenset({"as_delivered", "remedies_en", "remedies_zh"})
"""Columns that a page of paper has no room for."""
