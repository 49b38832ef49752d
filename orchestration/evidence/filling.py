"""The folder of a pack, filled: figures, lists, definitions, what stands around them, the README, the anchor.

Making a pack is written into the audit log, once, with the hash of what it says; the pack's anchor is the
log's last link after that, so that the log holds what the pack says and the pack holds where the log was.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from dashboards.exports.guarded import to_csv
from orchestration.bank import Bank
from orchestration.evidence import archive, definitions
from orchestration.evidence.figures import Books, Line
from orchestration.evidence.lists import LEFT_OUT, LIST, PART, REPORTED, Lists
from orchestration.evidence.readme import OfReport, Told, readme
from orchestration.evidence.report import Report
from orchestration.evidence.rows import ROW, Borrowers, finish, plain, reasons_of
from orchestration.evidence.surroundings import Around, units_below
from records.access import Scope
from records.ledger.access_log import Action
from transforms.schema import TEXT, WIDE
from transforms.trace import Side

EVERY: Final = "all"
"""In place of metrics: the rows of every figure of a report."""
MADE: Final = "evidence_packed"
"""What the audit log calls it."""
_FIGURE: Final[Mapping[str, pl.DataType]] = {
    "figure": TEXT,
    "metric_id": TEXT,
    "label_en": TEXT,
    "label_zh": TEXT,
    "reading": TEXT,
    "definition_version": TEXT,
    "branch_id": TEXT,
    "slice": TEXT,
    "member": TEXT,
    "as_of_date": pl.Date(),
    "snapshot_version": pl.Int64(),
    "run_id": TEXT,
    "kind": TEXT,
    "unit": TEXT,
    "times": pl.Int64(),
    "denominator_must_be": TEXT,
    "numerator": WIDE,
    "denominator": WIDE,
    "value": WIDE,
    "limit_value": WIDE,
    "headroom_amount": WIDE,
    "reason": TEXT,
    "quality_state": TEXT,
    "target_value": WIDE,
    "near_band": WIDE,
    "gap": WIDE,
    "status": TEXT,
    "part_of": TEXT,
    "minuend": TEXT,
    "subtrahend": TEXT,
    "numerator_list": TEXT,
    "denominator_list": TEXT,
    "rows_in_pack": pl.Boolean(),
}


@dataclass(frozen=True)
class Wanted:
    """How a pack is made.

    Attributes:
        file: where it is written.
        at: when, for the audit log.
        replace: whether another file of that name is written over.
        borrowers: why borrowers stand by their own numbers; empty if they do not.
        rows_of: of a report: metrics whose rows are in it, or `EVERY`.
        most_rows: how many rows it may hold; none for any number.
    """

    file: Path
    at: datetime
    replace: bool = False
    borrowers: str = ""
    rows_of: Collection[str] = ()
    most_rows: int | None = None


@dataclass(frozen=True)
class Made:
    """What a folder says when it is full.

    Attributes:
        called: what the pack is of.
        contents: the hash of what it says.
        disagree: figures whose rows do not give the published digits.
    """

    called: str
    contents: str
    disagree: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Filling:
    """The folder of a pack being filled.

    Attributes:
        books: the months.
        wanted: how the pack is made.
        lines: the figures.
        lists: their rows, as gathered.
        report: the report, of a pack of one.
        folder: the folder.
    """

    books: Books
    wanted: Wanted
    lines: Sequence[Line]
    lists: Lists
    report: Report | None
    folder: Path

    @property
    def bank(self) -> Bank:
        """Whose figures they are."""
        return self.books.bank

    @property
    def scope(self) -> Scope:
        """For whom the pack is made."""
        return self.lists.scope

    @property
    def called(self) -> str:
        """What the pack is of."""
        if self.report is not None:
            return self.report.called
        asked = [line for line in self.lines if not line.part_of]
        more = f", and {len(asked) - 1} more" if len(asked) > 1 else ""
        return f"{asked[0].asked.called}{more}"

    @property
    def as_of(self) -> date:
        """The month end that it is about."""
        return self.lines[0].asked.as_of if self.report is None else self.report.package.as_of

    @property
    def version(self) -> int:
        """The version of that month."""
        if self.report is None:
            return self.lines[0].asked.version
        return self.report.package.snapshot_version

    @property
    def unit(self) -> str:
        """The unit that it is about."""
        return self.lines[0].asked.branch if self.report is None else self.report.package.unit_id

    @property
    def stated_at(self) -> datetime:
        """When the month was published, or the report's newest step was taken."""
        if self.report is not None and self.report.steps.height:
            stated: datetime = self.report.steps["at"][-1]
            return stated
        return self.books.published.current()[self.as_of, self.version].published_at

    def fill(self) -> Made:
        """Write every file, and into the audit log that the pack is made.

        Raises:
            LedgerError: if the audit log cannot be written to.
        """
        borrowers = self._rows()
        self._table("figures", self._figures())
        for name, rows, schema in (
            ("lists", self.lists.lists, LIST),
            ("reported", self.lists.reported, REPORTED),
            ("parts", self.lists.parts, PART),
        ):
            self._table(name, pl.DataFrame(rows, schema=dict(schema), orient="row"))
        left_out = [pl.DataFrame(schema=dict(LEFT_OUT)), *self.lists.left_out]
        self._table("left_out_by_rule", pl.concat(left_out))
        for name, table in self._around(borrowers).tables().items():
            self._table(name, table)
        self._definitions()
        for name in ("recompute.sql", "check_files.sql"):
            self._text(name, _packaged(name))
        disagree = self._disagree()
        of_report = None if self.report is None else self._put_report(self.report)
        self._text("README.md", readme(self._told(disagree, of_report)))
        contents = archive.contents_hash(self.folder)
        number, hashed = self._noted(contents)
        anchor = json.dumps({"number": number, "hash": hashed}, indent=1)
        self._text(archive.ANCHOR, f"{anchor}\n")
        archive.write_manifest(self.folder, self._about(contents))
        return Made(self.called, contents, disagree)

    def _around(self, borrowers: Borrowers) -> Around:
        return Around(
            self.books,
            self.scope,
            self.unit,
            units_below(self.books, self.unit, self.as_of, self.version),
            self.as_of,
            self.version,
            self._days(),
            self.lines,
            borrowers,
        )

    def _told(self, disagree: Sequence[str], report: OfReport | None) -> Told:
        files = [str(one["file"]) for one in self.lists.lists if one["file"]]
        return Told(
            title=self.called,
            bank=self.bank.workspace.name,
            currency=self.bank.workspace.base_currency,
            stated_at=self.stated_at,
            seen_by=self.scope.who,
            whole_bank=self.scope.branches is None,
            revealed=self.wanted.borrowers,
            lines=self.lines,
            example=files[0].replace(".parquet", ".csv") if files else "rows/F001-numerator.csv",
            disagree=disagree,
            report=report,
        )

    def _about(self, contents: str) -> Mapping[str, object]:
        """What the manifest says beside the hashes of files."""
        publication = self.books.published.current()[self.as_of, self.version]
        return {
            "evidence_of": self.called,
            "bank": self.bank.workspace.name,
            "made_for": self.scope.who,
            "stated_at": self.stated_at.isoformat(),
            "product": f"branchmark {installed_version('branchmark')}",
            "fingerprint": publication.fingerprint,
            "catalogue_fingerprint": publication.catalogue_fingerprint,
            "reference_fingerprint": publication.reference_fingerprint,
            "contents": contents,
        }

    def _rows(self) -> Borrowers:
        """Every list in its place, borrowers as they are called."""
        listed = sorted(self.lists.work.glob("*.parquet"))
        out = sorted((self.lists.work / "left_out").glob("*.parquet"))
        borrowers = Borrowers.of([*listed, *out], revealed=bool(self.wanted.borrowers))
        for raw in listed:
            finish(raw, self.folder / "rows", borrowers)
        if not listed:
            (self.folder / "rows").mkdir()
            empty = pl.DataFrame(schema=dict(ROW))
            empty.write_parquet(self.folder / "rows" / "none.parquet")
        for raw in out:
            finish(raw, self.folder / "left_out", borrowers)
        keys = pl.DataFrame(schema={"as_of_date": pl.Date(), "why": TEXT})
        if listed or out:
            every = pl.scan_parquet([*listed, *out]).select("as_of_date", "why")
            keys = every.unique().collect(engine="streaming")
        self._table("reasons", reasons_of(self.bank, keys))
        return borrowers

    def _figures(self) -> pl.DataFrame:
        complete = {str(one["list"]): bool(one["complete"]) for one in self.lists.lists}
        rows = []
        in_pack = {}
        for line in self.lines:
            lists = {side: self.lists.of_figure.get((line.name, side)) for side in Side}
            held = [complete[one] for one in lists.values() if one is not None]
            in_pack[line.name] = bool(held) and all(held)
            asked = line.asked
            rows.append(
                {
                    **(line.fact or {}),
                    "figure": line.name,
                    "metric_id": asked.metric,
                    "label_en": line.metric.label.en,
                    "label_zh": line.metric.label.zh,
                    "reading": asked.reading,
                    "branch_id": asked.branch,
                    "slice": asked.slice,
                    "member": asked.member,
                    "as_of_date": asked.as_of,
                    "snapshot_version": asked.version,
                    "kind": line.metric.kind.value,
                    "unit": line.metric.unit.value,
                    "times": line.times,
                    "denominator_must_be": line.needs or None,
                    "part_of": line.part_of or None,
                    "minuend": line.minuend or None,
                    "subtrahend": line.subtrahend or None,
                    "numerator_list": lists[Side.NUMERATOR],
                    "denominator_list": lists[Side.DENOMINATOR],
                }
            )
        for row in rows:
            # A gap is recomputed from the figures that it is the difference of.
            row["rows_in_pack"] = in_pack[str(row["minuend"] or row["figure"])]
        kept = [{name: row.get(name) for name in _FIGURE} for row in rows]
        return pl.DataFrame(kept, schema=dict(_FIGURE), orient="row")

    def _days(self) -> Mapping[date, int]:
        """Every month end that figures rest on, with the version that is in the pack."""
        found = {self.as_of: self.version}
        for line in self.lines:
            found.setdefault(line.asked.as_of, line.asked.version)
        for part in self.lists.parts:
            found.setdefault(part["as_of_date"], part["snapshot_version"])  # type: ignore[call-overload]
        return dict(sorted(found.items()))

    def _definitions(self) -> None:
        texts = definitions.texts_of(self.bank)
        metrics = {line.asked.metric for line in self.lines}
        if self.report is not None:
            metrics |= set(self.report.package.cells["metric_id"].drop_nulls())
        catalogue = self.bank.definitions.on(self.as_of)
        for name in sorted(metrics & set(catalogue.metrics)):
            metric = catalogue.metrics[name]
            told = definitions.yaml_of(metric, catalogue, texts, day=self.as_of.isoformat())
            self._text(f"definitions/{name}.yaml", told)

    def _put_report(self, report: Report) -> OfReport:
        """What a report adds, and what the README tells of it."""
        cells = 0, 0
        for name, rows in report.tables({line.asked: line.name for line in self.lines}).items():
            self._table(name, rows)
            if name == "report/cells":
                cells = rows.height, rows["figure"].drop_nulls().len()
        both = _packaged("recompute.sql") + _packaged("recompute_cells.sql")
        self._text("recompute_report.sql", both)
        self._text("report/package.json", report.package.text())
        return OfReport(report.state, report.package.content_hash, *cells)

    def _disagree(self) -> tuple[str, ...]:
        """Figures whose rows do not give the published digits, by the very script that is in the pack."""
        with duckdb.connect() as connection:
            connection.execute("SET file_search_path = ?", [str(self.folder)])
            connection.execute("SET threads = 1")
            connection.execute(_packaged("recompute.sql"))
            found = connection.execute(
                "SELECT figure FROM figure_check WHERE same = false ORDER BY figure"
            ).fetchall()
        return tuple(one[0] for one in found)

    def _text(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")

    def _table(self, name: str, rows: pl.DataFrame) -> None:
        path = self.folder / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        numbers = [one for one, dtype in rows.schema.items() if isinstance(dtype, pl.Decimal)]
        told = rows.with_columns(
            *(plain(one) for one in numbers),
            *(
                pl.col(one).dt.strftime("%Y-%m-%d %H:%M:%S.%6f UTC")
                for one, dtype in rows.schema.items()
                if isinstance(dtype, pl.Datetime)
            ),
        )
        path.write_bytes(to_csv(told, numbers=numbers))

    def _noted(self, contents: str) -> tuple[int, str]:
        """Write down that the pack is made, unless the same was; then the last link of the chain."""
        detail = {"contents": contents, "rows": self.lists.rows}
        ledger = self.bank.ledger
        events = ledger.events.all().filter(
            pl.col("action") == MADE,
            pl.col("who") == self.scope.who,
            pl.col("subject") == self.called,
        )
        if not any(json.loads(one)["contents"] == contents for one in events["detail"]):
            ledger.events.record(
                who=self.scope.who,
                action=MADE,
                subject=self.called,
                detail=detail,
                at=self.wanted.at,
            )
        if self.wanted.borrowers:
            ledger.access_log.record(
                who=self.scope.who,
                acting_as=None,
                action=Action.REVEAL,
                subject=self.called,
                reason=self.wanted.borrowers,
                at=self.wanted.at,
            )
        return ledger.chain.head()


def _packaged(name: str) -> str:
    return resources.files("orchestration.evidence").joinpath(name).read_text(encoding="utf-8")
