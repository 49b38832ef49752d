"""A card as it is printed: for people, as JSON, and as rows of one shape. The command is in `scorecard`."""

from decimal import Decimal
from typing import Final

from orchestration.cli.output import Format, at_least, console, exact, show
from orchestration.questions.scoring import Scored
from transforms.quality import QualityState
from transforms.scorecards import Status
from transforms.scoring.model import Kind, Policy
from transforms.scoring.rollup import RollUp
from transforms.scoring.words import MISSING, STATUSES

_PLACES: Final = 2

Row = dict[str, object]


class Card:
    """One branch's card, as it is printed."""

    def __init__(
        self, found: Scored, before: Scored | None, branch: str, policy: Policy | None
    ) -> None:
        self._found, self._before, self._branch, self._policy = found, before, branch, policy
        scores = found.scores.of(branch)
        self._lines = scores.lines.to_dicts()
        self._groups = {row["group_id"]: row for row in scores.groups.to_dicts()}
        self._items = scores.items.to_dicts()
        self._vetoes = scores.vetoes.to_dicts()
        self._card = scores.cards.row(0, named=True)
        self._profile = found.profile
        node = found.nodes.filter(found.nodes["node_id"] == branch).row(0, named=True)
        self._name = str(node["name_en"] or branch)
        self._then = _by_line(before, branch)

    def told(self) -> Row:
        """The card for another program."""
        profile, card = self._profile, self._card
        figures, children = self._found.rolled_up(self._branch, self._policy)
        head: Row = {
            "branch": self._branch,
            "branch_name": self._name,
            "as_of_date": self._found.as_of.isoformat(),
            "snapshot_version": self._found.version,
            "profile": profile.profile_id,
            "profile_version": profile.version,
            "total": points(card["total"]),
            "out_of": exact(profile.total),
            "scored_weight": exact(card["scored_weight"]),
            "reason": self._why_no_total(),
            "peer_group": card["peer_group"],
            "rank": card["rank"],
            "ranked": card["ranked"],
        }
        if self._before is not None:
            head["compare"] = self._compared()
        return {
            **head,
            "lines": [self._line(row) for row in self._lines],
            "groups": [self._subtotal(group.group_id) for group in profile.groups],
            "lines_score": points(card["lines_score"]),
            "deductions": [_item(row) for row in self._of(Kind.DEDUCTION)],
            "deductions_before_limit": points(card["deductions_asked"]),
            "deductions_limit": points(-profile.deduction_limit),
            "deductions_score": points(card["deductions"]),
            "bonuses": [_item(row) for row in self._of(Kind.BONUS)],
            "bonuses_before_limit": points(card["bonuses_asked"]),
            "bonuses_limit": points(profile.bonus_limit),
            "bonuses_score": points(card["bonuses"]),
            "vetoes": [_veto(row) for row in self._vetoes],
            "total_before_vetoes": points(card["before_vetoes"]),
            "roll_up": {"figures": _rolled(figures), "branches_below": _rolled(children)},
        }

    def flat(self) -> list[Row]:
        """The card as rows of one shape: lines, subtotals, items, vetoes and the total."""
        card = self._card
        rows: list[Row] = []
        for group in self._profile.groups:
            mine = [row for row in self._lines if row["group_id"] == group.group_id]
            rows += [{"row": "line", **self._line(row)} for row in mine]
            rows.append({"row": "subtotal", **self._subtotal(group.group_id)})
        for kind, name in ((Kind.DEDUCTION, "deductions"), (Kind.BONUS, "bonuses")):
            rows += [{"row": kind.value, **_item(row)} for row in self._of(kind)]
            rows.append(
                {"row": name, "asked": points(card[f"{name}_asked"]), "score": points(card[name])}
            )
        rows += [{"row": "veto", **_veto(row)} for row in self._vetoes]
        rows.append(
            {
                "row": "total",
                "weight": exact(self._profile.total),
                "score": points(card["total"]),
                "reason": self._why_no_total(),
                **self._change(card["total"], self._total_then()),
            }
        )
        names = list(dict.fromkeys(name for row in rows for name in row))
        same: Row = {
            "branch": self._branch,
            "as_of_date": self._found.as_of.isoformat(),
            "profile": self._profile.profile_id,
            "profile_version": self._profile.version,
        }
        return [{**same, **{name: row.get(name) for name in names}} for row in rows]

    def print(self) -> None:
        """The card for people."""
        profile = self._profile
        rows: list[Row] = []
        for group in profile.groups:
            mine = [row for row in self._lines if row["group_id"] == group.group_id]
            rows += [self._shown(row) for row in mine]
            sub = self._subtotal(group.group_id)
            rows.append(_row(f"= {group.label.en}", weight=sub["weight"], score=sub["score"]))
        for kind, total in ((Kind.DEDUCTION, "deductions"), (Kind.BONUS, "bonuses")):
            items = self._of(kind)
            rows += [
                _row(
                    f"{kind.value}: {row['item_id']}",
                    score=points(row["points"]),
                    calculation=row["calculation_en"] or f"not judged: {row['reason_en']}",
                )
                for row in items
            ]
            if self._card[f"{total}_asked"] != self._card[total]:
                limit = f"limited from {points(self._card[f'{total}_asked'])}"
                rows.append(_row(f"= {total}", score=points(self._card[total]), calculation=limit))
        rows.append(
            _row(
                "= total",
                weight=exact(profile.total),
                score=points(self._card["total"]),
                calculation=self._why_no_total() or "",
                **self._change(self._card["total"], self._total_then()),
            )
        )
        compared = ("compare_score", "score_change") if self._before is not None else ()
        show(
            [{name: row.get(name, "") for name in (*_SHOWN, *compared)} for row in rows],
            Format.TABLE,
            title=f"{self._branch} {self._name}, {self._found.as_of}: {profile.label.en} "
            f"({profile.profile_id} {profile.version})",
            columns=(*_SHOWN[:4], *compared, *_SHOWN[4:]),
            right=("weight", "completion", "score", *compared),
        )
        self._print_below()

    def _print_below(self) -> None:
        out, card, profile = console(), self._card, self._profile
        if card["scored_weight"] != profile.total:
            out.print(
                f"{exact(card['scored_weight'])} of {exact(profile.total)} points of weight could be "
                "scored; the weights used add up to the whole."
            )
        for row in self._vetoes:
            if row["hit"]:
                out.print(
                    f"Veto {row['veto_id']}: {exact(row['value'])} is beyond {exact(row['beyond'])}; the "
                    f"total is held at {exact(row['cap'])}."
                )
            elif row["reason_en"]:
                out.print(f"Veto {row['veto_id']} is not judged: {row['reason_en']}.")
        if card["rank"] is not None:
            out.print(
                f"Rank {card['rank']} of {card['ranked']} in {card['peer_group']}; ties share the "
                "better rank."
            )
        figures, children = self._found.rolled_up(self._branch, self._policy)
        out.print(f"Figures: {_sentence(figures)}.")
        if children.counts or children.beside:
            out.print(f"Branches right below: {_sentence(children)}.")
        then = self._before
        if then is not None and then.profile.version != profile.version:
            out.print(
                f"{then.as_of} is scored by {then.profile.profile_id} {then.profile.version}: the change is "
                "one of the profile too."
            )

    def _line(self, row: Row) -> Row:
        missing = row["lack"] is not None
        return {
            "group": row["group_id"],
            "line": row["line_id"],
            "metric": row["metric_id"],
            "reading": row["reading"],
            "unit": row["unit"],
            "value": _exact(row["value"]),
            "target": _exact(row["target_value"]),
            "base": _exact(row["base_value"]),
            "rank": row["rank"],
            "peers": row["peers"],
            "formula": row["formula"],
            "completion": _exact(row["completion"]),
            "floor": _exact(row["floor"]),
            "cap": _exact(row["cap"]),
            "exempted": row["exempted"],
            "counted": _exact(row["counted"]),
            "weight": _exact(row["weight"]),
            "weight_used": _exact(row["weight_used"]),
            "score": points(row["score"]),
            "status": row["status"],
            "quality_state": row["quality_state"],
            "missing": row["missing_rule"] if missing else None,
            "reason": row["reason_en"],
            "calculation": row["calculation_en"],
            **self._change(row["score"], self._then.get(str(row["line_id"]))),
        }

    def _shown(self, row: Row) -> Row:
        calculation = row["calculation_en"]
        if row["lack"] is not None:
            rule = self._missing_of(str(row["line_id"]))
            calculation = "; ".join(
                str(one) for one in (row["reason_en"], rule, calculation) if one
            )
        return _row(
            str(row["line_id"]),
            weight=_exact(row["weight"]),
            completion=_exact(row["completion"]),
            score=points(row["score"]),
            status=_status(row),
            calculation=calculation,
            **self._change(row["score"], self._then.get(str(row["line_id"]))),
        )

    def _missing_of(self, line_id: str) -> str:
        line = next(one for one in self._profile.lines if one.line_id == line_id)
        at = "" if line.missing.at is None else f"{exact(line.missing.at)}"
        return MISSING[line.missing.rule].en.format(at=at)

    def _subtotal(self, group: str) -> Row:
        row = self._groups[group]
        return {
            "group": group,
            "weight": exact(row["weight"]),
            "weight_used": exact(row["weight_used"]),
            "score": points(row["score"]),
        }

    def _of(self, kind: Kind) -> list[Row]:
        return [row for row in self._items if row["kind"] == kind.value]

    def _why_no_total(self) -> str | None:
        if self._card["total"] is not None:
            return None
        return (
            f"only {exact(self._card['scored_weight'])} of {exact(self._profile.total)} points of weight "
            f"can be scored, and the profile asks for {exact(self._profile.least_scored)}"
        )

    def _change(self, now: object, then: Decimal | None) -> Row:
        if self._before is None:
            return {}
        change = now - then if isinstance(now, Decimal) and then is not None else None
        return {"compare_score": points(then), "score_change": points(change)}

    def _total_then(self) -> Decimal | None:
        return total_of(self._before, self._branch)

    def _compared(self) -> Row | None:
        if self._before is None:
            return None
        then = self._total_then()
        now = self._card["total"]
        return {
            "as_of_date": self._before.as_of.isoformat(),
            "profile_version": self._before.profile.version,
            "total": points(then),
            "change": points(now - then if now is not None and then is not None else None),
        }


_SHOWN: Final = ("line", "weight", "completion", "score", "status", "calculation")


def _row(line: str, **cells: object) -> Row:
    return {"line": line, **cells}


def _exact(value: object) -> str | None:
    return exact(value) if isinstance(value, Decimal) else None


def points(value: object) -> str | None:
    """Points, with two decimals at least."""
    return at_least(value, _PLACES) if isinstance(value, Decimal) else None


def _status(row: Row) -> str:
    word = STATUSES[Status(str(row["status"]))].en
    return f"{word}, provisional" if row["quality_state"] == QualityState.PROVISIONAL else word


def _item(row: Row) -> Row:
    return {
        "line": row["item_id"],
        "metric": row["metric_id"],
        "reading": row["reading"],
        "unit": row["unit"],
        "value": _exact(row["value"]),
        "beyond": _exact(row["beyond"]),
        "excess": _exact(row["excess"]),
        "exempted": row["exempted"],
        "asked": points(row["asked"]),
        "score": points(row["points"]),
        "quality_state": row["quality_state"],
        "reason": row["reason_en"],
        "calculation": row["calculation_en"],
    }


def _veto(row: Row) -> Row:
    return {
        "line": row["veto_id"],
        "metric": row["metric_id"],
        "reading": row["reading"],
        "unit": row["unit"],
        "value": _exact(row["value"]),
        "beyond": _exact(row["beyond"]),
        "cap": _exact(row["cap"]),
        "hit": row["hit"],
        "reason": row["reason_en"],
    }


def _rolled(one: RollUp) -> Row:
    return {
        "policy": one.policy.value,
        "status": one.status.value if one.status else None,
        "counts": {status.value: count for status, count in one.counts.items()},
        "not_judged": {
            "no_judgement" if status is None else status.value: count
            for status, count in one.beside.items()
        },
        "text": one.sentence(),
    }


def _sentence(one: RollUp) -> str:
    status = f"{STATUSES[one.status].en}, " if one.status else ""
    return f"{status}{one.sentence()}"


def _by_line(found: Scored | None, branch: str) -> dict[str, Decimal]:
    if found is None:
        return {}
    rows = found.scores.of(branch).lines.select("line_id", "score").iter_rows()
    return {line: score for line, score in rows if score is not None}


def total_of(found: Scored | None, branch: str) -> Decimal | None:
    """A branch's total; none if it has none, or was not yet there."""
    if found is None:
        return None
    totals = found.scores.of(branch).cards["total"]
    total: Decimal | None = totals[0] if totals.len() else None
    return total
