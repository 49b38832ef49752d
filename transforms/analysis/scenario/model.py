"""What a scenario is made of: actions, what each came to, and the month that they are applied to.

How loans are made belongs in `lending`, how those there are change in `book`; one after
the other they are applied in `applied`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

import narwhals as nw
import polars as pl

from transforms.catalogue.model import Entity, Label
from transforms.classify import classify
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.measures import Material
from transforms.schema import LOAN_SNAPSHOT, MONEY, TABLES, TEXT

WATERMARK: Final = Label("SCENARIO - NOT DATA", "情景测算，非数据")
MARK: Final = "SCENARIO-"
"""Begins the number of every row that a scenario makes."""
FEN: Final = Decimal("0.01")


class Verb(StrEnum):
    """What is done."""

    LEND = "lend"
    RUN_OFF = "run_off"
    TURN_NPL = "turn_npl"
    CURE = "cure"
    """Non-performing loans perform again: they are special mention, and up to date."""
    RECOVER = "recover"
    """Non-performing loans are repaid in cash."""
    WRITE_OFF = "write_off"
    FIRST_TIME = "first_time_clients"
    REPRICE = "reprice"


VERBS: Final[Mapping[Verb, Label]] = {
    Verb.LEND: Label("new lending", "新发放贷款"),
    Verb.RUN_OFF: Label("loans run off", "压降贷款"),
    Verb.TURN_NPL: Label("loans turn non-performing", "贷款转为不良"),
    Verb.CURE: Label("non-performing loans perform again", "不良贷款上调"),
    Verb.RECOVER: Label("non-performing loans are repaid in cash", "不良贷款现金收回"),
    Verb.WRITE_OFF: Label("non-performing loans are written off", "不良贷款核销"),
    Verb.FIRST_TIME: Label("first-time clients", "新增首贷户"),
    Verb.REPRICE: Label("rates of the stock are changed", "存量贷款调整利率"),
}


class How(StrEnum):
    """Which loans an amount is taken from."""

    PRO_RATA = "pro_rata"
    LARGEST_FIRST = "largest_first"


@dataclass(frozen=True)
class Action:
    """One thing that is done at a branch, or at the branches under a node.

    Attributes:
        verb: what.
        branch: the node.
        amount: in base currency; in basis points for `REPRICE`; for first-time clients of each.
        loans: the loans it is done to, by number, in place of an amount.
        like: a loan flag that new lending has to meet, or that of first-time clients' loans; before
            `like` has looked it up also a metric, or a loan.
        template: a loan that new lending is like.
        of: loan flags that loans have to meet.
        but_not: loan flags that they must not meet.
        overdue: the loans overdue more than 60 and at most 90 days.
        clients: how many clients are lent to; as many as the line of the loan copied asks for if empty.
        existing: lend to the client of the loan copied, and to no new one.
        technology: first-time clients are on a technology list.
        how: which loans an amount is taken from.
        given: other columns of the new loans and their borrowers, by name.
    """

    verb: Verb
    branch: str
    amount: Decimal | None = None
    loans: tuple[str, ...] = ()
    like: str = ""
    template: str = ""
    of: tuple[str, ...] = ()
    but_not: tuple[str, ...] = ()
    overdue: bool = False
    clients: int | None = None
    existing: bool = False
    technology: bool = False
    how: How = How.LARGEST_FIRST
    given: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """What an action came to.

    Attributes:
        action: the action.
        amount: the amount it moved, in base currency.
        loans: how many loans it made or touched.
        clients: how many clients they are of.
        copied: the loan that new ones were made like; empty for other actions.
        flags: the loan flags that hold for new loans, in order.
        touched: numbers of the loans touched, the largest first; of very many the first.
        split: the loan of which a part was taken, if one was.
    """

    action: Action
    amount: Decimal
    loans: int
    clients: int
    copied: str = ""
    flags: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    split: str = ""


SPLIT: Final[Mapping[str, pl.DataType]] = {"loan_id": TEXT, "part_id": TEXT, "part": MONEY}
"""A part of a loan that is treated as a loan of its own: its number, and its principal."""


@dataclass(frozen=True, eq=False)
class Edit:
    """What one action does to the tables.

    Attributes:
        replaced: rows of tables, by name, that take the place of those of the same key.
        added: rows that are added.
        splits: rows of `SPLIT`.
        done: the account.
    """

    done: Done
    replaced: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    added: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    splits: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SPLIT))


@dataclass(frozen=True, eq=False)
class Work:
    """The month as it is at one action.

    Attributes:
        material: its rows, with the actions before it.
        number: which action it is, from one on: part of the numbers of new rows.
        elsewhere: whether a loan of another branch may be copied.
    """

    material: Material
    number: int = 1
    elsewhere: bool = True

    def rows(self, table: str) -> pl.LazyFrame:
        """A table of the month; without rows if it was not delivered."""
        given = self.material.tables.month.get(table)
        return pl.LazyFrame(schema=TABLES[table].dtypes) if given is None else given

    def delivered(self, table: str) -> bool:
        """Whether the month has the table at all."""
        return table in self.material.tables.month

    def below(self, node: str) -> pl.Series:
        """The booking branches that count for a node.

        Raises:
            BranchmarkError: if it is in no tree.
        """
        tree = self.material.tree
        found = tree.counts_for.filter(pl.col("node_id") == node)["branch_id"]
        if found.is_empty():
            raise BranchmarkError(
                f"No branch {node!r} in {self.material.rules.as_of}. `branchmark kpis` lists the branches."
            )
        return found

    def require_flags(self, names: Sequence[str]) -> None:
        """Refuse what is no loan flag.

        Raises:
            UnknownNameError: with the near miss.
        """
        flags = [flag.name for flag in self.material.rules.catalogue.flags_of(Entity.LOAN)]
        for name in names:
            if name not in flags:
                raise UnknownNameError(
                    "loan flag",
                    name,
                    flags,
                    way_out="`branchmark catalogue METRIC` shows the flags behind a metric.",
                )

    def judged(
        self,
        loans: pl.LazyFrame,
        flags: Sequence[str] | None,
        columns: Sequence[str] | None = (),
    ) -> pl.DataFrame:
        """Loans with flags and looked-up columns, balance among them; `None` asks for all there are."""
        tables = replace(
            self.material.tables,
            month={**self.material.tables.month, LOAN_SNAPSHOT.name: loans},
        )
        native: pl.LazyFrame = nw.to_native(
            classify(tables, self.material.rules, flags=flags, columns=columns)
        )
        return native.collect()
