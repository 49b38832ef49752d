"""The page of one loan as a document: its facts, which figures count it, its past, what is found in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from dashboards.exports.document import Column, Content, Document, Table
from dashboards.headline import Headline
from dashboards.i18n import Language, say
from dashboards.loan_words import heading, labels_of, spelled
from dashboards.port.loans import LoanFile, Use
from transforms.catalogue.model import Catalogue
from transforms.schema import WIDE


@dataclass(frozen=True, eq=False)
class Shown:
    """What the page shows.

    Attributes:
        changes: what changed, month by month, in words.
        borrower: the borrower as the page shows it.
        masked: whether that is a mask, in words.
        branches: names of units by number.
    """

    loan: LoanFile
    uses: Sequence[Use]
    changes: Sequence[str]
    borrower: str
    masked: str
    headline: Headline
    branches: Mapping[str, str]


def document(shown: Shown, catalogue: Catalogue, language: Language) -> Document:
    """The page as a file."""
    loan = shown.loan
    return Document(
        stem=f"loan-{_ascii(loan.loan_id)}-{loan.as_of}",
        title=say(language, "lo_title", loan=loan.loan_id),
        strip=shown.headline.pairs(),
        filters=(
            (say(language, "ln_loan"), loan.loan_id),
            (say(language, "ln_borrower"), f"{shown.borrower} · {shown.masked}"),
        ),
        blocks=(
            _facts(loan, language),
            _uses(shown.uses, catalogue, language),
            _history(shown, language),
            _events(loan, language),
            _findings(loan, language),
        ),
    )


def _ascii(text: str) -> str:
    return "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "_" for one in text)


def _facts(loan: LoanFile, language: Language) -> Table:
    """Every fact, a row each: values as people read them, since each is of another kind."""
    rows = [
        (table, name, heading(name, language), None if value is None else str(value), said)
        for table, facts in (("loan_snapshot", loan.facts), ("borrower_snapshot", loan.client))
        for name, value in facts.items()
        for said in (spelled(name, value, language),)
    ]
    names = ("table", "column", "label", "value", "words")
    columns = tuple(Column(name, say(language, f"lo_fact_{name}")) for name in names)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String()), orient="row")
    return Table("facts", say(language, "lo_section_facts"), columns, frame)


def _uses(uses: Sequence[Use], catalogue: Catalogue, language: Language) -> Table:
    rows = [
        {
            "metric_id": use.metric,
            "reading": use.reading,
            "side": use.side,
            "counts": use.counts,
            "amount": use.amount if use.counts else None,
            "because": "; ".join(language.pick(one.en, one.zh) for one in use.because),
            "facts": "; ".join(
                f"{heading(name, language)} = {spelled(name, value, language)}"
                for name, value in use.facts
            ),
        }
        for use in uses
    ]
    metrics = {
        name: language.pick(one.label.en, one.label.zh) for name, one in catalogue.metrics.items()
    }
    yes = {"true": say(language, "ln_yes"), "false": say(language, "ln_no")}
    sides = {one: say(language, f"ln_{one}_word") for one in ("numerator", "denominator")}
    columns = (
        Column("metric_id", say(language, "metric"), labels=metrics),
        Column("reading", say(language, "mt_reading")),
        Column("side", say(language, "ln_side"), labels=sides),
        Column("counts", say(language, "lo_counts"), labels=yes),
        Column("amount", say(language, "ln_adds"), Content.NUMBER),
        Column("because", say(language, "ln_rule")),
        Column("facts", say(language, "lo_looked_at")),
    )
    frame = pl.DataFrame(
        rows,
        schema={
            **dict.fromkeys(("metric_id", "reading", "side"), pl.String()),
            "counts": pl.Boolean(),
            "amount": WIDE,
            **dict.fromkeys(("because", "facts"), pl.String()),
        },
        orient="row",
    ).with_columns(pl.col("counts").cast(pl.String))
    return Table("uses", say(language, "lo_section_uses"), columns, frame)


def _history(shown: Shown, language: Language) -> Table:
    rows = shown.loan.history.with_columns(changed=pl.Series(list(shown.changes), dtype=pl.String))
    columns = (
        Column("as_of_date", say(language, "month"), Content.DATE),
        Column("booking_branch_id", say(language, "branch"), labels=_here(rows, shown.branches)),
        Column("outstanding_principal", say(language, "lo_principal"), Content.NUMBER),
        Column("currency_code", heading("currency_code", language)),
        *(
            Column(name, heading(name, language), labels=labels_of(name, language))
            for name in ("loan_classification", "days_past_due", "sei_tag", "green_tag")
        ),
        Column("changed", say(language, "lo_changed")),
    )
    frame = rows.select(
        pl.col(column.name).cast(pl.String)
        if column.name == "days_past_due"
        else pl.col(column.name)
        for column in columns
    )
    return Table("history", say(language, "lo_history"), columns, frame)


def _here(rows: pl.DataFrame, branches: Mapping[str, str]) -> dict[str, str]:
    codes = rows["booking_branch_id"].unique().sort().to_list()
    return {code: branches[code] for code in codes if code in branches}


def _events(loan: LoanFile, language: Language) -> Table:
    columns = (
        Column("event_date", say(language, "lo_day"), Content.DATE),
        Column(
            "event_type",
            heading("event_type", language),
            labels=labels_of("event_type", language),
        ),
        Column("amount", say(language, "lo_amount"), Content.NUMBER),
        Column("currency_code", heading("currency_code", language)),
        Column("from_value", heading("from_value", language)),
        Column("to_value", heading("to_value", language)),
    )
    return Table(
        "events",
        say(language, "lo_events"),
        columns,
        loan.events.select(column.name for column in columns),
    )


def _findings(loan: LoanFile, language: Language) -> Table:
    code = language.value
    columns = (
        Column("rule_id", say(language, "ln_rule_filter")),
        Column("severity", say(language, "lo_severity")),
        Column("table", say(language, "lo_fact_table")),
        Column(f"reason_{code}", say(language, "lo_says")),
        Column(f"remedy_{code}", say(language, "lo_remedy")),
    )
    rows = loan.findings.select(column.name for column in columns)
    return Table("findings", say(language, "lo_findings"), columns, rows)
