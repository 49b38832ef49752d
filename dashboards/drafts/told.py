"""What a draft says, line by line in words: figures as published, by the draft and mended; things to mend.

The answer itself comes through `dashboards.port.drafts`; how a page sets it belongs in `app_pages`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import polars as pl

from dashboards import ordering, scorecard, words
from dashboards.i18n import day_text, say
from dashboards.numbers import NOTHING, Format
from dashboards.palette import mark_of
from dashboards.port.drafts import Answer
from dashboards.words import Figure
from transforms.catalogue.model import Catalogue, Kind, Metric, Unit
from transforms.scorecards import Status

_GOOD: Final = frozenset({Status.MET, Status.WITHIN})
_JUDGED: Final = (*_GOOD, Status.NEAR, Status.MISSED, Status.EXCEEDED)


@dataclass(frozen=True)
class FigureLine:
    """A figure of the branch.

    Attributes:
        published: as published last, `draft` by the draft, `mended` if everything were put right.
        change: from the published figure to the draft's.
        gap: of the draft's figure, in the favourable sense.
        status: by the draft, `mended_status` if everything were put right.
        status_glyph: and `status_word`: how the status is shown; one that is not judged is read.
        helped: whether mending changes it.
        is_published_so: whether the draft leaves it as it is published.
        reason: why the draft gives no figure; empty if it does.
    """

    metric_id: str
    name: str
    published: str
    draft: str
    change: str
    target: str
    gap: str
    status: Status
    mended: str
    mended_status: Status
    status_glyph: str
    status_word: str
    helped: bool
    is_published_so: bool
    reason: str


@dataclass(frozen=True)
class Effect:
    """What mending one thing alone would do to a figure."""

    name: str
    before: str
    after: str
    status_before: Status
    status_after: Status

    @property
    def flips(self) -> bool:
        """Whether the status changes."""
        return self.status_before is not self.status_after


@dataclass(frozen=True)
class Place:
    """A row of a file."""

    loan: str
    file: str
    row: int


@dataclass(frozen=True)
class Item:
    """Something to mend.

    Attributes:
        rank: 1 helps most.
        kind: a value of `transforms.worklist.Kind`.
        loan: its loan; empty where it is about a borrower.
        amount: the balance it is about.
        now: what is delivered, `tried` what is tried in its place; a dash for nothing.
        effects: on figures with a target; none where nothing moves.
        places: where it is mended; none where the draft does not hold it.
    """

    rank: int
    kind: str
    loan: str
    borrower: str
    amount: Decimal | None
    now: str
    tried: str
    effects: tuple[Effect, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, eq=False)
class Told:
    """An answer with the words it is told in."""

    answer: Answer
    catalogue: Catalogue
    form: Format

    def figures(self) -> tuple[FigureLine, ...]:
        """The figures in the catalogue's order, each in its metric's own reading."""
        order = {m.metric_id: n for n, m in enumerate(ordering.in_order(self.catalogue))}
        rows = [row for row in self.answer.figures.to_dicts() if self._is_own(row)]
        rows.sort(key=lambda row: order[row["metric_id"]])
        return tuple(self._figure(row) for row in rows)

    def judged(self) -> tuple[int, int, int]:
        """How many figures have a target or limit, are good by the draft, and would be if mended."""
        own = [row for row in self.answer.figures.to_dicts() if self._is_own(row)]
        judged = [row for row in own if row["status"] in _JUDGED]
        good = sum(row["status"] in _GOOD for row in judged)
        return len(judged), good, sum(row["mended_status"] in _GOOD for row in judged)

    def items(self, kind: str = "") -> tuple[Item, ...]:
        """The things to mend, the most helpful first; of one kind if it is named."""
        effects = _grouped(self.answer.effects)
        places = _grouped(self.answer.rows)
        return tuple(
            Item(
                rank=rank,
                kind=row["kind"],
                loan=row["loan_id"] or "",
                borrower=row["borrower_id"] or "",
                amount=row["amount"],
                now=row["now"] or NOTHING,
                tried=row["mended"] or NOTHING,
                effects=tuple(self._effect(one) for one in effects.get(row["item"], ())),
                places=tuple(
                    Place(one["loan_id"] or "", one["source_file"], one["row_in_file"])
                    for one in places.get(row["item"], ())
                ),
            )
            for rank, row in enumerate(self.answer.work.to_dicts(), 1)
            if kind in {"", row["kind"]}
        )

    def gate(self) -> str:
        """Why the month could not be published so, as a sentence; empty if it could."""
        gate = self.answer.gate
        if gate is None:
            return ""
        english = gate.en[:1].upper() + gate.en[1:]
        return self.form.language.pick(f"{english}.", f"{gate.zh}。")

    def about(self, unit: str) -> tuple[str, ...]:
        """What the answer is about, in sentences: files, branch and month, and who else stands how.

        Args:
            unit: what the branch is called.
        """
        answer, language = self.answer, self.form.language
        whose = say(
            language,
            "ck_of",
            files=language.pick(", ", "、").join(answer.files),
            branch=unit,
            day=day_text(language, answer.as_of),
        )
        told = [whose + language.pick(".", "。")]
        if answer.others_as_of:
            told.append(say(language, "ck_others", day=day_text(language, answer.others_as_of)))
        else:
            told.append(say(language, "ck_no_others"))
        if answer.left_aside:
            count = self.form.count(answer.left_aside)
            told.append(say(language, "ck_left_aside", count=count))
        return tuple(told)

    def remedy(self, kind: str) -> str:
        """What to do about a kind of item."""
        label = self.answer.remedies[kind]
        return self.form.language.pick(label.en, label.zh)

    def work_frame(self) -> pl.DataFrame:
        """The work list as a table: a row an item and effect, codes and exact values."""
        places = self.answer.rows.group_by("item", maintain_order=True).agg(
            source_file=pl.col("source_file").unique(maintain_order=True).str.join("; "),
            rows_in_file=pl.col("row_in_file").cast(pl.String).str.join("; "),
        )
        remedies = {kind: self.remedy(kind) for kind in self.answer.remedies}
        return (
            self.answer.work.with_row_index("rank", offset=1)
            .with_columns(
                remedy=pl.col("kind").replace_strict(remedies, return_dtype=pl.String, default=None)
            )
            .join(places, on="item", how="left", maintain_order="left")
            .join(self.answer.effects, on="item", how="left", maintain_order="left")
            .select(
                *("rank", "kind", "loan_id", "borrower_id", "branch_id", "source_file"),
                *(
                    "rows_in_file",
                    "amount",
                    "now",
                    "mended",
                    "remedy",
                    "metric_id",
                    "reading",
                    "unit",
                ),
                *("before", "after", "gap_before", "gap_after", "status_before", "status_after"),
            )
        )

    def _is_own(self, row: Mapping[str, Any]) -> bool:
        metric = self.catalogue.metrics.get(row["metric_id"])
        return metric is not None and row["reading"] == metric.default_reading

    def _figure(self, row: Mapping[str, Any]) -> FigureLine:
        language = self.form.language
        metric = self.catalogue.metrics[row["metric_id"]]
        figure = _figure_of(metric, row)
        mark = mark_of(figure.status, metric.better)
        return FigureLine(
            metric_id=metric.metric_id,
            name=language.pick(metric.label.en, metric.label.zh),
            published=self._value(metric, row["published"]),
            draft=self._value(metric, row["draft"]),
            change=words.change(figure, row["published"], self.form),
            target=words.target(figure, self.form) or NOTHING,
            gap=words.gap(figure, self.form),
            status=figure.status,
            mended=self._value(metric, row["mended"]),
            mended_status=Status(row["mended_status"] or row["status"]),
            status_glyph=mark.glyph,
            status_word=mark.word(language),
            helped=row["mended"] != row["draft"],
            is_published_so=row["published"] is not None and row["published"] == row["draft"],
            reason=words.reason(row["reason"], language) if row["reason"] else "",
        )

    def _effect(self, row: Mapping[str, Any]) -> Effect:
        metric = self.catalogue.metrics.get(row["metric_id"])
        name = row["metric_id"]
        if metric is not None:
            name = scorecard.short_name(metric, self.form.language)
        return Effect(
            name,
            self._value(metric, row["before"], closer=1),
            self._value(metric, row["after"], closer=1),
            Status(row["status_before"]),
            Status(row["status_after"]),
        )

    def _value(self, metric: Metric | None, value: Decimal | None, closer: int = 0) -> str:
        """A figure as printed; with more decimals where a small effect has to be seen."""
        if metric is None or value is None:
            return NOTHING if value is None else f"{value.normalize():f}"
        return self.form.value(value, metric.unit, words.decimals_of(metric) + closer)


def _figure_of(metric: Metric, row: Mapping[str, Any]) -> Figure:
    """The draft's figure with what it is judged by; a tolerance has a limit in place of a target."""
    is_limit = metric.kind is Kind.TOLERANCE
    return Figure(
        kind=metric.kind,
        unit=Unit(row["unit"]),
        better=metric.better,
        decimals=words.decimals_of(metric),
        status=Status(row["status"]),
        value=row["draft"],
        target=None if is_limit else row["target"],
        gap=row["gap"],
        limit=row["target"] if is_limit else None,
    )


def _grouped(frame: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in frame.to_dicts():
        found.setdefault(row["item"], []).append(row)
    return found


def message(told: Told) -> str:
    """The sentence that sums the answer up: what would be taken, how figures stand, what can be mended."""
    answer, form = told.answer, told.form
    loans = answer.tables[0] if answer.tables else None
    for one in answer.tables:
        if one.table == "loan_snapshot":
            loans = one
    parts = []
    if loans is not None:
        key = "ck_message_rejected" if loans.rejected else "ck_message_accepted"
        parts.append(
            say(
                form.language,
                key,
                delivered=form.count(loans.delivered),
                rejected=form.count(loans.rejected),
            )
        )
    judged, good, mended = told.judged()
    if judged:
        parts.append(
            say(form.language, "ck_message_figures", judged=judged, good=good, mended=mended)
        )
    else:
        parts.append(say(form.language, "ck_message_no_targets"))
    if answer.work.height:
        count = form.count(answer.work.height)
        parts.append(say(form.language, "ck_message_work", count=count))
    else:
        parts.append(say(form.language, "ck_message_no_work"))
    stop = form.language.pick(" ", "")
    return stop.join(parts)
