"""How a unit's month stands to a signature as a document: its reports, units by step, who signed what."""

from collections.abc import Sequence

import polars as pl

from dashboards.exports.document import Column, Content, Document, Table
from dashboards.headline import Headline
from dashboards.i18n import say
from dashboards.numbers import Format
from dashboards.release.reports import SIGNED, ReportLine, ReportState
from dashboards.release.steps import STEPS, UnitSteps, message
from transforms.schema import COUNT, DAY, TEXT


def made(
    headline: Headline,
    whole: UnitSteps,
    below: Sequence[UnitSteps],
    signatures: pl.DataFrame,
    form: Format,
    lines: Sequence[ReportLine] = (),
) -> Document:
    """The page as a document.

    Args:
        headline: the strip.
        whole: the unit step by step.
        below: the units below it.
        signatures: on the month, in scope (`records.ledger.sign_offs.SIGN_OFFS`).
        form: how numbers are printed.
        lines: the reports of the month; a table of its own where there are any.
    """
    language, unit = form.language, whole.unit
    month = headline.month
    return Document(
        stem=f"sign-off_{unit.unit_id}_{month.as_of:%Y-%m-%d}_v{month.version}",
        title=f"{say(language, 'reports_page')}{language.pick(': ', '：')}{unit.name(language)}",
        strip=headline.pairs(),
        message=message(whole, below, form),
        blocks=(
            *([_reports(lines, form)] if lines else []),
            _steps([whole, *below], form),
            _signatures([whole, *below], signatures, form),
        ),
    )


def _reports(lines: Sequence[ReportLine], form: Format) -> Table:
    """How far each report has come, and who took which step."""
    language = form.language
    titles = {one.return_id: one.title(language) for one in lines}
    states = {one.value: say(language, f"rt_state_{one.value}") for one in ReportState}
    columns = [
        Column("report", say(language, "rt_report"), labels=titles),
        Column(
            "branch_id", say(language, "branch"), labels={o.unit_id: o.unit_name for o in lines}
        ),
        Column("due", say(language, "rt_due"), Content.DATE),
        Column("state", say(language, "rp_state"), labels=states),
        Column("edition", say(language, "sm_edition_word"), Content.COUNT),
        *(Column(f"{one.value}_by", say(language, f"sm_step_{one.value}")) for one in SIGNED),
        Column("sent", say(language, "rt_sent"), Content.COUNT),
    ]
    records = [
        {
            "report": one.return_id,
            "branch_id": one.unit_id,
            "due": one.due,
            "state": one.state.value,
            "edition": one.edition,
            **{
                f"{step.value}_by": None if taken is None else taken.person
                for step, taken in zip(SIGNED, one.steps, strict=True)
            },
            "sent": one.sent,
        }
        for one in lines
    ]
    kinds = {"due": DAY, "edition": COUNT, "sent": COUNT}
    schema = {column.name: kinds.get(column.name, TEXT) for column in columns}
    rows = pl.DataFrame(records, schema=schema)
    return Table("reports", say(language, "rt_reports"), tuple(columns), rows)


def _steps(units: Sequence[UnitSteps], form: Format) -> Table:
    language = form.language
    standings = {
        name: say(language, f"rp_cell_{name}") for name in ("good", "open", "watch", "bad")
    }
    columns = [Column("branch_id", say(language, "branch"), labels=_names(units, form))]
    for name in STEPS:
        label = say(language, f"rp_step_{name}")
        columns += [Column(f"{name}_state", label, labels=standings), Column(name, label)]
    records = []
    for one in units:
        row: dict[str, str | None] = {"branch_id": one.unit.unit_id}
        for name in STEPS:
            step = one.steps.get(name)
            row[f"{name}_state"] = None if step is None else step.standing.value
            row[name] = None if step is None else step.text
        records.append(row)
    rows = pl.DataFrame(records, schema=dict.fromkeys((c.name for c in columns), TEXT))
    return Table("steps", say(language, "rp_units"), tuple(columns), rows)


def _signatures(units: Sequence[UnitSteps], signatures: pl.DataFrame, form: Format) -> Table:
    language = form.language
    names = _names(units, form)
    columns = (
        Column("branch_id", say(language, "branch"), labels=names),
        Column("as_of_date", say(language, "month"), Content.DATE),
        Column("snapshot_version", say(language, "rp_of_version"), Content.COUNT),
        Column("person", say(language, "rp_by")),
        Column("at", say(language, "rp_at")),
        Column("fingerprint", say(language, "rp_sign_fingerprint")),
        Column("run_id", say(language, "rp_of_figures")),
        Column("note", say(language, "note")),
    )
    rows = (
        signatures.filter(pl.col("branch_id").is_in(list(names)))
        .with_columns(pl.col("at").dt.to_string("%Y-%m-%dT%H:%M:%SZ"))
        .select(column.name for column in columns)
    )
    return Table("signatures", say(language, "rp_signatures"), columns, rows)


def _names(units: Sequence[UnitSteps], form: Format) -> dict[str, str]:
    return {one.unit.unit_id: one.unit.name(form.language) for one in units}
