"""Which checks guard a metric: those that ask about a column it rests on, and those of figures."""

from collections.abc import Iterable

from dashboards.definitions.rests import Basis
from dashboards.port.rules import Check


def guarding(basis: Basis, checks: Iterable[Check]) -> tuple[Check, ...]:
    """The checks of delivered rows that ask about a column of the basis, the gravest first.

    Checks of every table, which are noted while a file is read, and checks of figures hold for all metrics
    and are left out.
    """
    columns = set(basis.columns)
    own = [
        check
        for check in checks
        if check.table in basis.tables and not check.of_figures and check.columns & columns
    ]
    return tuple(sorted(own, key=lambda check: (_RANK[check.severity], check.rule_id)))


def guarded(check: Check, bases: Iterable[tuple[str, Basis]]) -> tuple[str, ...]:
    """The metrics that a check guards, of those with their bases."""
    return tuple(name for name, basis in bases if guarding(basis, [check]))


_RANK = {"critical": 0, "error": 1, "warning": 2}
