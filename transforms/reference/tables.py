"""Reference data as checked, frozen tables: what is in force on a date, and by which source.

The CSV files beside this module are the product's own editions. A workspace may replace any of them;
it hands the text in, since nothing here reads a disk other than the package's own resources. What a
rule *means* for a loan belongs in the catalogue and in `transforms.classify`.
"""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from importlib import resources
from typing import Final

import polars as pl

from transforms.errors import ReferenceTableError, UnknownNameError
from transforms.working_days import WorkingCalendar

NAMES: Final = (
    "admin_divisions",
    "enterprise_size_standard",
    "gbt4754_2017",
    "green_catalogue",
    "green_editions",
    "high_tech_industry",
    "holidays",
    "ip_patent_intensive_industry",
    "naics_sectors",
    "npl_tolerance_rules",
    "pboc_tech_loan_items",
    "restricted_industries",
    "sei_2018_by_class",
    "thresholds",
)

_OF_NO_FIGURE: Final = frozenset({"holidays"})
"""Tables that no published figure rests on: another edition of them makes no month stale."""
_OFF: Final = "off"
_WORKED: Final = "worked"


class Taxonomy(StrEnum):
    """The industry classification a book is coded in."""

    GBT4754 = "gbt4754_2017"
    NAICS = "naics"
    NONE = "none"
    """No classification the product knows: industries are kept as delivered and not looked up."""


@dataclass(frozen=True)
class ToleranceRule:
    """A dated relation between the NPL ratio of a portfolio and a reference ratio."""

    rule_id: str
    scope: str
    base: str
    delta_pp: Decimal
    basis: str
    confidence: str


IN_FORCE: Final = "in_force"
"""The tolerance rule of the month, whichever it is."""
INCLUSIVE: Final = "inclusive"
"""Family of the tolerance rules for inclusive (or, before 2018, all small-business) loans."""
BANK: Final = "bank"
"""Scope of a tolerance rule that holds for the whole bank; others name a branch or a region code."""


@dataclass(frozen=True, eq=False)
class Reference:
    """All reference tables, checked.

    Attributes:
        tables: by name.
        fingerprint: of the contents of those that published figures rest on.
    """

    tables: Mapping[str, pl.DataFrame]
    fingerprint: str

    @cached_property
    def calendar(self) -> WorkingCalendar:
        """Which days are worked, and of which years that is announced."""
        rows = self.tables["holidays"].with_columns(pl.col("day").str.to_date())
        off, worked = (rows.filter(pl.col("kind") == kind)["day"] for kind in (_OFF, _WORKED))
        return WorkingCalendar(off.to_list(), worked.to_list())

    def thresholds(self, on: date) -> dict[str, Decimal]:
        """Every named threshold in force on that day, by name."""
        rows = in_force(self.tables["thresholds"], on)
        return dict(zip(rows["name"], map(Decimal, rows["value"]), strict=True))

    def tolerance_rules(self, family: str, on: date) -> tuple[ToleranceRule, ...]:
        """The rules of a family in force that day, one for each scope."""
        rows = self.tables["npl_tolerance_rules"].filter(
            pl.col("family") == family, pl.col("delta_pp").is_not_null()
        )
        dated = rows.rename({"from_date": "valid_from", "to_date": "valid_to"})
        return tuple(_tolerance_rule(row) for row in in_force(dated, on).to_dicts())

    def tolerance_rule(self, rule_id: str) -> tuple[ToleranceRule, ...]:
        """One rule by its id, whatever the day, one for each scope it is given for."""
        rows = self.tables["npl_tolerance_rules"].filter(
            pl.col("rule_id") == rule_id, pl.col("delta_pp").is_not_null()
        )
        return tuple(_tolerance_rule(row) for row in rows.to_dicts())

    def rules_named(self, name: str, on: date) -> tuple[ToleranceRule, ...]:
        """What a tolerance reading names: `in_force`, the inclusive rule of the day, or a rule."""
        if name == IN_FORCE:
            return self.tolerance_rules(INCLUSIVE, on)
        return self.tolerance_rule(name)

    def restricted_classes(self, on: date) -> pl.DataFrame:
        """Purposes on the lists of industries to retreat from: `code` and a column for each list.

        Columns `overcapacity, two_high, energy_intensive`, by code of 3 or 4 digits. A row of a list
        holds for every class under its code; a group counts if a listed code covers it, or if all of
        its classes are listed.
        """
        rows = in_force(self.tables["restricted_industries"], on)
        classes = self.tables["gbt4754_2017"].filter(pl.col("level") == "4").select("code", "group")
        for name, lists in _RESTRICTED.items():
            listed = rows.filter(pl.col("list_id").is_in(lists))["gbt_code"].unique().sort()
            covered = [pl.col("code").str.starts_with(code) for code in listed]
            classes = classes.with_columns(
                (pl.any_horizontal(covered) if covered else pl.lit(value=False)).alias(name)
            )
        groups = classes.group_by("group").agg(pl.col(*_RESTRICTED).all())
        both = pl.concat([classes.drop("group"), groups.rename({"group": "code"})])
        return both.filter(pl.any_horizontal(*_RESTRICTED)).sort("code")

    def clusters(self) -> pl.DataFrame:
        """Innovation cluster by place: `prefix` of four digits (a prefecture) or two (a province)."""
        places = self.tables["admin_divisions"].filter(
            # Guangdong as a province is only told to hold nine cities of a cluster.
            pl.col("innovation_centre_cluster").str.contains("^[A-Z]+$").fill_null(value=False)
        )
        return places.select(
            prefix=pl.when(pl.col("code").str.ends_with("0000"))
            .then(pl.col("code").str.slice(0, 2))
            .otherwise(pl.col("code").str.slice(0, 4)),
            cluster="innovation_centre_cluster",
        )

    def sei_classes(self) -> pl.DataFrame:
        """SEI treatment by industry code of 3 or 4 digits: `code, sei_whole, sei_fields`.

        A 4-digit class is whole or starred as listed. A 3-digit group is whole only if every class of
        the group is listed whole; otherwise a group with any listed class is treated as starred, so
        that a coarse code never claims more than its classes. Rows without a published source are off.
        """
        listed = (
            self.tables["sei_2018_by_class"]
            .filter(~pl.col("row_source").str.starts_with("unverified"))
            .select(
                code=pl.col("gbt_class"),
                sei_whole=pl.col("starred") == "no",
                sei_fields=pl.col("sei_l1_codes").str.split("|"),
            )
        )
        classes = self.tables["gbt4754_2017"].filter(pl.col("level") == "4")
        groups = (
            classes.select(code=pl.col("code"), group=pl.col("group"))
            .join(listed, on="code", how="left")
            .group_by("group", maintain_order=True)
            .agg(
                pl.col("sei_whole").fill_null(value=False).all(),
                pl.col("sei_fields").explode().drop_nulls().unique().sort(),
            )
            .filter(pl.col("sei_fields").list.len() > 0)
            .rename({"group": "code"})
        )
        return pl.concat([listed, groups.select(listed.columns)]).sort("code")

    def green_level1(self) -> pl.DataFrame:
        """Level-1 items of every green edition: `green_edition, green_item, green_effective`."""
        return (
            self.tables["green_catalogue"]
            .filter(pl.col("level") == "1")
            .select(
                green_edition="edition",
                green_item="code",
                green_effective=pl.col("effective").str.to_date(),
            )
        )

    def green_editions(self) -> pl.DataFrame:
        """When an edition may be used: `edition, default_from, last_approval`."""
        return self.tables["green_editions"].select(
            "edition",
            pl.col("default_from").str.to_date(),
            pl.col("last_approval").str.to_date(),
        )

    def technology_classes(self) -> pl.DataFrame:
        """Technology-related purposes by code of 3 or 4 digits.

        Columns `code, high_tech_whole, high_tech_starred, high_tech_manufacturing, patent_intensive`.
        A 3-digit group counts only if every class of the group is on the list: a coarse code never
        claims more than its classes. A class starred in the high-tech services list counts in part.
        """
        high_tech = (
            self.tables["high_tech_industry"]
            .group_by("gbt_class")
            .agg(
                high_tech=pl.lit(value=True),
                starred=(pl.col("starred") == "yes").any(),
                made=(pl.col("kind") == "manufacturing").any(),
            )
        )
        patent = self.tables["ip_patent_intensive_industry"].select("gbt_class").unique()
        classes = (
            self.tables["gbt4754_2017"]
            .filter(pl.col("level") == "4")
            .select("code", "group")
            .join(high_tech, left_on="code", right_on="gbt_class", how="left")
            .join(
                patent.with_columns(patent_intensive=pl.lit(value=True)),
                left_on="code",
                right_on="gbt_class",
                how="left",
            )
            .with_columns(
                pl.col("high_tech", "starred", "made", "patent_intensive").fill_null(value=False)
            )
        )
        groups = classes.group_by("group").agg(
            pl.col("high_tech", "made", "patent_intensive").all(), pl.col("starred").any()
        )
        whole = groups.rename({"group": "code"})
        both = pl.concat([classes.drop("group"), whole.select(classes.drop("group").columns)])
        return (
            both.select(
                "code",
                high_tech_whole=pl.col("high_tech") & ~pl.col("starred"),
                high_tech_starred=pl.col("high_tech") & pl.col("starred"),
                high_tech_manufacturing=pl.col("made"),
                patent_intensive="patent_intensive",
            )
            .filter(pl.any_horizontal(pl.exclude("code")))
            .sort("code")
        )

    def sections(self, taxonomy: Taxonomy) -> pl.DataFrame:
        """Industry sections by code prefix: `prefix, section, name_en, name_zh`."""
        if taxonomy is Taxonomy.NAICS:
            return self.tables["naics_sectors"]
        if taxonomy is Taxonomy.NONE:
            return self.tables["naics_sectors"].clear()
        table = self.tables["gbt4754_2017"]
        names = table.filter(pl.col("level") == "1").select("section", "name_en", "name_zh")
        divisions = table.filter(pl.col("level") == "2").select(
            prefix="division", section="section"
        )
        return divisions.join(names, on="section", how="left", maintain_order="left")


_RESTRICTED: Final[Mapping[str, tuple[str, ...]]] = {
    "overcapacity": ("OVERCAPACITY_2013", "OVERCAPACITY_2016"),
    "two_high": ("TWO_HIGH_2021",),
    "energy_intensive": ("ENERGY_INTENSIVE_6",),
}


def _tolerance_rule(row: Mapping[str, str]) -> ToleranceRule:
    return ToleranceRule(
        row["rule_id"],
        row["scope"],
        row["base"],
        Decimal(row["delta_pp"]),
        row["basis"],
        row["confidence"],
    )


def in_force(rows: pl.DataFrame, on: date) -> pl.DataFrame:
    """The rows whose `valid_from` (and `valid_to`, if any) hold that day; both days count."""
    start = pl.col("valid_from").str.to_date(strict=False)
    end = pl.col("valid_to").str.to_date(strict=False)
    return rows.filter((start <= on) & (end.is_null() | (end >= on)))


def packaged_text(name: str) -> str:
    """The product's own edition of a reference table, as CSV text."""
    return (
        resources.files("transforms.reference").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    )


def load(replacements: Mapping[str, str] | None = None) -> Reference:
    """Read and check every reference table.

    Args:
        replacements: CSV text by table name, for the tables a workspace brings itself.

    Raises:
        UnknownNameError: if a replacement is named after no table.
        ReferenceTableError: if a table has a code twice, a parent missing or a date upside down.
    """
    for name in replacements or {}:
        if name not in NAMES:
            raise UnknownNameError(
                "reference table", name, NAMES, way_out=f"The tables are {', '.join(NAMES)}."
            )
    texts = {name: (replacements or {}).get(name) or packaged_text(name) for name in NAMES}
    tables = {name: _frame(text) for name, text in texts.items()}
    for name in replacements or {}:
        missing = [c for c in _frame(packaged_text(name)).columns if c not in tables[name].columns]
        if missing:
            raise ReferenceTableError(name, [f"column {missing[0]} is missing"])
    for name, problems in check(tables).items():
        if problems:
            raise ReferenceTableError(name, problems)
    digest = hashlib.sha256()
    for name in NAMES:
        if name in _OF_NO_FIGURE:
            continue
        digest.update(f"{name}\0{texts[name]}\0".encode())
    return Reference(tables, digest.hexdigest())


def check(tables: Mapping[str, pl.DataFrame]) -> dict[str, list[str]]:
    """What contradicts itself, by table; empty lists where nothing does."""
    gbt = tables["gbt4754_2017"]
    parents = {
        "section": gbt.filter(pl.col("level") == "1")["code"],
        "division": gbt.filter(pl.col("level") == "2")["code"],
        "group": gbt.filter(pl.col("level") == "3")["code"],
    }
    classes = gbt.filter(pl.col("level") == "4")["code"]
    problems: dict[str, list[str]] = {name: [] for name in tables}
    keys = {
        "admin_divisions": ["code"],
        "gbt4754_2017": ["code"],
        "green_catalogue": ["edition", "code"],
        "green_editions": ["edition"],
        "holidays": ["day"],
        "naics_sectors": ["prefix"],
        "npl_tolerance_rules": ["rule_id", "scope"],
        "pboc_tech_loan_items": ["item"],
        "sei_2018_by_class": ["gbt_class"],
        "thresholds": ["name", "valid_from"],
    }
    for name, key in keys.items():
        twice = tables[name].filter(pl.struct(key).is_duplicated())
        problems[name] += [
            f"{_named(row, key)} stands twice" for row in twice.unique(key).to_dicts()
        ]
    for level, column in (("2", "section"), ("3", "division"), ("4", "group")):
        orphans = gbt.filter(
            (pl.col("level") == level) & ~pl.col(column).is_in(parents[column].implode())
        )
        problems["gbt4754_2017"] += [f"{code} has no parent {column}" for code in orphans["code"]]
    editions = tables["green_editions"]["edition"]
    stray = tables["green_catalogue"].filter(~pl.col("edition").is_in(editions.implode()))
    problems["green_catalogue"] += [
        f"edition {edition} is not in green_editions"
        for edition in stray["edition"].unique(maintain_order=True)
    ]
    for name in ("sei_2018_by_class", "high_tech_industry", "ip_patent_intensive_industry"):
        unknown = tables[name].filter(~pl.col("gbt_class").is_in(classes.implode()))
        problems[name] += [
            f"{code} is no class of GB/T 4754"
            for code in unknown["gbt_class"].unique(maintain_order=True)
        ]
    for name, start, end in (
        ("npl_tolerance_rules", "from_date", "to_date"),
        ("restricted_industries", "valid_from", "valid_to"),
        ("thresholds", "valid_from", "valid_to"),
        ("green_catalogue", "effective", None),
        ("green_editions", "default_from", "last_approval"),
        ("holidays", "day", None),
    ):
        problems[name] += _date_problems(tables[name], start, end)
    holidays = tables["holidays"].filter(
        pl.col("day").is_null() | ~pl.col("kind").is_in([_OFF, _WORKED]).fill_null(value=False)
    )
    problems["holidays"] += [
        f"{row['day'] or 'a row without a day'} is of kind {row['kind']!r}, and a day is off or worked"
        for row in holidays.to_dicts()
    ]
    return problems


def _frame(text: str) -> pl.DataFrame:
    return pl.read_csv(io.StringIO(text), infer_schema=False)


def _named(row: Mapping[str, str | None], key: list[str]) -> str:
    return " ".join(str(row[column]) for column in key)


def _date_problems(rows: pl.DataFrame, start: str, end: str | None) -> list[str]:
    parsed = rows.with_columns(
        _start=pl.col(start).str.to_date(strict=False),
        _end=pl.col(end).str.to_date(strict=False) if end else pl.lit(None, dtype=pl.Date),
    )
    unread = pl.col(start).is_not_null() & pl.col("_start").is_null()
    if end:
        unread |= pl.col(end).is_not_null() & pl.col("_end").is_null()
    broken = parsed.filter(unread)
    upside_down = parsed.filter(pl.col("_end") < pl.col("_start"))
    return [f"row {row} has a date that cannot be read" for row in broken.rows()] + [
        f"row {row} ends before it begins" for row in upside_down.rows()
    ]
