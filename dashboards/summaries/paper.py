"""A report to be written down: what was filled, what people did with it, and for whom it is written.

Everything that a file of a report says comes from here, so that each kind of file says the same; no clock but
`stated_at`. How a file looks belongs in the modules beside this one.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

import polars as pl

from dashboards.exports.document import Picture
from dashboards.i18n import Language, day_text, say
from dashboards.numbers import Format
from dashboards.summaries import words
from transforms.quality import QualityState
from transforms.returns.model import Check, Frequency, Return
from transforms.returns.package import FAILS, HOLDS, NOT_ASKED, Package

STEPS: Final = ("prepared", "checked", "approved", "released")
"""What people do with an edition, in order (`records.ledger.returns.Step`)."""
RELEASED: Final = "released"
RETURNED: Final = "returned"
"""Given back: the edition ends there."""
DRAFT: Final = "draft"
"""Nobody prepared it."""
_SHORT: Final = 12


@dataclass(frozen=True)
class Signed:
    """A step of an edition: who took it and when; no person where nobody has yet."""

    step: str
    person: str
    at: datetime | None
    note: str


@dataclass(frozen=True, eq=False)
class Paper:
    """A report to be written down.

    Attributes:
        bank_name: as it calls itself in the reader's language.
        return_: what the report is.
        package: what it was filled with.
        state: the newest step taken (`records.ledger.returns.Step`); `DRAFT` or empty where nobody prepared
            it.
        edition: which edition of the report of this unit and month; none where nobody prepared it.
        steps: steps of this edition, oldest first: `step, person, at, note` among the columns.
        remarks: comments and reasons on it: `case, kind, text, person, at` among the columns.
        differences: cells that differ from the last released edition
            (`transforms.returns.differences.DIFFERENCE`); none where nothing was released before.
        chain: where the audit chain ended, as number and hash; none where it is not known.
        form: how numbers are printed, in which language and currency.
        stated_at: the moment the file names: of the newest step, or when the month was published.
        seen_by: for whom it is written.
    """

    bank_name: str
    return_: Return
    package: Package
    state: str
    edition: int | None
    steps: pl.DataFrame
    remarks: pl.DataFrame
    differences: pl.DataFrame | None
    chain: tuple[int, str] | None
    form: Format
    stated_at: datetime
    seen_by: str

    @property
    def language(self) -> Language:
        """The reader's language."""
        return self.form.language

    def say(self, key: str, **values: object) -> str:
        """A message in the reader's language."""
        return say(self.language, key, **values)

    @property
    def title(self) -> str:
        """What the report is called."""
        return words.label(self.return_.label, self.language)

    @property
    def is_released(self) -> bool:
        """Whether it may leave the house."""
        return self.state == RELEASED

    @cached_property
    def unit_names(self) -> dict[str, str]:
        """Names of the units that it speaks of, by their number."""
        name = self.language.pick("name_en", "name_zh")
        other = self.language.pick("name_zh", "name_en")
        told = self.package.units.select(
            "unit_id", pl.coalesce(pl.col(name), pl.col(other), pl.col("unit_id")).alias("name")
        )
        return dict(told.iter_rows())

    @property
    def unit(self) -> str:
        """The unit it is made for, by name and number."""
        unit = self.package.unit_id
        name = self.unit_names.get(unit, unit)
        return (
            unit if name == unit else self.language.pick("{} ({})", "{}（{}）").format(name, unit)
        )

    @property
    def place(self) -> str:
        """The bank and the unit; of the whole bank once."""
        unit = self.package.unit_id
        if self.unit_names.get(unit, unit) == self.bank_name:
            return self.unit
        return f"{self.bank_name} › {self.unit}"

    @property
    def period(self) -> str:
        """The period it reports, as forms name it."""
        return words.period(
            self.package.as_of,
            self.language,
            quarterly=self.return_.frequency is Frequency.QUARTERLY,
        )

    @cached_property
    def content_hash(self) -> str:
        """What signatures are put to."""
        return self.package.content_hash

    @property
    def short_hash(self) -> str:
        """As much of the hash as people compare."""
        return self.content_hash[:_SHORT]

    @property
    def anchor(self) -> str:
        """Where the audit chain ended; empty if it is not known."""
        return "" if self.chain is None else f"{self.chain[0]}:{self.chain[1]}"

    @property
    def standing(self) -> str:
        """How far it has come, in words, with the edition."""
        if self.edition is None:
            return self.say("sm_state_draft")
        return self.say(
            "sm_edition", edition=self.edition, state=words.state(self.state, self.language)
        )

    @cached_property
    def signed(self) -> tuple[Signed, ...]:
        """Who prepared, checked, approved and released it, in this order; and who gave it back, if so."""
        found: dict[str, Signed] = {}
        for row in self.steps.to_dicts():
            found[str(row["step"])] = Signed(
                str(row["step"]), row["person"], row["at"], row.get("note") or ""
            )
        asked = (*STEPS, *([RETURNED] if RETURNED in found else []))
        return tuple(found.get(step, Signed(step, "", None, "")) for step in asked)

    @cached_property
    def provisional_units(self) -> dict[str, QualityState]:
        """Units whose own figures of the month are not final, in the order of the report."""
        found = (
            self.package.cells.filter(
                pl.col("as_of_date") == self.package.as_of,
                pl.col("quality_state").is_not_null(),
                pl.col("quality_state") != QualityState.FINAL.value,
            )
            .select("unit_id", "quality_state")
            .unique("unit_id", keep="first", maintain_order=True)
        )
        return {unit: QualityState(state) for unit, state in found.iter_rows()}

    @property
    def reconciliation(self) -> str:
        """Whether its figures agree with the general ledger."""
        open_ones = self.provisional_units
        if not open_ones:
            return self.say("sm_reconciled")
        own = open_ones.get(self.package.unit_id)
        if own is not None:
            return self.say(f"sm_quality_{own.value}")
        names = [self.unit_names.get(unit, unit) for unit in open_ones]
        return self.say("sm_quality_of_units", units=words.listed(names, self.language))

    def strip(self) -> tuple[tuple[str, str], ...]:
        """What stands at the head of every page: where, when, what, how far, how sure, seen by whom."""
        return (
            (self.say("sm_unit"), self.place),
            (self.say("sm_period"), self.period),
            (self.say("sm_return"), f"{self.return_.code} {self.return_.version}"),
            (self.say("sm_edition_word"), self.standing),
            (
                self.say("sm_data"),
                self.say("sm_data_version", version=self.package.snapshot_version),
            ),
            (self.say("sm_reconciliation"), self.reconciliation),
            (self.say("sm_seen_by"), self.seen_by),
        )

    @property
    def stated(self) -> str:
        """The moment the file names, as people read it."""
        return f"{self.stated_at:%Y-%m-%d %H:%M} UTC"

    @cached_property
    def cells(self) -> dict[str, dict[str, Any]]:
        """Cells by data point, in the order of the report."""
        return {row["data_point"]: row for row in self.package.cells.to_dicts()}

    @cached_property
    def _by_table(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for cell in self.cells.values():
            found.setdefault(cell["table_id"], []).append(cell)
        return found

    def cells_of(self, table_id: str) -> list[dict[str, Any]]:
        """The cells of a table, in order."""
        return self._by_table.get(table_id, [])

    @cached_property
    def checks(self) -> dict[str, Check]:
        """Cross-checks by their id."""
        return {check.check_id: check for check in self.return_.checks}

    @cached_property
    def remarks_on(self) -> dict[str, list[dict[str, Any]]]:
        """What was said about a case of a check, by case, oldest first."""
        told: dict[str, list[dict[str, Any]]] = {}
        for row in self.remarks.to_dicts():
            told.setdefault(row["case"], []).append(row)
        return told

    @cached_property
    def verdict_counts(self) -> dict[str, int]:
        """How many cases of checks hold, fail and could not be asked."""
        counted = dict(self.package.verdicts["state"].value_counts().iter_rows())
        return {state: counted.get(state, 0) for state in (HOLDS, FAILS, NOT_ASKED)}

    @cached_property
    def drawn(self) -> dict[str, tuple[Picture, ...]]:
        """The drawings of its tables, by table, as `drawings` has made them so far."""
        return {}

    def day(self, day: date) -> str:
        """A date as people read it."""
        return day_text(self.language, day)
