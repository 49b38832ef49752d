"""Scorecards that one can check by hand: a profile in a few lines, figures as a drawn table."""

import re
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

import polars as pl

from tests.scenario import CATALOGUE
from transforms.schema import WIDE
from transforms.scoring.load import load
from transforms.scoring.score import BASE, PEERS, score

HEAD = """\
id: tried
version: 1
label: {en: Tried, zh: 试}
source: {document: a test, verified: true}
valid_from: 2020-01-01
"""
FACTS = {
    "branch_id": pl.String(),
    "metric_id": pl.String(),
    "reading": pl.String(),
    "slice": pl.String(),
    "numerator": WIDE,
    "value": WIDE,
    "target_value": WIDE,
    "near_band": WIDE,
    "reason": pl.String(),
    "quality_state": pl.String(),
}


def text_of(lines, *rest, missing="exclude", total=None):
    """A profile in YAML: one group of lines; the total is what they weigh, if not given."""
    weights = sum(Decimal(one) for one in re.findall(r"weight: ([0-9.]+)", "\n".join(lines)))
    rule = missing if missing.startswith("{") else f"{{rule: {missing}}}"
    return "\n".join(
        [
            HEAD + f"total: {total or weights}",
            f"missing: {rule}",
            *rest,
            "groups:",
            "  all:",
            "    label: {en: All, zh: 全}",
            f"    weight: {weights}",
            "    lines:",
            *(f"      - {{{one}}}" for one in lines),
            "",
        ]
    )


def profile_of(text, catalogue=CATALOGUE):
    """The only profile of a text."""
    (editions,) = load(catalogue, texts={"tried.yaml": text}).values()
    (profile,) = editions
    return profile


def table(text):
    """The rows of a drawn table, as text; an empty cell is nothing."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    names = [cell.strip() for cell in lines[0].split("|")]
    return [
        dict(zip(names, (cell.strip() or None for cell in line.split("|")), strict=True))
        for line in lines[1:]
    ]


def facts_of(text):
    """Published figures: branch (north if not named), metric, reading, actual, target, band, reason."""
    rows = [
        {
            "branch_id": row.get("branch") or "north",
            "metric_id": row["metric"],
            "reading": row.get("reading") or CATALOGUE.metrics[row["metric"]].default_reading,
            "slice": "total",
            # What cannot be given has no numerator either; an empty portfolio has one.
            "numerator": "1" if row["actual"] or row.get("reason") == "empty" else None,
            "value": row["actual"],
            "target_value": row.get("target"),
            "near_band": row.get("band"),
            "reason": None if row["actual"] else row.get("reason") or "the book lacks a column",
            "quality_state": row.get("quality") or "final",
        }
        for row in table(text)
    ]
    return _typed(rows, FACTS)


def base_of(text):
    """Figures of the last year end: branch, metric, base."""
    rows = [
        {
            "branch_id": row.get("branch") or "north",
            "metric_id": row["metric"],
            "reading": CATALOGUE.metrics[row["metric"]].default_reading,
            "base_value": row["base"],
            "base_reason": None if row["base"] else "the month 2025-12-31 is not published",
        }
        for row in table(text)
    ]
    return _typed(rows, BASE)


def peers_of(**groups):
    """The peer group of each branch."""
    return pl.DataFrame(
        {"branch_id": list(groups), "group": list(groups.values())}, schema=dict(PEERS)
    )


def _typed(rows, schema):
    amounts = [name for name, dtype in schema.items() if dtype == WIDE]
    exact = [
        {
            name: Decimal(cell) if name in amounts and cell is not None else cell
            for name, cell in row.items()
        }
        for row in rows
    ]
    return pl.DataFrame(exact, schema=dict(schema), orient="row")


def scored(profile, figures, *, base=None, peers=None):
    """Cards under a profile (a text or a record)."""
    return score(
        figures if isinstance(figures, pl.DataFrame) else facts_of(figures),
        profile_of(profile) if isinstance(profile, str) else profile,
        base=base_of(base) if isinstance(base, str) else base,
        peers=peers,
    )


def line(scores, name=None, branch="north"):
    """One line of a card, by name."""
    rows = scores.lines.filter(pl.col("branch_id") == branch)
    if name is not None:
        rows = rows.filter(pl.col("line_id") == name)
    (row,) = rows.to_dicts()
    return row


def card(scores, branch="north"):
    """The totals of a card."""
    (row,) = scores.cards.filter(pl.col("branch_id") == branch).to_dicts()
    return row


def rounded(value, places):
    """Half up, away from zero, as a pencil rounds."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def recomputed(printed):
    """The total of a card and its parts, by hand, from nothing but what `scorecard` printed as CSV rows.

    Every step is done anew: completion, bounds, exemption, weights, points, limits and vetoes.
    """
    number = lambda row, name: Decimal(row[name]) if row.get(name) else None  # noqa: E731
    lines = [row for row in printed if row["row"] == "line"]
    total = sum(number(row, "weight") for row in lines)
    counts = {row["line"]: _counted(row, number) for row in lines}
    kept = {row["line"]: number(row, "weight") for row in lines if counts[row["line"]] is not None}
    weights = _weights(kept, total)
    scores = {name: rounded(weights[name] * counts[name], 2) for name in kept}
    for row in printed:
        _true(row.get("calculation"))
    for row in lines:
        assert number(row, "score") == scores.get(row["line"]), row
        assert number(row, "weight_used") == weights.get(row["line"]), row
    whole = {
        row["row"]: number(row, "score")
        for row in printed
        if row["row"] in {"deductions", "bonuses"}
    }
    for kind, plural in (("deduction", "deductions"), ("bonus", "bonuses")):
        own = sum(
            (number(row, "score") or Decimal(0) for row in printed if row["row"] == kind),
            Decimal(0),
        )
        asked = next(row for row in printed if row["row"] == plural)
        assert number(asked, "asked") == own
    caps = [number(row, "cap") for row in printed if row["row"] == "veto" and row["hit"] == "True"]
    return min([sum(scores.values(), Decimal(0)) + whole["deductions"] + whole["bonuses"], *caps])


def _true(calculation):
    """Every equation that is printed holds, to the decimals of its result."""
    for part in (calculation or "").split("; "):
        left, equals, result = part.rpartition(" = ")
        if equals:
            shown = left.rpartition(": ")[2].replace("×", "*")
            exact = re.sub(r"[0-9.]+", lambda found: f"Decimal('{found[0]}')", shown)
            places = 2 if "*" in shown and not left.startswith("rank") else 4
            reckoned = eval(exact, {"Decimal": Decimal})  # noqa: S307 - printed by the product
            assert rounded(Decimal(reckoned), places) == Decimal(result), part


def _counted(row, number):
    done = _completion(row, number)
    if done is None:
        return {"exclude": None, "zero": Decimal(0)}.get(row["missing"], number(row, "counted"))
    if row["formula"] in {"higher", "lower", "increment"}:
        assert number(row, "completion") == rounded(done, 4), row
    held = min(number(row, "cap"), max(number(row, "floor"), rounded(done, 4)))
    if row["exempted"] == "True":
        assert held < 1
        return min(Decimal(1), number(row, "cap"))
    return held


def _completion(row, number):
    if row["missing"]:
        return None
    value, target, base = (number(row, name) for name in ("value", "target", "base"))
    match row["formula"]:
        case "higher":
            return value / target
        case "lower":
            return 2 - value / target
        case "increment":
            return (value - base) / (target - base)
        case _:
            return number(row, "completion")


def _weights(kept, total):
    """Weights in proportion, at four decimals, that add up to the total: largest remainders first."""
    whole = sum(kept.values())
    if whole == total:
        return kept
    unit = Decimal("0.0001")
    exact = {name: weight * total / whole for name, weight in kept.items()}
    cut = {name: share.quantize(unit, ROUND_FLOOR) for name, share in exact.items()}
    left = int((total - sum(cut.values())) / unit)
    order = sorted(kept, key=lambda name: (cut[name] - rounded(exact[name], 12), name))
    return {name: cut[name] + (unit if name in order[:left] else 0) for name in kept}
