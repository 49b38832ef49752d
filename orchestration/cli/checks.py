"""How numbers are judged: `checks` (verdicts), `findings` (what to mend, with the rows) and `data-docs`."""

import json
import shutil
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import polars as pl
import typer

from orchestration import months
from orchestration.bank import Bank
from orchestration.cli.acting import command_scope
from orchestration.cli.options import (
    LATEST,
    FormatOption,
    MonthOption,
    WorkspaceOption,
    month_of,
    root_of,
)
from orchestration.cli.output import Format, console, exact, print_json, show, stream
from orchestration.months import MonthAtWork
from records.access import Scope
from records.published import FAILING_ROW, Judged
from transforms.errors import BranchmarkError, NoSuchMonthError, UnknownNameError

_SHOWN: Final = 50
"""Failing rows that a terminal shows; a pipe gets all of them."""
_SORTED: Final = 1_000_000
"""Lists up to this long come in order of rules and branches; longer ones stream as they are stored."""
_GRAVEST_FIRST: Final = ("critical", "error", "warning")

RuleOption = Annotated[str | None, typer.Option("--rule", help="One rule, such as E0203.")]


def checks(
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="A month end (YYYY-MM-DD), or `latest` (the default; with --history, every month).",
        ),
    ] = None,
    rule: RuleOption = None,
    history: Annotated[
        bool, typer.Option("--history", help="Every run there has been, published or not.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="In a table, also the rules that passed.")
    ] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """What every rule said of a month: passed, broken, or skipped and why; and who set it so."""
    bank = Bank.at(root_of(workspace))
    _require_rule(bank, rule)
    rows = bank.published.check_history()
    run = None
    if history:
        _judged(bank, LATEST)  # there must be a first run
        if as_of is not None:
            rows = rows.filter(pl.col("as_of_date") == _judged(bank, as_of).as_of_date)
    else:
        run = _judged(bank, as_of or LATEST)
        newest = pl.col("run_time").max().over("table", "rule_id")
        rows = rows.filter(
            pl.col("run_id") == run.run_id, pl.col("as_of_date") == run.as_of_date
        ).filter(pl.col("run_time") == newest)
    if rule is not None:
        rows = rows.filter(pl.col("rule_id") == rule)
    told = [_verdict(row) for row in rows.collect().to_dicts()]
    quiet = output is Format.TABLE and not (every or history or rule)
    shown = [row for row in told if not quiet or row["outcome"] == "broken" or _is_the_banks(row)]
    columns = ["rule", "table", "severity", "outcome", "failing_rows", "checked_rows", "why"]
    show(
        shown,
        output,
        title=_title(run) if run else "Every run",
        columns=(*(("as_of_date", "run_time") if history else ()), *columns, "set_by"),
        right=("failing_rows", "checked_rows"),
    )
    if output is Format.TABLE and not history:
        _sum_up(told)


def _title(run: Judged) -> str:
    state = "published" if run.published else "not published: a check stopped it, or the run died"
    return (
        f"{run.as_of_date}, version {run.snapshot_version}, judged {_clock(run.run_time)}, {state}"
    )


def _verdict(row: dict[str, Any]) -> dict[str, object]:
    skipped = row["skipped_reason"]
    outcome = "skipped" if skipped else "passed" if row["passed"] else "broken"
    broken = row["detail"] if outcome == "broken" and row["failing_rows"] is None else None
    return {
        "as_of_date": row["as_of_date"].isoformat(),
        "snapshot_version": row["snapshot_version"],
        "run_id": row["run_id"],
        "run_time": _clock(row["run_time"]),
        "rule": row["rule_id"],
        "table": row["table"],
        "severity": row["severity"],
        "outcome": outcome,
        "failing_rows": row["failing_rows"],
        "checked_rows": row["checked_rows"],
        "why": skipped or broken,
        "set_by": row["set_by"],
        "parameters": json.loads(row["parameters"] or "{}"),
    }


def _is_the_banks(row: dict[str, object]) -> bool:
    return row["set_by"] != "product"


def _sum_up(told: list[dict[str, object]]) -> None:
    out = console()
    outcomes = Counter(str(row["outcome"]) for row in told)
    out.print(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) + ".")
    reasons = Counter(str(row["why"]) for row in told if row["outcome"] == "skipped")
    for reason, count in sorted(reasons.items()):
        out.print(f"Skipped, {count}: {reason}.")


def findings(
    as_of: MonthOption = LATEST,
    branch: Annotated[
        str | None, typer.Option("--branch", help="Only what this branch and those below can mend.")
    ] = None,
    rule: RuleOption = None,
    rows: Annotated[
        bool, typer.Option("--rows", help="Every row that breaks a rule, not their number.")
    ] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """What the rules found in a month, with reason and remedy; with --rows every failing row."""
    bank = Bank.at(root_of(workspace))
    _require_rule(bank, rule)
    run = _judged(bank, as_of)
    scope = _scope(bank, run, branch)
    if rows:
        failing = bank.published.failing_rows_of(scope, run)
        chosen = failing if rule is None else failing.filter(pl.col("rule_id") == rule)
        _list(_placed(bank, scope, run, chosen), output)
        return
    found = bank.published.findings_of(scope, run)
    if branch is not None:
        # What belongs to no branch is everybody's to know, and not this branch's to mend.
        found = found.filter(pl.col("branch_id").is_not_null())
    if rule is not None:
        found = found.filter(pl.col("rule_id") == rule)
    grave = pl.col("severity").replace_strict(_GRAVEST_FIRST, range(3), return_dtype=pl.Int8)
    ordered = found.sort(grave, "rule_id", "table", "branch_id", nulls_last=True).collect()
    if output is not Format.TABLE:
        show([_finding(row) for row in ordered.to_dicts()], output)
        return
    by_branch = branch is not None or rule is not None
    if not by_branch:
        ordered = _by_rule(ordered)
    show(
        [_finding(row) for row in ordered.to_dicts()],
        output,
        title=_title(run),
        columns=(
            "rule",
            "severity",
            "table",
            "branch" if by_branch else "branches",
            "rows",
            "amount",
            "reason_en",
            "remedy_en",
        ),
        right=("branches", "rows", "amount"),
    )
    console().print(
        "The rows: branchmark findings --rows --rule RULE. Each rule in both languages: docs/checks.md."
    )


def _by_rule(found: pl.DataFrame) -> pl.DataFrame:
    """One line a rule and table, over all branches."""
    told = ("severity", "reason_en", "reason_zh", "remedy_en", "remedy_zh")
    return found.group_by("rule_id", "table", maintain_order=True).agg(
        pl.col(told).first(),
        branch_id=pl.lit(None, dtype=pl.String).first(),
        branches=pl.col("branch_id").n_unique() - pl.col("branch_id").is_null().any(),
        failing_rows=pl.when(pl.col("failing_rows").count() > 0).then(pl.col("failing_rows").sum()),
        failing_amount=pl.when(pl.col("failing_amount").count() > 0).then(
            pl.col("failing_amount").sum()
        ),
        example_keys=pl.col("example_keys").first(),
    )


def _finding(row: dict[str, Any]) -> dict[str, object]:
    return {
        "rule": row["rule_id"],
        "severity": row["severity"],
        "table": row["table"],
        "branch": row["branch_id"],
        **({"branches": row["branches"]} if "branches" in row else {}),
        "rows": row["failing_rows"],
        "amount": exact(row["failing_amount"], places=2),
        "examples": row["example_keys"] or [],
        "reason_en": row["reason_en"],
        "reason_zh": row["reason_zh"],
        "remedy_en": row["remedy_en"],
        "remedy_zh": row["remedy_zh"],
    }


_PLACE: Final = ("file", "row_in_file", "columns", "as_delivered")
"""Where a failing row stands, and, of a rejected one, which columns are wrong and what was delivered."""


def _placed(bank: Bank, scope: Scope, run: Judged, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Failing rows with the file they stand in; rejected ones with the columns and the row as delivered."""
    key = ["table", "source_row_no"]
    chosen = bank.deliveries.chosen(run.as_of_date, run.snapshot_version)
    rejected = bank.deliveries.rejected(scope, run.as_of_date, run.snapshot_version)
    aside = rejected.lazy().select(
        *key,
        "row_in_file",
        "as_delivered",
        file="source_file",
        columns=pl.col("problems")
        .list.eval(pl.element().str.split(":").list.last())
        .list.join(", "),
    )
    # Of several files of one table, only a rejected row knows its own.
    alone = pl.LazyFrame(
        [(name, one.source_file) for name, one in chosen.items() if "; " not in one.source_file],
        schema={"table": pl.String(), "only_file": pl.String()},
        orient="row",
    )
    return (
        rows.join(aside, on=key, how="left")
        .join(alone, on="table", how="left")
        .with_columns(
            file=pl.coalesce("file", "only_file"),
            row_in_file=pl.when(pl.col("only_file").is_null())
            .then("row_in_file")
            .otherwise("source_row_no"),
        )
        .select(*FAILING_ROW, *_PLACE)
    )


def _list(rows: pl.LazyFrame, output: Format) -> None:
    """Print failing rows: some for a terminal, all for a pipe, a batch at a time."""
    count = rows.select(pl.len()).collect().item()
    order = ("rule_id", "branch_id", "table", "source_row_no", "key")
    ordered = rows.sort(order, nulls_last=True) if count <= _SORTED else rows
    listed = ordered.with_columns(pl.col("amount").cast(pl.String))
    if output is Format.TABLE:
        show(
            listed.head(_SHOWN).collect().to_dicts(),
            output,
            title=f"{min(_SHOWN, count)} of {count:,} failing rows",
            columns=("rule_id", "table", "branch_id", "key", *_PLACE[:-1], "amount"),
            right=("row_in_file", "amount"),
        )
        return
    stream(listed, output)


def data_docs(
    out: Annotated[Path, typer.Option("--out", help="A new or empty folder for the pages.")],
    as_of: MonthOption = LATEST,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Great Expectations' own pages about a month's suites, to be read without a network."""
    # Great Expectations takes seconds to import, and only this command and the build need it.
    from expectations import offline, runner  # noqa: PLC0415
    from orchestration.trust import own_deliveries  # noqa: PLC0415

    bank = Bank.at(root_of(workspace))
    day = bank.deliveries.require(month_of(as_of))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BranchmarkError(f"{out} is not empty. Choose a new or empty folder.")
    month = MonthAtWork.newest(bank, day)
    existed = out.exists()
    with ExitStack() as undone:
        # Half a site, or one that asks the net, is not left behind.
        if existed:
            undone.callback(out.mkdir)
        undone.callback(shutil.rmtree, out, ignore_errors=True)
        tables = runner.document(
            own_deliveries(month),
            rules=bank.rules,
            run_time=datetime.now(UTC),
            folder=out.resolve(),
        )
        pages = offline.mend(out)
        undone.pop_all()
    index = out / "index.html"
    if output is Format.JSON:
        print_json(
            {"as_of_date": day.isoformat(), "pages": pages, "suites": tables, "index": str(index)}
        )
        return
    if output is Format.CSV:
        show([{"suite": name} for name in tables], output)
        return
    console().print(f"{len(tables)} suites of {day} on {pages} pages. Open {index}")


def _require_rule(bank: Bank, rule: str | None) -> None:
    known = [one.id for one in bank.rules]
    if rule is not None and rule not in known:
        raise UnknownNameError(
            "rule", rule, known, way_out="docs/checks.md tells every rule of the product."
        )


def _judged(bank: Bank, as_of: str) -> Judged:
    """The newest run that judged a month.

    Raises:
        NoSuchMonthError: if none did.
    """
    held = bank.published.check_history().select("as_of_date").unique().collect()["as_of_date"]
    days: tuple[date, ...] = tuple(held.sort())
    day = month_of(as_of) or (days[-1] if days else None)
    run = bank.published.judged(day) if day else None
    if run is None:
        raise NoSuchMonthError(day, days, what="judged")
    return run


def _scope(bank: Bank, run: Judged, branch: str | None) -> Scope:
    """The whole bank, or a branch with every branch that counts for it."""
    whole = command_scope(bank)
    if branch is None:
        return whole
    tree = months.tree(MonthAtWork(bank, run.as_of_date, run.snapshot_version))
    nodes = tree.nodes["node_id"]
    if branch not in nodes:
        raise UnknownNameError(
            "branch", branch, tuple(nodes), way_out="`branchmark kpis` lists the branches."
        )
    below = tree.counts_for.filter(pl.col("node_id") == whole.require(branch))["branch_id"]
    return Scope.of(whole.who, {branch, *below, *tree.below(branch)})


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
