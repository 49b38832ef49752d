"""Writes the generated pages beside it: metrics, checks and the data dictionary, from the code itself.

    .venv/bin/python docs/generate.py

The same code gives the same bytes, and a test keeps the pages in step. Nothing is said here that the
declarations do not say: wording belongs in the catalogue, the rules and the schema.
"""  # noqa: INP001 - a script beside the pages it writes, no package

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from expectations.rules import Rule, Scope, Severity, load_rules
from records.deliveries import LOAD_BATCH, REJECTED
from records.published import PUBLICATION, RESULTS
from transforms import schema
from transforms.catalogue.load import load as load_catalogue
from transforms.catalogue.model import (
    Aggregation,
    Base,
    Catalogue,
    Clause,
    Flag,
    Kind,
    Metric,
    Reading,
    Source,
    Unit,
)
from transforms.catalogue.vocabulary import EVENT_TERMS, LOAN_TERMS, SLICES, Term
from transforms.codes import CodeList
from transforms.reference import tables as reference_tables
from transforms.reference.tables import Reference
from transforms.schema import SYSTEM_COLUMNS, TABLES, Column, Delivery, Presence, Table

HERE: Final = Path(__file__).resolve().parent

NOTICE: Final = (
    "*This page is written by `docs/generate.py` from {source}. Change it there and write the page "
    "again; a test keeps the two in step.*"
)

_KINDS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.TOTAL: "a sum; parents are the sum of their branches",
        Kind.COUNT_DISTINCT: "distinct clients, counted anew at every node: a parent can be lower "
        "than the sum of its branches",
        Kind.RATIO: "numerator / denominator, recomputed from the sums at every node",
        Kind.INCREMENT: "this month end minus the base month end",
        Kind.GROWTH: "this month end against the base month end, as a fraction of the base",
        Kind.TOLERANCE: "headroom of a ratio under a limit that follows another ratio",
    }
)
_UNITS: Final[Mapping[Unit, str]] = MappingProxyType(
    {
        Unit.CURRENCY: "base currency",
        Unit.COUNT: "number",
        Unit.RATIO: "fraction (0.15 is 15 %)",
        Unit.PP: "percentage points",
    }
)
_BASES: Final[Mapping[Base, str]] = MappingProxyType(
    {
        Base.PREVIOUS_MONTH: "the previous month end (比上月)",
        Base.YEAR_END: "the previous year end (比年初)",
        Base.SAME_MONTH_LAST_YEAR: "the same month end last year (同比)",
    }
)
_WINDOWS: Final[Mapping[str, str]] = MappingProxyType(
    {"month": "first-loan events of the month", "year_to_date": "first-loan events since 1 January"}
)
_ABSENT: Final[Mapping[Presence, str]] = MappingProxyType(
    {Presence.REQUIRED: "refused", Presence.ASSUMED: "assumed", Presence.OPTIONAL: "left empty"}
)
_DELIVERED: Final[Mapping[Delivery, str]] = MappingProxyType(
    {
        Delivery.MONTHLY: "A month is computed with its own delivery only.",
        Delivery.CARRIED: "A month is computed with its own delivery or, without one, with the latest "
        "earlier one.",
    }
)
_RESULT_MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "load_batch": "One row per delivered table: the account of what was taken. Written last: "
        "with it a delivery becomes visible.",
        "rejected_rows": "Rejected rows, word for word as delivered, with the rules they break.",
        "metric_fact": "Every figure: metric, reading, node, slice, numerator, denominator, value, "
        "target, status and quality.",
        "node": "The branch tree as organised at the month end.",
        "counts_for": "Which node each branch, open or closed, counts for.",
        "client_count": "Distinct counts by node.",
        "branch_measure": "Additive measures by booking branch: the base of later comparisons.",
        "finding": "Broken rules of the month, by branch where it applies, with reason and remedy.",
        "check_result": "Every rule's verdict of the month, broken or not, or why it was skipped.",
        "reconciliation": "Loans against the general ledger by branch, account and currency.",
        "publication": "One row per publication: the month, its version, and the run that readers take.",
    }
)
_PLACEHOLDER: Final = re.compile(r":([a-z_][a-z0-9_]*)")


def pages() -> dict[str, str]:
    """Every generated page, by file name."""
    reference = reference_tables.load()
    catalogue = load_catalogue(reference.tables["thresholds"]["name"].unique())
    told = {
        "metrics.md": metrics_page(catalogue, reference),
        "checks.md": checks_page(load_rules()),
        "data-dictionary.md": dictionary_page(),
    }
    return {name: "\n".join(lines).rstrip() + "\n" for name, lines in told.items()}


def main() -> None:
    """Write the pages, and say which of them changed."""
    for name, text in pages().items():
        path = HERE / name
        same = path.exists() and path.read_text(encoding="utf-8") == text
        if not same:
            path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name} {'is unchanged' if same else 'is written'}\n")


def _cell(value: object) -> str:
    """A value inside a table: one line, and no bar of its own."""
    return " ".join(str(value).split()).replace("|", "\\|") or "–"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(map(_cell, row))} |"
    yield ""


def _code(text: str) -> str:
    return f"`{' '.join(text.split())}`"


def _worded(label: str) -> str:
    """A label whose `:threshold` is set apart as a name."""
    return _PLACEHOLDER.sub(lambda match: f"`{match.group(1)}`", label)


def _sourced(source: Source) -> str:
    return source.document if source.verified else f"{source.document} **(not verified)**"


# Metrics


def metrics_page(catalogue: Catalogue, reference: Reference) -> Iterator[str]:
    """Every metric with its measures, the flags it rests on, thresholds and looked-up names."""
    yield "# Metrics"
    yield ""
    yield NOTICE.format(source="`transforms/catalogue/definitions/` and `transforms/reference/`")
    yield ""
    yield (
        "A *metric* is made from *measures*; a measure sums or counts the loans (or first-loan events) "
        "that a *flag* admits; a flag is a list of conditions a person can read. A version such as "
        "`1.6534e012` is the declared number and a hash of everything the metric rests on: if anything "
        "under it changes, the version does. A source marked **(not verified)** could not be checked "
        "against its published text."
    )
    yield ""
    yield "## At a glance"
    yield ""
    yield from _table(
        ("metric", "name", "名称", "kind", "better", "readings", "source"),
        (
            (
                f"[{name}](#{name})",
                metric.label.en,
                metric.label.zh,
                metric.kind.value,
                metric.better.value,
                _readings(metric),
                "verified" if metric.source.verified else "not verified",
            )
            for name, metric in catalogue.metrics.items()
        ),
    )
    for name, metric in catalogue.metrics.items():
        yield from _metric(catalogue, name, metric)
    yield "## Measures"
    yield ""
    yield from _table(
        ("measure", "what is taken", "over"),
        (
            (f"`{measure.name}`", _taken(catalogue, measure.name), _flag_link(measure.where))
            for measure in catalogue.measures.values()
        ),
    )
    yield "## Flags"
    yield ""
    yield (
        "A flag holds if every condition under *all* is met and, where there are any under *one of*, at "
        "least one of them. A condition that cannot be decided, because a value is empty, is not met. "
        "A condition may name another flag."
    )
    yield ""
    for flag in catalogue.flags.values():
        yield from _flag(catalogue, flag)
    yield from _thresholds(reference)
    yield from _vocabulary()


def _readings(metric: Metric) -> str:
    if len(metric.readings) == 1:
        return ""
    return ", ".join(
        f"**{reading.name}**" if reading.name == metric.default_reading else reading.name
        for reading in metric.readings
    )


def _metric(catalogue: Catalogue, name: str, metric: Metric) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield f"**{metric.label.en}** · {metric.label.zh}"
    yield ""
    yield f"- Kind: {metric.kind.value}, {_KINDS[metric.kind]}."
    if metric.base is not None:
        yield f"- Compared with: {_BASES[metric.base]}, over the branch tree of today."
    yield f"- Unit: {_UNITS[metric.unit]}. Better: {metric.better.value}."
    if metric.slices:
        yield f"- Can be cut by: {', '.join(f'`{each}`' for each in metric.slices)}."
    until = f" until {metric.valid_to.isoformat()}" if metric.valid_to else ""
    yield f"- Holds from {metric.valid_from.isoformat()}{until}. Version `{catalogue.versions[name]}`."
    yield f"- Source: {_sourced(metric.source)}"
    yield ""
    heads = ["reading", "numerator", "denominator"]
    if any(reading.reference_numerator for reading in metric.readings):
        heads.append("reference ratio")
    yield from _table(heads, (_terms(catalogue, metric, each) for each in metric.readings))


def _terms(catalogue: Catalogue, metric: Metric, reading: Reading) -> list[str]:
    name = reading.name if len(metric.readings) > 1 else "the only one"
    if name == metric.default_reading:
        name = f"{name} (default)"
    numerator = _measure(catalogue, reading.numerator)
    denominator = _measure(catalogue, reading.denominator)
    if metric.base is not None:
        denominator = "the same at the base month end"
    if metric.kind is Kind.GROWTH:
        numerator = f"{numerator}, minus the same at the base month end"
    terms = [name, numerator, denominator]
    if reading.reference_numerator is not None:
        above = _measure(catalogue, reading.reference_numerator)
        below = _measure(catalogue, reading.reference_denominator)
        terms.append(f"{above} / {below}, of the whole bank")
    return terms


def _measure(catalogue: Catalogue, name: str | None) -> str:
    if name is None:
        return ""
    return f"{_taken(catalogue, name)} where {_flag_link(catalogue.measures[name].where)}"


def _taken(catalogue: Catalogue, name: str) -> str:
    measure = catalogue.measures[name]
    match measure.aggregation:
        case Aggregation.SUM:
            return f"sum of `{measure.over}`"
        case Aggregation.COUNT_DISTINCT:
            return f"distinct `{measure.over}`"
        case Aggregation.COUNT_EVENTS:
            return _WINDOWS[measure.over]


def _flag_link(name: str) -> str:
    return f"[{name}](#{name})"


def _flag(catalogue: Catalogue, flag: Flag) -> Iterator[str]:
    yield f"### {flag.name}"
    yield ""
    yield f"**{flag.label.en}** · {flag.label.zh}. A rule about one {flag.entity.value}."
    yield f"Source: {_sourced(flag.source)}"
    yield ""
    yield from _table(
        ("", "condition", "条件", "SQL"),
        (
            (
                word,
                _worded(clause.label.en) + _without(clause),
                _worded(clause.label.zh),
                _flag_link(clause.sql) if clause.sql in catalogue.flags else _code(clause.sql),
            )
            for word, clauses in (("all", flag.all_of), ("one of", flag.any_of))
            for clause in clauses
        ),
    )


def _without(clause: Clause) -> str:
    if not clause.soft:
        return ""
    names = ", ".join(f"`{name}`" for name in clause.soft)
    return f" (not met where {names} was not delivered)"


def _thresholds(reference: Reference) -> Iterator[str]:
    yield "## Thresholds"
    yield ""
    yield "Dated numbers that conditions name. A month is computed with what was in force at its end."
    yield ""
    yield from _table(
        ("name", "from", "to", "value", "unit", "source", "confidence"),
        (
            (f"`{row['name']}`", *(row[key] or "" for key in _THRESHOLD))
            for row in reference.tables["thresholds"].to_dicts()
        ),
    )
    yield "The rules of the NPL tolerance, by date:"
    yield ""
    yield from _table(
        ("rule", "from", "to", "portfolio", "base", "plus (pp)", "basis", "confidence"),
        (
            tuple(row[key] or "" for key in _TOLERANCE)
            for row in reference.tables["npl_tolerance_rules"].to_dicts()
        ),
    )


_THRESHOLD: Final = ("valid_from", "valid_to", "value", "unit", "source", "confidence")
_TOLERANCE: Final = (
    "rule_id",
    "from_date",
    "to_date",
    "portfolio",
    "base",
    "delta_pp",
    "basis",
    "confidence",
)


def _vocabulary() -> Iterator[str]:
    yield "## Names a condition may use"
    yield ""
    yield (
        "The columns of [loan_snapshot](data-dictionary.md#loan_snapshot), some of "
        "[borrower_snapshot](data-dictionary.md#borrower_snapshot) and, for events, those of "
        "[borrower_first_loan_event](data-dictionary.md#borrower_first_loan_event); other flags; the "
        "thresholds above; and the names below, which are looked up or computed for each row. Where the "
        "book lacks what a name needs, the metrics that use it are *not computable*, with the reason."
    )
    yield ""
    delivered = {column.name for table in TABLES.values() for column in table.columns}
    for head, terms in (
        ("Loans", LOAN_TERMS),
        ("First-loan events", EVENT_TERMS),
        ("Slices: what a metric can be cut by", SLICES),
    ):
        yield f"### {head}"
        yield ""
        kept = [t for t in terms.values() if terms is SLICES or t.name not in delivered]
        yield from _table(("name", "meaning", "needs"), map(_term, kept))


def _term(term: Term) -> tuple[str, str, str]:
    needs = [f"`{need}`" for need in sorted(term.needs)]
    if term.taxonomy is not None:
        needs.append(f"industries coded in {term.taxonomy.value}")
    return f"`{term.name}`", term.meaning, ", ".join(needs)


# Checks


def checks_page(rules: Sequence[Rule]) -> Iterator[str]:
    """Every rule: what it says, how grave it is, what becomes of the row, and the way out."""
    yield "# Checks"
    yield ""
    yield NOTICE.format(source="`expectations/rules/`")
    yield ""
    rejecting = sum(rule.rejects for rule in rules)
    stopping = [rule for rule in rules if _stops(rule)]
    yield (
        f"{len(rules)} rules. {rejecting} of them *reject*: a row that breaks one is kept aside with the "
        "reason, and accepted + rejected = delivered, in rows and money. "
        f"{len(stopping)} *stop the month*: it is not published while a table breaks one of them. All "
        "others keep the row and report it. A rule whose table or column was not delivered is *skipped*, "
        "and says so."
    )
    yield ""
    yield from _table(
        ("severity", "an id begins with", "what it means"),
        (
            ("critical", "E", "the row cannot be counted, or the table cannot be used"),
            ("error", "E", "the row is kept, and a figure that rests on it is doubtful"),
            ("warning", "W", "the row is kept; somebody should look"),
        ),
    )
    groups: dict[str, list[Rule]] = {}
    for rule in rules:
        groups.setdefault("every table" if rule.is_intake else rule.table, []).append(rule)
    for table, own in groups.items():
        yield f"## {table}"
        yield ""
        yield from _table(
            ("rule", "severity", "what happens", "reason", "原因"),
            (
                (
                    f"[{rule.id}](#{rule.id.lower()})",
                    rule.severity.value,
                    _consequence(rule),
                    rule.reason.en,
                    rule.reason.zh,
                )
                for rule in own
            ),
        )
        for rule in own:
            yield from _rule(rule)


def _stops(rule: Rule) -> bool:
    return rule.severity is Severity.CRITICAL and rule.scope is Scope.TABLE


def _consequence(rule: Rule) -> str:
    if _stops(rule):
        return "stops the month"
    return "row rejected" if rule.rejects else "reported"


def _rule(rule: Rule) -> Iterator[str]:
    yield f"### {rule.id}"
    yield ""
    yield f"- Remedy: {rule.remedy.en}"
    yield f"- 处理：{rule.remedy.zh}"
    yield f"- Breaks: {_breaks(rule)}"
    if rule.needs and not rule.is_intake:
        yield f"- Needs: {', '.join(f'`{need}`' for need in rule.needs)}"
    used = [
        name for name in rule.parameters if f":{name}" in (rule.row_condition or rule.fails or "")
    ]
    if used:
        yield f"- With: {', '.join(f'`{name}` = {rule.parameters[name]}' for name in used)}"
    yield f"- Source: {rule.source}"
    yield ""


def _breaks(rule: Rule) -> str:
    if rule.is_intake:
        return "noted while the file is read, before any SQL"
    if rule.repeats:
        return f"every row but the first with the same {', '.join(f'`{c}`' for c in rule.repeats)}"
    if rule.offenders:
        return f"the table, if a row meets {_code(rule.offenders)}"
    return f"the {rule.scope.value}, if {_code(rule.fails or '')}"


# Data dictionary


def dictionary_page() -> Iterator[str]:
    """Every canonical table and column, the code lists, and the tables the product writes."""
    yield "# Data dictionary"
    yield ""
    yield NOTICE.format(source="`transforms/schema.py`, `transforms/codes.py` and `records/`")
    yield ""
    yield (
        "*Delivered tables* are what a bank's files become, by their own column names or through a "
        "[mapping](mappings.md). *If absent* says what happens when a file lacks the whole column: it is "
        "*refused*, or a value is *assumed* and reported, or the column is *left empty* and metrics that "
        "need it are not computable. *Empty* says whether single values may be missing. Tier A columns "
        "are those the metrics rest on first; tier B adds to them."
    )
    yield ""
    yield from _table(
        ("table", "名称", "a row is", "key", "columns"),
        (
            (
                f"[{table.name}](#{table.name})",
                table.zh,
                table.grain,
                ", ".join(f"`{name}`" for name in table.key),
                len(table.columns),
            )
            for table in TABLES.values()
        ),
    )
    for table in TABLES.values():
        yield from _canonical(table)
    yield "## Added to every delivered row"
    yield ""
    yield from _table(
        ("column", "type", "meaning", "含义"),
        ((f"`{c.name}`", _type(c.dtype), c.en, c.zh) for c in SYSTEM_COLUMNS),
    )
    yield "## Code lists"
    yield ""
    yield (
        "A code is accepted in its canonical form or in one of the spellings, whatever the capitals. An "
        "unknown code is a problem of the row ([E0004](checks.md#e0004)); it never becomes *other*."
    )
    yield ""
    for code_list in _code_lists():
        yield f"### code list {code_list.name}"
        yield ""
        yield from _table(
            ("code", "meaning", "含义", "also spelt"),
            ((f"`{c.code}`", c.en, c.zh, ", ".join(c.aliases)) for c in code_list.codes),
        )
    yield "## Written by the product"
    yield ""
    yield (
        "Tables of the workspace's lake beside the delivered ones. Figures have twelve decimals "
        "([why](decisions/0010-facts-are-decimal-38-12.md))."
    )
    yield ""
    written = {"load_batch": LOAD_BATCH, "rejected_rows": REJECTED, **RESULTS}
    for name, columns in {**written, "publication": PUBLICATION}.items():
        yield f"### {name}"
        yield ""
        yield _RESULT_MEANINGS[name]
        yield ""
        yield from _table(
            ("column", "type"), ((f"`{column}`", _type(t)) for column, t in columns.items())
        )


def _canonical(table: Table) -> Iterator[str]:
    yield f"## {table.name}"
    yield ""
    yield f"**{table.en}** · {table.zh}: {table.grain}. {_DELIVERED[table.delivery]}"
    yield ""
    yield from _table(
        ("column", "type", "unit", "tier", "if absent", "empty", "meaning", "含义", "standard"),
        map(_column, table.columns),
    )


def _column(column: Column) -> tuple[str, ...]:
    absent = _ABSENT[column.presence]
    if column.presence is Presence.ASSUMED:
        absent += f" {_assumed(column)}"
    unit = column.unit
    if column.code_list is not None:
        unit = f"[{unit or 'code'}](#code-list-{column.code_list.name})"
    return (
        f"`{column.name}`",
        _type(column.dtype),
        unit,
        column.tier,
        absent,
        "yes" if column.nullable else "no",
        column.en,
        column.zh,
        column.standard,
    )


def _assumed(column: Column) -> str:
    if column.assumed == "@base_currency":
        return "the base currency"
    words = str(column.assumed)
    return f"`{words.lower() if isinstance(column.assumed, bool) else words}`"


def _code_lists() -> Iterator[CodeList]:
    """The lists that columns use, each once, in the order they are met."""
    lists = {
        column.code_list.name: column.code_list
        for table in TABLES.values()
        for column in table.columns
        if column.code_list is not None
    }
    yield from lists.values()


def _type(dtype: pl.DataType) -> str:
    """A type in words: what a person who makes the file has to know."""
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    if isinstance(dtype, pl.List):
        return "list of text"
    return _TYPES.get(str(dtype), "UTC time" if isinstance(dtype, pl.Datetime) else str(dtype))


_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        str(schema.TEXT): "text",
        str(schema.DAY): "date",
        str(schema.FLAG): "yes/no",
        str(schema.COUNT): "integer",
        str(pl.Int64()): "integer",
    }
)


if __name__ == "__main__":
    main()
