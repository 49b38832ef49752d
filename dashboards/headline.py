"""The header strip in words: where, when, against what, which version, how sure, signed and seen by whom.

One truth for the line above every page and for the head of every file. How it is set belongs in `app_pages`
and in `exports`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from dashboards import accounts, words
from dashboards.i18n import day_text, say
from dashboards.month import Month
from dashboards.numbers import NOTHING, Format
from dashboards.palette import QUALITY_GLYPH
from dashboards.words import Comparison
from records.access import Scope
from records.published import Known
from transforms.quality import QualityState

RECONCILED_GLYPH: Final = "●"
_EXACT: Final = "account"
"""Its detail is an equation to the cent."""


@dataclass(frozen=True)
class Item:
    """One thing the strip says.

    Attributes:
        key: what it is about: `unit`, `period`, `comparison`, `version`, `dates`, `account`, `quality`,
            `sign_off`, `scope`.
        label: the same in words.
        text: what is said.
        detail: the exact rest, on hover or in brackets.
        glyph: a shape before the text.
        alarming: whether it has to be noticed.
    """

    key: str
    label: str
    text: str
    detail: str = ""
    glyph: str = ""
    alarming: bool = False


@dataclass(frozen=True, eq=False)
class Headline:
    """What the strip of one unit's month rests on.

    Attributes:
        bank: the bank's name.
        unit: the unit's number.
        version: as the address says: `now`, `reported` or a number.
        scope: who sees it, and which branches.
        signatures: signatures on the unit's month (`records.ledger.sign_offs.SIGN_OFFS`); none where the
            ledger cannot be read.
        run_id: the run whose figures are shown; a signature on another run is not on these figures.
    """

    bank: str
    month: Month
    unit: str
    form: Format
    comparison: Comparison
    version: str
    scope: Scope
    signatures: pl.DataFrame | None
    run_id: str

    def _say(self, key: str, **values: object) -> str:
        return say(self.form.language, key, **values)

    def items(self) -> tuple[Item, ...]:
        """What the strip says, in its order."""
        return (
            self.place(),
            self.period(),
            self.compared(),
            self.version_item(),
            self.dates(),
            self.account(),
            self.quality(),
            self.signed(),
            self.seen(),
        )

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The same as pairs of label and text, for the head of a file; exact sums are left to its tables."""
        brackets = self.form.language.pick("{} ({})", "{}（{}）")
        return tuple(
            (
                item.label,
                brackets.format(item.text, item.detail)
                if item.detail and item.key != _EXACT
                else item.text,
            )
            for item in self.items()
        )

    def place(self) -> Item:
        """The bank and the way down to the unit."""
        language, units = self.form.language, self.month.units
        names = [one.name(language) for one in units.chain(self.unit)]
        told = " › ".join(dict.fromkeys([self.bank, *names]))
        return Item("unit", self._say("branch"), told, self.unit)

    def period(self) -> Item:
        """The month end."""
        day = day_text(self.form.language, self.month.as_of)
        return Item("period", self._say("period"), day)

    def compared(self) -> Item:
        """What figures are compared with."""
        before = self.comparison.before(self.month.as_of)
        language = self.form.language
        told = f"{self._say(self.comparison.value)}{language.pick(', ', '，')}{day_text(language, before)}"
        return Item("comparison", self._say("comparison"), told)

    def version_item(self) -> Item:
        """Which version, as known when, why it was delivered, and whether a newer one waits."""
        seen = self.month
        key = f"known_{self.version}" if self.version in tuple(Known) else "known_version"
        text = self._say(key, version=seen.version, day=self._day(seen.published_at))
        if seen.version > 1:
            text += self.form.language.pick(", ", "，") + self._say("restated_word")
        if seen.pending:
            text += self.form.language.pick(" ", "") + self._say("newer_waits")
        return Item(
            "version",
            self._say("version"),
            text,
            seen.restated_because,
            alarming=bool(seen.pending),
        )

    def dates(self) -> Item:
        """When the data came in and when they were published."""
        seen = self.month
        received = f"{seen.received_at:%Y-%m-%d}" if seen.received_at else NOTHING
        told = self._say(
            "dates", received=received, published=f"{seen.published_at:%Y-%m-%d %H:%M}"
        )
        return Item("dates", self._say("ex_data_as_of"), told)

    def account(self) -> Item:
        """The account of the loan book at the unit, its exact sums as detail."""
        label = self._say("ex_account")
        if not self.month.has_account:
            return Item("account", label, self._say("account_unknown"))
        found = self.month.account(self.unit)
        if found is None:
            return Item("account", label, self._say("account_none"))
        sentence, exact = accounts.sentence(found, self.form), accounts.equation(found, self.form)
        return Item("account", label, sentence, exact)

    def quality(self) -> Item:
        """Whether the unit's loans agree with the ledger."""
        label = self._say("ex_reconciliation")
        state, amount = self.month.quality_of(self.unit)
        if state is QualityState.FINAL:
            return Item("quality", label, self._say("reconciled"), glyph=RECONCILED_GLYPH)
        told = words.quality(state, amount, self.form)
        return Item("quality", label, told, glyph=QUALITY_GLYPH, alarming=True)

    def signed(self) -> Item:
        """Whether exactly these figures are signed, and by whom."""
        label = self._say("ex_sign_off")
        if self.signatures is None:
            return Item("sign_off", label, self._say("ex_sign_off_unknown"))
        if self.signatures.is_empty():
            return Item("sign_off", label, self._say("ex_unsigned"))
        own = self.signatures.filter(
            pl.col("snapshot_version") == self.month.version, pl.col("run_id") == self.run_id
        )
        if own.is_empty():
            return Item("sign_off", label, self._say("ex_signed_before"), alarming=True)
        last = own.row(-1, named=True)
        told = self._say("ex_signed", person=last["person"], day=self._day(last["at"]))
        return Item("sign_off", label, told, glyph=RECONCILED_GLYPH)

    def _day(self, at: datetime) -> str:
        return day_text(self.form.language, at.date())

    def seen(self) -> Item:
        """Who sees it, and how much of the bank."""
        key = "ex_scope_whole" if self.scope.branches is None else "ex_scope_some"
        count = self.form.count(len(self.scope.branches or ()))
        told = self._say(key, who=self.scope.who, count=count)
        return Item("scope", self._say("ex_scope"), told)
