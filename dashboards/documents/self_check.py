"""The answer about a draft as a document: figures, things to mend, rejected rows and findings."""

import polars as pl

from dashboards import files, words
from dashboards.documents.common import definitions_of, measured_in, status_labels
from dashboards.drafts.told import Told, message
from dashboards.exports.document import Block, Column, Content, Document, Table, Words
from dashboards.headline import Headline
from dashboards.i18n import day_text, say
from dashboards.units import BankUnit
from transforms.reference.tables import Reference


def made(told: Told, headline: Headline, unit: BankUnit, reference: Reference) -> Document:
    """The page as a document; exact values in its tables, all rows of them.

    Args:
        told: the answer with its words.
        headline: the strip.
        unit: the branch that the draft was checked for.
        reference: tables that definitions speak of.
    """
    answer, language = told.answer, told.form.language
    day = day_text(language, answer.as_of)
    said = list(told.about(unit.name(language)))
    if answer.gate is not None:
        # It weighs more than anything else the file says.
        said.insert(0, f"{say(language, 'ck_gate')}{language.pick(': ', '：')}{told.gate()}")
    if answer.rejected_elsewhere:
        count = told.form.count(answer.rejected_elsewhere)
        said.append(say(language, "ck_rejected_elsewhere", count=count))
    notes = (files.note(note, language) for note in answer.notes)
    blocks: list[Block] = [
        Words(say(language, "self_check_page"), (*said, *notes)),
        _figures(told),
        _work(told),
    ]
    if answer.rejected.height:
        blocks.append(_rejected(told))
    if answer.failing.height:
        blocks.append(_failing(told))
    return Document(
        stem=f"self-check_{unit.unit_id}_{answer.as_of:%Y-%m-%d}",
        title=f"{say(language, 'self_check_page')}{language.pick(': ', '：')}{unit.name(language)}",
        strip=headline.pairs(),
        filters=((say(language, "ck_month"), day),),
        message=message(told),
        blocks=tuple(blocks),
        definitions=definitions_of(
            answer.figures["metric_id"], told.catalogue, reference, language
        ),
    )


def _metrics(told: Told) -> dict[str, str]:
    pick = told.form.language.pick
    return {name: pick(one.label.en, one.label.zh) for name, one in told.catalogue.metrics.items()}


def _figures(told: Told) -> Table:
    language = told.form.language

    def figure(name: str, key: str) -> Column:
        return Column(name, say(language, key), Content.MIXED, by="unit")

    labels = status_labels(language)
    columns = (
        Column("metric_id", say(language, "metric"), labels=_metrics(told)),
        Column("reading", say(language, "ex_reading")),
        Column("unit", say(language, "ex_unit_code"), labels=measured_in(language)),
        figure("published", "ck_published_never"),
        Column("published_as_of", say(language, "month")),
        figure("draft", "ck_draft"),
        figure("target", "target"),
        figure("gap", "ex_gap_value"),
        Column("status", say(language, "status"), labels=labels),
        figure("mended", "ck_if_mended"),
        Column("mended_status", say(language, "ck_if_mended"), labels=labels),
        Column("reason", say(language, "reason")),
    )
    said = (words.reason(text, language) or None for text in told.answer.figures["reason"])
    rows = told.answer.figures.with_columns(reason=pl.Series(list(said), dtype=pl.String())).select(
        column.name for column in columns
    )
    return Table("figures", say(language, "ck_figures"), columns, rows)


def _work(told: Told) -> Table:
    language = told.form.language
    labels = status_labels(language)
    kinds = {kind: say(language, f"ck_kind_{kind}") for kind in told.answer.remedies}
    columns = (
        Column("rank", say(language, "ck_rank"), Content.COUNT),
        Column("kind", say(language, "ck_what"), labels=kinds),
        Column("loan_id", say(language, "gp_loan")),
        Column("borrower_id", say(language, "ck_client_head")),
        Column("branch_id", say(language, "branch")),
        Column("source_file", say(language, "dq_file")),
        Column("rows_in_file", say(language, "dq_row_in_file")),
        Column("amount", say(language, "ck_balance"), Content.MONEY),
        Column("now", say(language, "ck_now")),
        Column("mended", say(language, "ck_tried")),
        Column("remedy", say(language, "ck_remedy")),
        Column("metric_id", say(language, "metric"), labels=_metrics(told)),
        Column("reading", say(language, "ex_reading")),
        *(
            Column(name, say(language, f"ck_{name}"), Content.MIXED, by="unit")
            for name in ("before", "after")
        ),
        Column("unit", say(language, "ex_unit_code"), labels=measured_in(language)),
        *(
            Column(name, say(language, f"ck_{name}"), labels=labels)
            for name in ("status_before", "status_after")
        ),
    )
    rows = told.work_frame().select(column.name for column in columns)
    return Table("work", say(language, "ck_mend"), columns, rows)


def _rejected(told: Told) -> Table:
    language = told.form.language
    texts = (f"reasons_{language.value}", f"remedies_{language.value}")
    columns = (
        Column("table", say(language, "dq_account_table")),
        Column("source_file", say(language, "dq_file")),
        Column("row_in_file", say(language, "dq_row_in_file"), Content.COUNT),
        Column("branch_id", say(language, "branch")),
        Column("amount", say(language, "dq_amount"), Content.NUMBER),
        Column("currency_code", say(language, "ck_currency")),
        Column("rule_ids", say(language, "dq_rule")),
        Column(texts[0], say(language, "reason")),
        Column(texts[1], say(language, "ck_remedy")),
        Column("as_delivered", say(language, "dq_as_delivered")),
    )
    rows = told.answer.rejected.with_columns(
        pl.col("rule_ids", *texts).list.join("; ", ignore_nulls=True)
    ).select(column.name for column in columns)
    return Table("rejected", say(language, "ck_rejected"), columns, rows)


def _failing(told: Told) -> Table:
    language = told.form.language
    columns = (
        Column("rule_id", say(language, "dq_rule")),
        Column("table", say(language, "dq_account_table")),
        Column("branch_id", say(language, "branch")),
        Column("key", say(language, "dq_key")),
        Column("source_file", say(language, "dq_file")),
        Column("row_in_file", say(language, "dq_row_in_file"), Content.COUNT),
        Column("amount", say(language, "dq_amount"), Content.NUMBER),
    )
    rows = told.answer.failing.select(column.name for column in columns)
    return Table("findings", say(language, "ck_findings"), columns, rows)
