"""Which delivered rows are set aside, and by which rules; and every row that breaks a given rule.

Asked of DuckDB over the delivered Parquet, so that a large file is judged in one pass within the memory
limit. Great Expectations takes no part: its results list 200 rows at most. Splitting the frame into
accepted and rejected rows belongs to the caller, by `source_row_no`.
"""

from collections.abc import Iterable
from typing import Final

import polars as pl

from expectations.delivered import Delivered, Session, bound, opened
from expectations.model import Rule
from expectations.rules import asked_columns, canonical_of, rules_for
from transforms.errors import UnknownNameError

REJECTED_COLUMNS: Final = pl.Schema({"source_row_no": pl.Int64(), "rule_ids": pl.List(pl.String())})


def judge(delivered: Delivered, rules: Iterable[Rule]) -> pl.DataFrame:
    """The rows that break a rejecting rule: `source_row_no, rule_ids`, in file order.

    Any problem that the reader noted rejects the row, under the id it was noted with.
    """
    rejecting = [rule for rule in rules if rule.rejects_on(delivered.as_of) and not rule.is_intake]
    with opened(delivered, asked_columns(rejecting, delivered.table)) as session:
        judged = {
            rule.id: condition_of(rule, session)
            for rule in rules_for(rejecting, delivered.table)
            if rule.skipped_reason(session) is None
        }
        broken = [f"CASE WHEN {sql} THEN '{rule_id}' END" for rule_id, sql in judged.items()]
        noted = (
            "list_transform(problems, lambda noted: split_part(noted, ':', 1))"
            if "problems" in session.columns[delivered.table]
            else "[]"
        )
        every = f"list_concat({noted}, [{', '.join(broken) or 'NULL'}])"
        rejected = session.frame(
            f"""
            SELECT source_row_no, list_sort(list_distinct(broken)) AS rule_ids
            FROM (
                SELECT source_row_no, list_filter({every}, lambda id: id IS NOT NULL) AS broken
                FROM {delivered.table}
            )
            WHERE len(broken) > 0
            ORDER BY source_row_no
            """  # noqa: S608  # the SQL is the catalogue's own
        )
    return rejected.cast(REJECTED_COLUMNS)


def failing_rows(rule: Rule, delivered: Delivered) -> pl.DataFrame:
    """Every row that breaks the rule, in file order: `source_row_no` and the table's key.

    Rows of another view that the rule blames come in the order of their key, without a number. Empty
    for a rule that cannot be asked of this delivery, and for a table rule with no rows to blame.

    Raises:
        UnknownNameError: if the rule is for another table.
    """
    if not rule.holds_for(delivered.table):
        raise UnknownNameError(
            "rule", rule.id, (), way_out=f"It measures {rule.table}, not {delivered.table}."
        )
    blamed = rule.blamed(delivered.table)
    table = canonical_of(blamed)
    number = "source_row_no" if blamed == delivered.table else "NULL::BIGINT AS source_row_no"
    key = ", ".join(table.key)
    with opened(delivered, asked_columns([rule], delivered.table)) as session:
        if rule.row_condition is None or rule.skipped_reason(session) is not None:
            types = {
                "source_row_no": pl.Int64(),
                **{name: table.dtypes[name] for name in table.key},
            }
            return pl.DataFrame(schema=types)
        return session.frame(
            f"SELECT {number}, {key} FROM {blamed} "  # noqa: S608  # as above
            f"WHERE {condition_of(rule, session)} ORDER BY source_row_no, {key}"
        )


def condition_of(rule: Rule, session: Session) -> str:
    """The rule's row condition with this delivery's values, never NULL.

    Raises:
        ValueError: if the rule judges the table as a whole and has no rows to blame.
    """
    if rule.row_condition is None:
        raise ValueError(f"{rule.id} has no row condition")
    return f"coalesce({bound(rule.row_condition, rule.values(session.delivered))}, FALSE)"
