"""Can the month be signed: each unit by step, from the delivery to the publication, the worst first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from dashboards import accounts
from dashboards.i18n import day_text, say
from dashboards.month import Month
from dashboards.numbers import Format
from dashboards.quality import overrides as kept
from dashboards.quality.evidence import Evidence
from dashboards.quality.parts import PART, Parts
from dashboards.quality.states import SEVERITIES, Standing
from dashboards.units import BankUnit
from transforms.accounting import Account
from transforms.quality import QualityState
from transforms.schema import LOAN_SNAPSHOT

STEPS: Final = ("delivered", "rejected", "findings", "reconciled", "overrides", "published")
"""The steps in order; each has a section of the page that tells more."""


@dataclass(frozen=True)
class Step:
    """How one step of one unit stands, in words."""

    standing: Standing
    text: str
    title: str = ""


@dataclass(frozen=True)
class Line:
    """One unit by step.

    Attributes:
        unit: the unit; none for what counts for no unit shown.
        steps: by name, in the order of `STEPS`; the rest has no state of its own for some.
        amount: what is unexplained, in base currency.
        share: which part of the rows was rejected.
    """

    unit: BankUnit | None
    steps: Mapping[str, Step]
    amount: Decimal
    share: Decimal

    @property
    def rank(self) -> tuple[int, Decimal, int, Decimal]:
        """Sorts the worst first."""
        gravities = [step.standing.gravity for step in self.steps.values()]
        worst, doubtful = gravities.count(2), gravities.count(1)
        return (-worst, -self.amount, -doubtful, -self.share)


def lines(
    parts: Parts, evidence: Evidence, form: Format, *, max_rejected_percent: Decimal
) -> tuple[Line, list[Line]]:
    """The whole, and its parts the worst first.

    Args:
        parts: the unit and those below it.
        evidence: of the month.
        form: how numbers are printed.
        max_rejected_percent: beyond which the bank calls too much of a balance rejected.
    """
    maker = _Maker(parts, evidence, form, max_rejected_percent)
    return maker.whole(), sorted(maker.parts(), key=lambda line: line.rank)


def open_steps(line: Line) -> list[str]:
    """The steps of a line that have to be looked at, the gravest first."""
    found = [name for name in STEPS if name in line.steps and line.steps[name].standing.gravity]
    return sorted(found, key=lambda name: -line.steps[name].standing.gravity)


@dataclass(frozen=True, eq=False)
class _Maker:
    parts_of: Parts
    evidence: Evidence
    form: Format
    max_rejected_percent: Decimal

    @property
    def month(self) -> Month:
        return self.parts_of.month

    def whole(self) -> Line:
        unit = self.parts_of.unit
        return self._line(
            unit,
            self.month.account(unit.unit_id),
            self._graded(self._undivided(self.evidence.findings)).get(None, {}),
            self._named(self._undivided(self._overrides())).get(None, {}),
        )

    def _undivided(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of the whole, as if all of them were the rest."""
        return self.parts_of.rows(frame).with_columns(pl.lit(None, dtype=pl.String).alias(PART))

    def parts(self) -> list[Line]:
        loans = self.parts_of.accounts(LOAN_SNAPSHOT.name)
        graded = self._graded(self.parts_of.parted(self.evidence.findings))
        named = self._named(self.parts_of.parted(self._overrides()))
        made = [
            self._line(
                unit,
                loans.get(unit.unit_id),
                graded.get(unit.unit_id, {}),
                named.get(unit.unit_id, {}),
            )
            for unit in self.parts_of.below
        ]
        rest, others = graded.get(None, {}), named.get(None, {})
        if made and (None in loans or rest or any(others.values())):
            made.append(self._line(None, loans.get(None), rest, others))
        return made

    def _line(
        self,
        unit: BankUnit | None,
        account: Account | None,
        graded: Mapping[str, tuple[int, int]],
        named: Mapping[str, int],
    ) -> Line:
        state, amount = self.month.quality_of(unit.unit_id) if unit else (None, None)
        steps = {
            "delivered": self._delivered(unit, account),
            "rejected": self._rejected(account),
            "findings": self._findings(graded),
            "overrides": self._overridden(named),
        }
        if state is not None:
            steps["reconciled"] = self._reconciled(state, amount)
            steps["published"] = self._published()
        share = (
            Decimal(account.rejected_rows) / account.delivered_rows
            if account and account.delivered_rows
            else Decimal(0)
        )
        return Line(
            unit,
            {name: steps[name] for name in STEPS if name in steps},
            amount or Decimal(0),
            share,
        )

    def _say(self, key: str, **values: object) -> str:
        return say(self.form.language, key, **values)

    def _delivered(self, unit: BankUnit | None, account: Account | None) -> Step:
        if not self.month.has_account:
            return Step(Standing.OPEN, self._say("dq_not_counted"))
        if account is None:
            if unit is not None and self._had_loans(unit):
                return Step(Standing.BAD, self._say("dq_missing"), self._say("dq_missing_title"))
            return Step(Standing.OPEN, self._say("dq_no_loans"))
        text = self._say("dq_loans", count=self.form.count(account.delivered_rows))
        return Step(Standing.GOOD, text, accounts.equation(account, self.form))

    def _had_loans(self, unit: BankUnit) -> bool:
        reach = self.month.counts_for.filter(pl.col("node_id") == unit.unit_id)["branch_id"]
        return bool(self.evidence.booked_before & set(reach))

    def _rejected(self, account: Account | None) -> Step:
        if account is None:
            return Step(Standing.OPEN, self._say("dq_nothing"))
        if not account.rejected_rows:
            return Step(Standing.GOOD, self._say("dq_none"))
        share = accounts.rejected_share(account, self.form)
        text = f"{self.form.count(account.rejected_rows)} ({share})"
        title = accounts.sentence(account, self.form)
        rejected, delivered = account.rejected or Decimal(0), account.delivered or Decimal(0)
        too_much = abs(rejected) * 100 > self.max_rejected_percent * abs(delivered)
        return Step(Standing.BAD if too_much else Standing.WATCH, text, title)

    def _findings(self, graded: Mapping[str, tuple[int, int]]) -> Step:
        if not graded:
            return Step(Standing.GOOD, self._say("dq_none"))
        worst = max((SEVERITIES[grade] for grade in graded), key=lambda one: one.gravity)
        comma = self.form.language.pick(", ", "，")
        text = comma.join(self._rules(grade, rules) for grade, (rules, _) in graded.items())
        title = comma.join(
            self._say(
                "rules_with_findings",
                severity=self._say(f"severity_{grade}"),
                rules=rules,
                rows=self.form.count(rows),
            )
            for grade, (rules, rows) in graded.items()
        )
        return Step(worst, text, title)

    def _rules(self, grade: str, rules: int) -> str:
        """Rules of a severity, counted: "4 errors"."""
        word = self._say(f"dq_rules_{grade}" if rules != 1 else f"severity_{grade}")
        return f"{rules} {word}"

    def _reconciled(self, state: QualityState, amount: Decimal | None) -> Step:
        match state:
            case QualityState.FINAL:
                return Step(Standing.GOOD, self._say("dq_agrees"))
            case QualityState.PROVISIONAL if amount is None:
                return Step(Standing.BAD, self._say("provisional_short_unknown"))
            case QualityState.PROVISIONAL:
                told = self._say("dq_open_by", amount=self.form.amount(amount))
                return Step(Standing.BAD, told, self._say("dq_provisional_title"))
            case QualityState.NOT_RECONCILED:
                return Step(Standing.OPEN, self._say("dq_no_ledger"))

    def _overridden(self, named: Mapping[str, int]) -> Step:
        shown = [(name, count) for name, count in named.items() if count]
        if not shown:
            return Step(Standing.GOOD, self._say("dq_none"))
        comma = self.form.language.pick(", ", "，")
        text = comma.join(
            f"{count} {self._say(f'dq_override_{name}').lower()}" for name, count in shown
        )
        alarmed = any(name != kept.IN_FORCE for name, _ in shown)
        return Step(Standing.WATCH if alarmed else Standing.GOOD, text)

    def _published(self) -> Step:
        day = day_text(self.form.language, self.month.published_at.date())
        text = self._say("dq_version", version=self.month.version)
        if self.month.pending:
            waiting = self._say("newer_waits_title", tables=", ".join(self.month.pending))
            return Step(Standing.WATCH, self._say("dq_version_waits", told=text), waiting)
        return Step(Standing.GOOD, text, day)

    @staticmethod
    def _graded(findings: pl.DataFrame) -> dict[str | None, dict[str, tuple[int, int]]]:
        """By part, rules that found something and rows that fail, by severity, the gravest first."""
        sums = findings.group_by(PART, "severity").agg(
            rules=pl.col("rule_id").n_unique(), rows=pl.col("failing_rows").sum()
        )
        held: dict[str | None, dict[str, tuple[int, int]]] = {}
        for part, severity, rules, rows in sums.iter_rows():
            held.setdefault(part, {})[severity] = (rules, rows)
        return {
            part: {grade: told[grade] for grade in SEVERITIES if grade in told}
            for part, told in held.items()
        }

    def _overrides(self) -> pl.DataFrame:
        """Overrides with the group each is told in; none where none was delivered."""
        held = self.evidence.overrides
        if held is None:
            return pl.DataFrame(schema={"override_id": pl.String, "branch_id": pl.String})
        return kept.grouped(held, self.month.as_of)

    @staticmethod
    def _named(overrides: pl.DataFrame) -> dict[str | None, dict[str, int]]:
        """By part, how many overrides are in each group that somebody has to know of."""
        if overrides.is_empty():
            return {}
        sums = overrides.group_by(PART, kept.GROUP).agg(pl.col("override_id").n_unique())
        held: dict[str | None, dict[str, int]] = {}
        for part, group, count in sums.iter_rows():
            held.setdefault(part, {})[group] = count
        return {
            part: {name: told[name] for name in kept.TOLD if name in told}
            for part, told in held.items()
        }


def message(whole: Line, below: Sequence[Line], form: Format) -> str:
    """The sentence the page opens with: whether the unit's month can be signed, and what is open."""
    steps = open_steps(whole)
    stop = form.language.pick(". ", "。")
    if not steps:
        return say(form.language, "dq_ready")
    semicolon = form.language.pick("; ", "；")
    colon = form.language.pick(": ", "：")
    told = [
        f"{say(form.language, f'dq_step_{name}').lower()}{colon}{whole.steps[name].text}"
        for name in steps
    ]
    grave = whole.steps[steps[0]].standing is Standing.BAD
    text = say(form.language, "dq_not_ready" if grave else "dq_to_look_at")
    text += colon + semicolon.join(told)
    clean = sum(not open_steps(line) for line in below if line.unit)
    count = sum(line.unit is not None for line in below)
    if count:
        text += stop + say(form.language, "dq_clean_units", clean=clean, count=count)
    return text + stop.strip()
