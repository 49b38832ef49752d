"""Targets as commands print them. Nothing is computed here."""

from collections.abc import Callable
from datetime import date

from orchestration.cli.output import Format, exact, show
from orchestration.targets import review as targets_review
from transforms.proposals import key_text
from transforms.target_states import KEY


def name_of(row: dict[str, object]) -> str:
    """What a target is for, in one word."""
    return key_text(*(str(row[one]) for one in KEY))


def row_of(row: dict[str, object], month: targets_review.Month | None) -> dict[str, object]:
    """A target as JSON and CSV have it; a table shows less."""
    value: Callable[[str], str | None] = lambda name: exact(row[name])  # type: ignore[arg-type]  # noqa: E731
    day: Callable[[str], str | None] = lambda name: _text(row[name])  # noqa: E731
    return {
        "number": row["target_id"],
        "key": name_of(row),
        "branch": row["branch_id"],
        "metric": row["metric_id"],
        "reading": row["reading"] or None,
        "period": row["period"],
        "version": row["version"],
        "state": row["state"],
        "target": value("target_value"),
        "near_band": value("near_band"),
        "phasing": row["phasing"],
        "phasing_shares": row["phasing_shares"],
        "base_value": value("base_value"),
        "month": month.as_of.isoformat() if month else None,
        "month_target": exact(month.value) if month else None,
        "month_reason": month.reason.en if month and month.reason else None,
        "valid_from": day("valid_from"),
        "valid_to": day("valid_to"),
        "holds_until": day("holds_until"),
        "maker": row["maker"],
        "made_at": day("made_at"),
        "submitter": row["submitter"],
        "submitted_at": day("submitted_at"),
        "checker": row["checker"],
        "checked_at": day("checked_at"),
        "reason": row["withdrawal_reason"] or row["decision_reason"],
        "note": row["note"],
        "source": row["source"],
    }


def _text(value: object) -> str | None:
    return value.isoformat() if isinstance(value, date) else None


def show_targets(
    rows: list[dict[str, object]], output: Format, *, with_month: bool = False
) -> None:
    """Print targets; with a month, what it asks of each."""
    month = ("month_target", "month_reason") if with_month else ()
    show(
        rows,
        output,
        columns=(
            *("number", "key", "version", "state", "target", "near_band", "phasing", *month),
            *("valid_from", "holds_until", "maker", "checker"),
        ),
        right=("number", "version", "target", "near_band", "month_target"),
    )
