"""What flags hold together, and which columns they look at: questions about conditions, not about rows.

How flags are written and checked belongs in `load` and `checks`; how rows are put to them, in
`transforms.classify`.
"""

from collections.abc import Collection

from transforms.catalogue.model import Catalogue, Flag
from transforms.catalogue.sql import columns_of


def implied(catalogue: Catalogue, names: Collection[str]) -> frozenset[str]:
    """Flags that hold wherever these do: themselves, and what all their conditions name."""
    found: set[str] = set()
    queue = list(names)
    while queue:
        name = queue.pop()
        flag = catalogue.flags.get(name)
        if flag is None or name in found:
            continue
        found.add(name)
        queue += [clause.sql for clause in flag.all_of if clause.sql in catalogue.flags]
    return frozenset(found)


def rests_on(catalogue: Catalogue, name: str, columns: Collection[str]) -> bool:
    """Whether a flag looks at one of these columns of its own, leaving aside that it is a loan at all."""
    seen: set[str] = set()
    queue = [name]
    aside = implied(catalogue, {"is_loan"})
    while queue:
        flag: Flag | None = catalogue.flags.get(queue.pop())
        if flag is None or flag.name in seen or flag.name in aside:
            continue
        seen.add(flag.name)
        for clause in flag.clauses:
            named = columns_of(clause.sql)
            if set(named) & set(columns):
                return True
            queue += [column for column in named if column in catalogue.flags]
    return False
