"""The reference lists, read from their CSV files: which class is on which list, which place where.

Who is lent to and what for belongs in `oracle_loans.py`; here are only codes.

A delivered purpose code may carry a section letter and may be a class (4 digits) or a group (3). A
group stands for all its classes: it is on a list only if all of them are.
"""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.oracle.oracle_delivered import Row

NEW_GREEN_CATALOGUE = date(2025, 10, 1)
OVERCAPACITY = ("OVERCAPACITY_2013", "OVERCAPACITY_2016")
TWO_HIGH = ("TWO_HIGH_2021",)
ENERGY_INTENSIVE = ("ENERGY_INTENSIVE_6",)
PART_OF_A_CLUSTER = "part"
INCLUSIVE_LINES = {
    "nfra": ((date(2018, 1, 1), Decimal(10_000_000)),),
    "pboc": ((date(2018, 1, 1), Decimal(5_000_000)), (date(2019, 1, 1), Decimal(10_000_000))),
}
"""Up to (NFRA) or below (PBoC) which credit line a client is inclusive, from which day."""


def inclusive_line(reading: str, day: date) -> Decimal | None:
    """The line in force on a day; none before there was one."""
    lines = [line for start, line in INCLUSIVE_LINES[reading] if start <= day]
    return lines[-1] if lines else None


def digits(code: str | None) -> str:
    """A purpose code without its section letter, at most a class long."""
    text = (code or "").strip()
    if text[:1].isalpha():
        text = text[1:]
    return text[:4]


class Lists:
    """Industries, green items and clusters."""

    def __init__(self, folder: Path) -> None:
        self._group_classes: dict[str, list[str]] = defaultdict(list)
        self._sections: dict[str, str] = {}
        for row in _csv(folder / "gbt4754_2017.csv"):
            if row["level"] == "2":
                self._sections[row["code"]] = row["section"]
            if row["level"] == "4":
                self._group_classes[row["group"]].append(row["code"])
        self._sei_starred: dict[str, bool] = {}
        self._sei_fields: dict[str, set[str]] = {}
        for row in _csv(folder / "sei_2018_by_class.csv"):
            if not row["row_source"].startswith("unverified"):
                self._sei_starred[row["gbt_class"]] = row["starred"] == "yes"
                self._sei_fields[row["gbt_class"]] = set(row["sei_l1_codes"].split("|"))
        high_tech = _csv(folder / "high_tech_industry.csv")
        self._high_tech_starred = {row["gbt_class"]: row["starred"] == "yes" for row in high_tech}
        self._high_tech_manufacturing = {
            row["gbt_class"] for row in high_tech if row["kind"] == "manufacturing"
        }
        self._patent_intensive = {
            row["gbt_class"] for row in _csv(folder / "ip_patent_intensive_industry.csv")
        }
        self._green_from = {
            (row["edition"], row["code"]): date.fromisoformat(row["effective"])
            for row in _csv(folder / "green_catalogue.csv")
            if row["level"] == "1"
        }
        self._restricted: dict[str, list[str]] = defaultdict(list)
        for row in _csv(folder / "restricted_industries.csv"):
            self._restricted[row["list_id"]].append(row["gbt_code"])
        # Of Guangdong only nine cities are in their cluster: the province itself is in none.
        self._clusters = {
            row["code"]: row["innovation_centre_cluster"]
            for row in _csv(folder / "admin_divisions.csv")
            if row["innovation_centre_cluster"] and row["in_gba"] != PART_OF_A_CLUSTER
        }

    # Industries ---------------------------------------------------------------------------------

    def division(self, code: str | None) -> str | None:
        """The two-digit division of an industry code, if the standard has it."""
        two = digits(code)[:2]
        return two if two in self._sections else None

    def section(self, code: str | None) -> str | None:
        """The section letter, from the digits and not from a letter delivered with them."""
        return self._sections.get(digits(code)[:2])

    def is_high_tech(self, code: str | None, tech_loan_tag: str | None) -> bool:
        """On the high-tech lists; classes that count in part need the bank's own mark."""
        classes = self._classes(code)
        if not classes or not all(each in self._high_tech_starred for each in classes):
            return False
        in_part = any(self._high_tech_starred[each] for each in classes)
        return not in_part or tech_loan_tag is not None

    def is_high_tech_manufacturing(self, code: str | None) -> bool:
        """On the manufacturing half of the high-tech lists."""
        return self._all_classes_in(code, self._high_tech_manufacturing)

    def is_patent_intensive(self, code: str | None) -> bool:
        """On the patent-intensive list."""
        return self._all_classes_in(code, self._patent_intensive)

    def is_restricted(self, code: str | None, list_ids: tuple[str, ...]) -> bool:
        """On one of the lists, whose rows hold for every class that begins with their code."""
        listed = tuple(row for list_id in list_ids for row in self._restricted[list_id])
        text = digits(code)
        classes = self._group_classes.get(text, []) if len(text) == 3 else []
        return text.startswith(listed) or (
            bool(classes) and all(each.startswith(listed) for each in classes)
        )

    # Strategic emerging industries --------------------------------------------------------------

    def is_sei_listed(self, code: str | None) -> bool:
        """A class, or any class of a group, is in the catalogue."""
        return bool(self._sei_listed(code))

    def is_sei_whole(self, code: str | None) -> bool:
        """All of it is strategic, whatever is made."""
        listed = self._sei_listed(code)
        return (
            bool(listed)
            and len(listed) == len(self._classes(code))
            and not any(self._sei_starred[each] for each in listed)
        )

    def is_in_sei_field(self, code: str | None, tag: str | None) -> bool:
        """The class lies in the field that the loan is tagged with."""
        return any(tag in self._sei_fields[each] for each in self._sei_listed(code))

    def sei_field(self, code: str | None, tag: str | None) -> str | None:
        """The field a loan is split by: its tag if that fits, else the first of a whole class."""
        if self.is_in_sei_field(code, tag):
            return tag
        if self.is_sei_whole(code):
            return min(field for each in self._sei_listed(code) for field in self._sei_fields[each])
        return None

    def _sei_listed(self, code: str | None) -> list[str]:
        return [each for each in self._classes(code) if each in self._sei_starred]

    # Green items and places ---------------------------------------------------------------------

    def is_green(self, loan: Row, as_of: date) -> bool:
        """An item of the catalogue in force when the loan was approved, or else drawn."""
        approved = loan["approval_date"] or loan["disbursement_date"]
        if loan["green_tag"] is None:
            return False
        after = approved is not None and approved >= NEW_GREEN_CATALOGUE
        edition = loan["green_catalogue_version"]
        if edition is None and approved is not None:
            edition = "2025" if after else "2019"
        if after and edition != "2025":
            return False
        effective = self._green_from.get((edition, loan["green_tag"].split(".")[0]))
        return effective is not None and effective <= as_of

    def cluster(self, region: str | None) -> str | None:
        """The innovation cluster a place is in, by its prefecture or else by its province."""
        if region is None:
            return None
        province = self._clusters.get(region[:2] + "0000")
        return self._clusters.get(region[:4] + "00", province)

    # Codes --------------------------------------------------------------------------------------

    def _classes(self, code: str | None) -> list[str]:
        text = digits(code)
        return self._group_classes.get(text, []) if len(text) == 3 else [text]

    def _all_classes_in(self, code: str | None, listed: set[str]) -> bool:
        classes = self._classes(code)
        return bool(classes) and all(each in listed for each in classes)


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
