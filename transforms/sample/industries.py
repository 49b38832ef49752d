"""Industries of the demo bank: how much of the book goes where, and what the lists say of a class.

Weights are shares of a corporate book by GB/T 4754 section, split by what the lists make of a class
(whole strategic emerging, other technology, starred, none), so that a bank's structure can be set in
one table. Which loans count for a metric is not decided here but by the catalogue.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import polars as pl

from transforms.reference.tables import Reference
from transforms.sample.draws import Flags, Ints, Shorts


class Kind(IntEnum):
    """What the lists say of an industry class, the strongest first."""

    WHOLE = 0
    """Strategic emerging as a whole."""
    TECHNOLOGY = 1
    """High-tech or patent-intensive, not wholly strategic emerging."""
    STARRED = 2
    """Strategic emerging for listed products only."""
    PLAIN = 3
    """On no list."""


class Form(IntEnum):
    """How a purpose industry is written in the book."""

    PLAIN = 0
    LETTER = 1
    GROUP = 2


SECTION_WEIGHTS: Final = {
    # section: whole, technology, starred, plain; in 1/10,000 of the corporate book
    "A": (0, 0, 20, 180),
    "B": (0, 0, 100, 150),
    "C": (350, 200, 720, 1860),
    "D": (160, 0, 130, 330),
    "E": (40, 0, 110, 860),
    "F": (0, 0, 0, 1400),
    "G": (10, 0, 20, 640),
    "H": (0, 0, 0, 100),
    "I": (55, 85, 0, 0),
    "J": (20, 0, 20, 160),
    "K": (0, 0, 0, 850),
    "L": (30, 0, 100, 1050),
    "M": (35, 50, 0, 5),
    "N": (70, 0, 30, 430),
    "O": (5, 0, 0, 45),
    "P": (0, 0, 5, 75),
    "Q": (0, 0, 20, 100),
    "R": (5, 5, 15, 45),
    "S": (0, 0, 0, 40),
}
PERSON_SECTIONS: Final = frozenset("ACFGHO")
PUBLIC_SECTIONS: Final = frozenset("GNPQS")
_COMMON: Final = (
    "1711 2710 3021 3031 3130 3311 3484 3612 3670 3841 3825 3971 3985 4415 4416 4420 4620 "
    "4710 4812 4813 5131 5161 5164 5165 5169 5177 5211 5212 5231 5421 5432 5442 6110 6210 "
    "6420 6513 6520 7010 7211 7212 7221 7291 7511 7721 7723 7810 7840 8211 "
)
"""Classes that a bank's book is full of; each weighs as much as eight others."""


@dataclass(frozen=True, eq=False)
class Industries:
    """The classes, and every way of writing one: position `3 × class + form`."""

    codes: pl.Series
    written: pl.Series
    section: Shorts
    division: Shorts
    kind: Shorts
    fields: Shorts
    """By class: the SEI fields it sits in, bit n for field n."""
    weight: Ints
    """By class: its share of the corporate book."""
    sei_whole: Flags
    """By written code, as the next three: the coarse codes claim no more than all their classes."""
    sei_fields: Shorts
    technology: Flags
    starred_service: Flags

    def weights(self, *, sections: frozenset[str] | None = None, tilt: int = 100) -> Ints:
        """Weights by class, within some sections, with the listed classes at `tilt` percent."""
        tilted = np.where(self.kind == Kind.PLAIN, self.weight * 100, self.weight * tilt)
        if sections is None:
            return tilted
        kept = np.isin(self.section, [ord(section) for section in sections])
        return np.where(kept, tilted, 0)


def industries(reference: Reference) -> Industries:
    """The classes of GB/T 4754 with weights and what the reference lists say of them."""
    gbt = reference.tables["gbt4754_2017"].filter(pl.col("level") == "4")
    high_tech = reference.tables["high_tech_industry"]
    sure = high_tech.filter(pl.col("starred") == "no")["gbt_class"].implode()
    patents = reference.tables["ip_patent_intensive_industry"]["gbt_class"].implode()
    listed = high_tech["gbt_class"].implode()
    sei = reference.sei_classes()
    classes = (
        gbt.select("section", "division", "group", "code")
        .join(sei, on="code", how="left", maintain_order="left")
        .with_columns(
            sure=pl.col("code").is_in(sure),
            patents=pl.col("code").is_in(patents),
            listed=pl.col("code").is_in(listed),
            whole=pl.col("sei_whole").fill_null(value=False),
        )
    )
    groups = classes.group_by("group").agg(
        group_sure=pl.col("sure").all(),
        group_patents=pl.col("patents").all(),
        group_listed=pl.col("listed").all(),
    )
    coarse = sei.select(group="code", group_whole="sei_whole", group_fields="sei_fields").unique(
        "group"
    )
    classes = classes.join(groups, on="group", how="left", maintain_order="left").join(
        coarse, on="group", how="left", maintain_order="left"
    )
    technology = (classes["sure"] | classes["patents"]).to_numpy()
    whole = classes["whole"].to_numpy()
    starred = classes["sei_whole"].is_not_null().to_numpy() & ~whole
    kind = np.select(
        [whole, technology, starred], [Kind.WHOLE, Kind.TECHNOLOGY, Kind.STARRED], Kind.PLAIN
    ).astype(np.int32)
    section = np.array([ord(letter) for letter in classes["section"]], dtype=np.int32)
    fields, group_fields = _masks(classes["sei_fields"]), _masks(classes["group_fields"])
    group_whole = classes["group_whole"].fill_null(value=False).to_numpy()
    group_sure = (classes["group_sure"] | classes["group_patents"]).to_numpy()
    service = (classes["listed"] & ~classes["sure"]).to_numpy()
    group_service = (classes["group_listed"] & ~classes["group_sure"]).to_numpy()
    written = classes.select(
        pl.concat_list("code", pl.col("section") + pl.col("code"), "group").alias("written")
    )["written"].explode()
    return Industries(
        codes=classes["code"],
        written=written,
        section=section,
        division=classes["division"].cast(pl.Int32).to_numpy(),
        kind=kind,
        fields=fields,
        weight=_weights(classes, section, kind),
        sei_whole=np.stack([whole, whole, group_whole], axis=1).ravel(),
        sei_fields=np.stack([fields, fields, group_fields], axis=1).ravel(),
        technology=np.stack([technology, technology, group_sure], axis=1).ravel(),
        starred_service=np.stack([service, service, group_service], axis=1).ravel(),
    )


def _masks(fields: pl.Series) -> Shorts:
    masks = [sum(1 << int(field) for field in row or ()) for row in fields.to_list()]
    return np.array(masks, dtype=np.int32)


def _weights(classes: pl.DataFrame, section: Shorts, kind: Shorts) -> Ints:
    """Each section's and kind's weight, shared out among its classes."""
    common = frozenset(_COMMON.split())
    plain = np.array([8 if code in common else 1 for code in classes["code"]], dtype=np.int64)
    weight = np.zeros(len(plain), dtype=np.int64)
    for letter, shares in SECTION_WEIGHTS.items():
        for at, share in enumerate(shares):
            cell = (section == ord(letter)) & (kind == at)
            total = int(plain[cell].sum())
            if total:
                weight[cell] = share * 1_000 * plain[cell] // total
    return weight
