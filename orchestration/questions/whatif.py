"""What a few actions would change in a month, at the branch and above it; nothing is stored.

The month is gathered as a build gathers it, the actions are applied to its rows in memory, and it is
measured, reckoned and judged again by the same steps. The months it compares with stay as published, and
so does the general ledger: loans against the ledger are a matter of data, which a scenario is not.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl
import yaml

from orchestration import months
from orchestration.bank import SYSTEM, Bank
from orchestration.months import MonthAtWork
from records.access import Scope
from transforms import measures, scorecards, written
from transforms.analysis.scenario import applied as scenario
from transforms.analysis.scenario.model import Action, Done, How, Verb
from transforms.catalogue.model import Catalogue
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.hierarchy import Tree
from transforms.measures import Material

Progress = Callable[[str], None]

KEY: Final = ("metric_id", "reading", "branch_id")
_COMPARED: Final = (
    "numerator",
    "denominator",
    "value",
    "limit_value",
    "headroom_amount",
    "gap",
    "status",
    "reason",
)
_SHOWN: Final = (*KEY, *_COMPARED, "unit", "target_value")


@dataclass(frozen=True)
class Scenario:
    """Actions to be tried together.

    Attributes:
        name: what it is called; empty if it has no name.
        actions: what is done, in order.
    """

    name: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a scenario would change.

    Attributes:
        as_of: the month end.
        scenario: the actions.
        done: what each came to.
        changes: every uncut figure that would change, within the reader's scope: `KEY`, `unit`,
            `target_value`, each compared column, and each with `_after`; `change` is of the value.
        figures: how many uncut figures there are within the scope.
        above: the nodes above the branches of the actions.
    """

    as_of: date
    scenario: Scenario
    done: tuple[Done, ...]
    changes: pl.DataFrame
    figures: int
    above: frozenset[str]


@dataclass(frozen=True, eq=False)
class Trial:
    """A month gathered once, to try several things on.

    Attributes:
        month: the month.
        scope: who asks.
    """

    month: MonthAtWork
    scope: Scope

    @cached_property
    def tree(self) -> Tree:
        """The branches of the month."""
        return months.tree(self.month)

    @cached_property
    def material(self) -> Material:
        """What the month's measures are taken from."""
        return months.material(self.month, self.tree)

    @cached_property
    def _bases(self) -> Mapping[date, pl.DataFrame]:
        return months.published_bases(self.month)

    @cached_property
    def _reconciled(self) -> pl.DataFrame:
        return months.reconciliation(self.month)

    @property
    def elsewhere(self) -> bool:
        """Whether loans of other branches may be copied: only for who may see all of them."""
        return self.scope.branches is None

    def figures(self, material: Material) -> pl.DataFrame:
        """Every uncut figure of the month, computed from these rows as a build computes it."""
        rules = replace(material.rules, catalogue=uncut(material.rules.catalogue))
        taken = measures.take(replace(material, rules=rules))
        facts = months.figures(self.month, self.tree, taken, self._reconciled, earlier=self._bases)
        whole = facts.filter(pl.col("slice") == TOTAL)
        if self._targets is None:
            return whole
        return scorecards.with_status(
            whole.drop(*scorecards.SCORED), self._targets, self.month.catalogue
        )

    @cached_property
    def _targets(self) -> pl.DataFrame | None:
        """The targets of the published figures, so that both are held against the same; or none yet.

        A target that was entered since counts with the next build, for a scenario as for the month.
        """
        published = self.month.bank.published
        if (self.month.as_of, self.month.version) not in published.current():
            return None
        facts = published.facts(SYSTEM, as_of=self.month.as_of, version=self.month.version)
        return (
            facts.filter(pl.col("slice") == TOTAL, pl.col("target_value").is_not_null())
            .select("branch_id", "metric_id", "reading", "target_value", "near_band")
            .collect()
        )

    @cached_property
    def as_it_is(self) -> pl.DataFrame:
        """The uncut figures of the month without a scenario."""
        return self.figures(self.material)

    def applied(self, actions: Sequence[Action]) -> scenario.Applied:
        """The month with actions done to it.

        Raises:
            AccessError: if an action is at a branch outside the scope.
            BranchmarkError: if an action cannot be done.
        """
        for action in actions:
            self.scope.require(action.branch)
        return scenario.apply(self.material, actions, elsewhere=self.elsewhere)


def uncut(catalogue: Catalogue) -> Catalogue:
    """The same definitions without slices, which uncut figures do not rest on; an index keeps its own."""
    return replace(
        catalogue,
        metrics={
            name: replace(metric, slices=(), composition=())
            for name, metric in catalogue.metrics.items()
        },
    )


def run(
    bank: Bank,
    scope: Scope,
    tried: Scenario,
    *,
    as_of: date | None = None,
    progress: Progress = lambda _: None,
) -> Outcome:
    """Try a scenario on the newest delivered version of a month.

    Args:
        bank: the workspace, which is only read.
        scope: who asks; the branches of all actions have to lie in it, and only figures in it are told.
        tried: the actions.
        as_of: the month end; the newest delivered one if not given.
        progress: is told each step.

    Raises:
        NoSuchMonthError: if no loan book was delivered for the month.
        AccessError: if an action is at a branch outside the scope.
        BranchmarkError: if an action cannot be done.
    """
    month = MonthAtWork.newest(bank, as_of)
    trial = Trial(month, scope)
    progress("applying the actions")
    applied = trial.applied(tried.actions)
    progress(f"computing {month.as_of} with them")
    after = trial.figures(applied.material)
    progress(f"computing {month.as_of} as it is")
    before = trial.as_it_is
    changes = changed(before, after)
    return Outcome(
        as_of=month.as_of,
        scenario=tried,
        done=applied.done,
        changes=scope.limit(changes.lazy(), "branch_id").collect(),
        figures=scope.limit(before.lazy(), "branch_id").select(pl.len()).collect().item(),
        above=_above(trial.tree, {action.branch for action in tried.actions}),
    )


def _above(tree: Tree, branches: Collection[str]) -> frozenset[str]:
    """The nodes above some branches, and the branches."""
    parents = dict(tree.nodes.select("node_id", "parent_id").iter_rows())
    found: set[str] = set()
    for branch in branches:
        here: str | None = branch
        while here is not None and here not in found:
            found.add(here)
            here = parents.get(here)
    return frozenset(found)


def changed(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """The figures that differ: columns as in `Outcome.changes`, sorted."""
    joined = before.select(*_SHOWN).join(
        after.select(*KEY, *_COMPARED), on=KEY, how="inner", suffix="_after"
    )
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_after")) for name in _COMPARED)
    return (
        joined.filter(~same).with_columns(change=pl.col("value_after") - pl.col("value")).sort(*KEY)
    )


_FIELDS: Final = frozenset(
    {
        *("branch", "like", "of", "but_not", "clients", "existing", "technology", "how", "set"),
        *("loans", "overdue", "each"),
    }
)
_CHOSEN: Final = frozenset({"branch", "of", "but_not", "how", "loans"})
_FITS: Final[Mapping[Verb, frozenset[str]]] = {
    Verb.LEND: frozenset({"branch", "like", "clients", "existing", "set"}),
    Verb.FIRST_TIME: frozenset({"branch", "like", "technology", "each", "set"}),
    Verb.RUN_OFF: _CHOSEN,
    Verb.TURN_NPL: _CHOSEN | {"overdue"},
    Verb.CURE: _CHOSEN,
    Verb.RECOVER: _CHOSEN,
    Verb.WRITE_OFF: _CHOSEN,
    Verb.REPRICE: _CHOSEN - {"how"},
}
"""What else an action may say."""
_TOP: Final = frozenset({"name", "branch", "actions"})
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")


def read(path: Path, branch: str | None = None) -> Scenario:
    """A scenario from a YAML file.

    Args:
        path: the file.
        branch: where actions are done that name no branch, if the file does not say it either.

    Raises:
        BranchmarkError: if the file cannot be read, or is no scenario.
        UnknownNameError: if it has a word that is not known.
    """
    try:
        text = path.read_text(encoding="utf-8")
        # The strict reader refuses what stands twice, of which one would be lost; values are read as YAML's.
        problems: list[str] = []
        written.read(path.name, text, problems)
        given = None if problems else yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        told = " ".join(str(error).split())
        raise BranchmarkError(f"{path} cannot be read ({told}). Name a YAML file.") from None
    if problems:
        raise BranchmarkError(
            f"{path} cannot be read ({'; '.join(problems)}). Mend it, and try again."
        )
    if not isinstance(given, dict) or not isinstance(given.get("actions"), list):
        raise BranchmarkError(f"{path} is no scenario: it has no list of `actions`. Add one.")
    _known(given, _TOP, str(path))
    at = given.get("branch") or branch
    actions = tuple(
        action_of(row, None if at is None else str(at), f"{path}, action {number}")
        for number, row in enumerate(given["actions"], 1)
    )
    return Scenario(str(given.get("name") or path.stem), actions)


def action_of(row: object, branch: str | None, where: str) -> Action:
    """One action from plain values: its verb with what it is done to, and its details.

    Args:
        row: for example `{"lend": 200000000, "like": "is_sei_confirmed", "clients": 3}`.
        branch: where it is done if it does not say so.
        where: names the place in errors.

    Raises:
        BranchmarkError: if it is no action.
        UnknownNameError: if it has a word that is not known.
    """
    if not isinstance(row, dict):
        raise BranchmarkError(f"{where} is no action. Write, for example, `lend: 1000000`.")
    words = {str(name).replace("-", "_"): value for name, value in row.items()}
    verbs = [verb for verb in Verb if verb.value in words]
    if len(verbs) != 1:
        known = ", ".join(verb.value for verb in Verb)
        raise BranchmarkError(f"{where} has to name one action. Name one of {known}.")
    verb = verbs[0]
    _known(words, _FIELDS | {verb.value}, where)
    at = words.get("branch") or branch
    if at is None:
        raise BranchmarkError(f"{where} names no branch. Add `branch:` or give --branch.")
    _fitting(verb, words, where)
    amount, loans, overdue, clients = _object(verb, words, where)
    given = words.get("set") or {}
    if not isinstance(given, dict):
        raise BranchmarkError(
            f"{where}: `set` is no list of columns. Write `set: {{column: value}}`."
        )
    how = str(words.get("how") or How.LARGEST_FIRST.value).replace("-", "_")
    if how not in {one.value for one in How}:
        raise UnknownNameError(
            "way to choose loans",
            how,
            [one.value for one in How],
            way_out="Write pro_rata or largest_first.",
        )
    return Action(
        verb=verb,
        branch=str(at),
        amount=amount,
        loans=loans,
        # Whether it is a flag, a metric or a loan is told apart where the definitions are known.
        like=str(words.get("like") or ""),
        of=_names(words.get("of")),
        but_not=_names(words.get("but_not")),
        overdue=overdue,
        clients=clients,
        existing=_yes(words, "existing", where),
        technology=_yes(words, "technology", where),
        how=How(how),
        given={str(name): value for name, value in given.items()},
    )


def _object(
    verb: Verb, words: Mapping[str, object], where: str
) -> tuple[Decimal | None, tuple[str, ...], bool, int | None]:
    """What an action is done to: an amount, loans by number, those overdue, a number of clients."""
    value = words[verb.value]
    clients = None if words.get("clients") is None else _whole(words["clients"], where)
    loans = _names(words.get("loans"))
    if verb is Verb.FIRST_TIME:
        each = None if words.get("each") is None else _decimal(words["each"], where)
        return each, (), False, _whole(value, where)
    if verb in (Verb.LEND, Verb.REPRICE):
        return _decimal(value, where), loans, False, clients
    if value == "overdue" or _yes(words, "overdue", where):
        amount = None if value in ("overdue", None) else _decimal(value, where)
        return amount, loans, True, clients
    if isinstance(value, list):
        return None, _names(value), False, clients
    if value is None and loans:
        return None, loans, False, clients
    return _decimal(value, where), loans, False, clients


def _names(value: object) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    return tuple(str(one) for one in value) if isinstance(value, list) else (str(value),)


def _decimal(value: object, where: str) -> Decimal:
    if isinstance(value, float):
        # YAML reads 1.5 as a float; its shortest text is what was written.
        value = repr(value)
    text = str(value)
    # A comma in any other place may be meant as a decimal point.
    plain = text.replace(",", "") if _THOUSANDS.fullmatch(text) else text
    try:
        found = Decimal(plain.replace("_", ""))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise BranchmarkError(
            f"{where}: {value!r} is no amount. Write a number, such as 1000000.50 or 1,000,000.50."
        )
    return found


def _yes(words: Mapping[str, object], name: str, where: str) -> bool:
    value = words.get(name)
    if value is not None and not isinstance(value, bool):
        raise BranchmarkError(f"{where}: `{name}` is {value!r}. Write true or false.")
    return bool(value)


def _fitting(verb: Verb, words: Mapping[str, object], where: str) -> None:
    """Refuse a detail that the action does not look at: what is said and not done would mislead."""
    for name in _FIELDS - _FITS[verb]:
        if words.get(name) not in (None, "", [], {}, False):
            fits = ", ".join(sorted(_FITS[verb])) or "nothing"
            raise BranchmarkError(
                f"{where}: {verb} does not look at `{name}`. Leave it out; beside what is done, {verb} "
                f"takes {fits}."
            )


def _whole(value: object, where: str) -> int:
    found = _decimal(value, where)
    if found != found.to_integral_value():
        raise BranchmarkError(f"{where}: {value!r} is no whole number of clients. Write one.")
    return int(found)


def _known(words: Mapping[str, object], known: frozenset[str], where: str) -> None:
    for name in words:
        if name not in known:
            raise UnknownNameError(
                f"word of a scenario in {where}",
                str(name),
                sorted(known),
                way_out=f"Known are {', '.join(sorted(known))}.",
            )
