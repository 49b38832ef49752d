"""What pages ask of the rules that data are checked by: each as it stands on a day, in words.

Rules belong to trust, which presentation does not know: whoever serves the pages tells them.
"""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from transforms.catalogue.model import Label


@dataclass(frozen=True)
class CheckSetting:
    """How the bank has set a rule for some time.

    Attributes:
        why: the bank's reason, in its own words.
        first: the first day it holds; none where it always did.
        last: the last day.
        severity: as the bank set it; none where it left it.
        parameters: name and value of what it set.
        switched_off: whether the rule is not asked at all.
    """

    why: str
    first: date | None
    last: date | None
    severity: str | None
    parameters: tuple[tuple[str, str], ...]
    switched_off: bool


@dataclass(frozen=True)
class Check:
    """A rule as it stands on a day.

    Attributes:
        table: whose rows it judges; empty for every delivered table.
        severity: `critical`, `error` or `warning`, by the bank's word before the product's.
        rejects: whether a row that breaks it is set aside.
        stops: whether the month is not published while a table breaks it.
        of_figures: whether it judges figures that were made, and no delivered rows.
        says: what is wrong with what breaks it.
        remedy: what to do about it.
        breaks: what it asks, with its SQL set apart by backticks.
        needs: the columns it asks about, as `table.column`.
        key: the columns that may not repeat, as `table.column`; empty for any other rule.
        parameters: name and value of what its SQL names.
        source: what it rests on.
        own: whether it is the bank's own.
        fixed: whether no bank may soften it.
        settings: how the bank has set it, at any time.
        setting: the one that holds that day.
    """

    rule_id: str
    table: str
    severity: str
    rejects: bool
    stops: bool
    of_figures: bool
    says: Label
    remedy: Label
    breaks: Label
    needs: tuple[str, ...]
    key: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    source: str
    own: bool
    fixed: bool
    settings: tuple[CheckSetting, ...]
    setting: CheckSetting | None

    @property
    def switched_off(self) -> bool:
        """Whether the bank does not ask it that day."""
        return self.setting is not None and self.setting.switched_off

    @property
    def columns(self) -> frozenset[str]:
        """Every column it asks about."""
        return frozenset((*self.needs, *self.key))


class Rules(Protocol):
    """Tells the rules of one workspace; they are the same for every reader."""

    def checks(self, as_of: date) -> tuple[Check, ...]:
        """Every rule as it stands on a month end, in the order of the ids.

        Raises:
            BranchmarkError: if the bank's own rules cannot be used.
        """
        ...
