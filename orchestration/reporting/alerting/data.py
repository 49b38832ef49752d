"""Alerts about data: late months and units, loans that do not agree with the ledger, critical findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from dashboards.i18n import Language, day_text, month_text
from dashboards.numbers import Format
from orchestration.bank import Bank
from orchestration.reporting.alerting.alert import Alert, AlertKind, key_of, said
from orchestration.reporting.sending import links
from records.access import Scope
from records.published import Published
from transforms.periods import last_complete_month_end, month_ends, months_back
from transforms.schema import LOAN_SNAPSHOT

_CRITICAL: Final = "critical"
_LOOKED_BACK: Final = 12
"""Months of which somebody is told that they are late; of a bank that paused longer, the newest of them."""


@dataclass(frozen=True, eq=False)
class Data:
    """What was delivered and published of a bank, as far as a reader may see it.

    Attributes:
        bank: whose.
        scope: the reader's.
        published: everything as published at one moment.
        names: names of units, English and Chinese.
        whole: the unit that pages are opened with.
    """

    bank: Bank
    scope: Scope
    published: Published
    names: Mapping[str, tuple[str, str]]
    whole: str

    def alerts(self, today: date) -> list[Alert]:
        """Everything about data, of the newest months."""
        newest = max(self.published.newest_versions(), default=None)
        found = self._late_months(today)
        delivered = max(self.bank.deliveries.months(), default=None)
        if delivered is not None and self._is_past(delivered, today):
            found += self._late_units(delivered)
        if newest is not None:
            found += self._ledger(newest)
        for day in sorted({day for day in (newest, delivered) if day is not None}):
            found += self._findings(day)
        return found

    def _due(self, as_of: date) -> date | None:
        """Until when a month was to be delivered; none if the bank set no cut-off."""
        days = self.bank.workspace.cut_off_working_days
        return None if days is None else self.bank.reference.calendar.due(as_of, days).day

    def _is_past(self, as_of: date, today: date) -> bool:
        due = self._due(as_of)
        return due is not None and today > due

    def _late_months(self, today: date) -> list[Alert]:
        """Months after the newest published one whose cut-off has passed."""
        delivered, published = self.bank.deliveries.months(), self.published.newest_versions()
        if not delivered and not published:
            return []
        first = max(published, default=min(delivered, default=today))
        passed = month_ends(last_complete_month_end(today), _LOOKED_BACK)
        late = [day for day in passed if day > first or (day == first and day not in published)]
        return [
            self._late(day, "al_late_unpublished" if day in delivered else "al_late_undelivered")
            for day in late
            if self._is_past(day, today)
        ]

    def _late(self, as_of: date, key: str) -> Alert:
        def values(language: Language) -> dict[str, str]:
            due = self._due(as_of)
            day = "" if due is None else day_text(language, due)
            return {"month": month_text(language, as_of), "day": day}

        return Alert(
            kind=AlertKind.LATE,
            unit=None,
            period=as_of,
            told=said(key, values),
            key=key_of(AlertKind.LATE, as_of, key),
            gravity=0,
            page=links.DATA_QUALITY,
            unit_of_page=self.whole,
            opens=self._opens(as_of),
            more={"section": "deliveries"},
        )

    def _late_units(self, as_of: date) -> list[Alert]:
        """Branches still open whose loans came for the month before and not for this one."""
        before, now = (self._delivering(day) for day in (months_back(as_of, 1), as_of))
        late = sorted((before - now) & self.names.keys())
        return [self._late_unit(unit, as_of) for unit in late if now]

    def _delivering(self, as_of: date) -> set[str]:
        account = self.bank.deliveries.account(self.scope, as_of)
        loans = account.filter(
            pl.col("table") == LOAN_SNAPSHOT.name,
            pl.col("delivered_rows") > 0,
            pl.col("branch_id").is_not_null(),
        )
        return set(loans["branch_id"])

    def _late_unit(self, unit: str, as_of: date) -> Alert:
        def values(language: Language) -> dict[str, str]:
            due = self._due(as_of)
            return {
                "unit": self._name(unit, language),
                "month": month_text(language, as_of),
                "day": "" if due is None else day_text(language, due),
            }

        return Alert(
            kind=AlertKind.LATE,
            unit=unit,
            period=as_of,
            told=said("al_late_unit", values),
            key=key_of(AlertKind.LATE, unit, as_of),
            gravity=0,
            page=links.DATA_QUALITY,
            unit_of_page=unit if unit in self.names else self.whole,
            opens=self._opens(as_of),
            more={"section": "deliveries"},
        )

    def _ledger(self, as_of: date) -> list[Alert]:
        """Branches whose loans do not agree with the ledger, each with what is unexplained."""
        rows = (
            self.published.reconciliation(self.scope, as_of=as_of)
            .filter(~pl.col("reconciled"))
            .group_by("branch_id")
            .agg(
                pl.col("unexplained_in_base").abs().sum().alias("amount"),
                pl.col("unexplained_in_base").is_not_null().any().alias("is_known"),
            )
            .sort("branch_id")
            .collect()
        )
        return [
            self._difference(unit, as_of, amount if known else None)
            for unit, amount, known in rows.iter_rows()
        ]

    def _difference(self, unit: str, as_of: date, amount: Decimal | None) -> Alert:
        def values(language: Language) -> dict[str, str]:
            form = Format(language, self.bank.workspace.base_currency)
            told = {"unit": self._name(unit, language), "month": month_text(language, as_of)}
            return told if amount is None else {**told, "amount": form.amount(amount)}

        return Alert(
            kind=AlertKind.LEDGER,
            unit=unit,
            period=as_of,
            told=said("al_ledger_no_amount" if amount is None else "al_ledger", values),
            key=key_of(AlertKind.LEDGER, unit, as_of, amount),
            gravity=0,
            page=links.DATA_QUALITY,
            unit_of_page=unit if unit in self.names else self.whole,
            opens=self._opens(as_of),
            more={"section": "ledger"},
        )

    def _findings(self, as_of: date) -> list[Alert]:
        """Critical rules that the newest run of a month found broken, published or stopped by them."""
        judged = self.published.judged(as_of)
        if judged is None:
            return []
        rows = (
            self.published.findings_of(self.scope, judged)
            .filter(pl.col("severity") == _CRITICAL)
            .group_by("rule_id", "reason_en", "reason_zh")
            .agg(pl.col("failing_rows").sum(), pl.col("branch_id").drop_nulls().unique().sort())
            .sort("rule_id", "reason_en")
            .collect()
        )
        return [self._finding(row, as_of) for row in rows.to_dicts()]

    def _finding(self, row: Mapping[str, object], as_of: date) -> Alert:
        branches = row["branch_id"]
        units = list(branches) if isinstance(branches, list) else []
        unit = str(units[0]) if len(units) == 1 else None

        def values(language: Language) -> dict[str, str]:
            form = Format(language, self.bank.workspace.base_currency)
            return {
                "rule": str(row["rule_id"]),
                "month": month_text(language, as_of),
                "rows": form.count(int(str(row["failing_rows"]))),
                "reason": str(row[language.pick("reason_en", "reason_zh")] or ""),
            }

        return Alert(
            kind=AlertKind.FINDING,
            unit=unit,
            period=as_of,
            told=said("al_finding", values),
            key=key_of(AlertKind.FINDING, row["rule_id"], as_of, *units),
            gravity=0,
            page=links.DATA_QUALITY,
            unit_of_page=unit if unit in self.names else self.whole,
            opens=self._opens(as_of),
            more={"section": "findings", "rule": str(row["rule_id"])},
        )

    def _opens(self, as_of: date) -> date | None:
        """The month that a page can show; a page shows nothing of a month that is not published."""
        return as_of if as_of in self.published.newest_versions() else None

    def _name(self, unit: str, language: Language) -> str:
        name = language.pick(*self.names.get(unit, (unit, unit)))
        return unit if name == unit else f"{name} {unit}"
