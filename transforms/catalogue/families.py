"""Families of metrics: the order they are told in, what each is called and what it is about.

A metric names its family itself; a family that a workspace adds has no entry here and is called as its
file is. What belongs to a family is said in its definition file, how a metric is shown in `dashboards`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from transforms.catalogue.model import Label


@dataclass(frozen=True)
class Family:
    """What one family of metrics is called, and what it answers in a line."""

    label: Label
    meaning: Label


FAMILIES: Final[Mapping[str, Family]] = MappingProxyType(
    {
        "volume": Family(
            Label("Loan volume", "贷款规模"),
            Label(
                "How large the book is and how fast it grows.",
                "贷款规模有多大，增长有多快。",
            ),
        ),
        "sei": Family(
            Label("Strategic industries", "战略性新兴产业"),
            Label(
                "Loans to strategic emerging industries: share, growth and quality.",
                "战略性新兴产业贷款的占比、增长与质量。",
            ),
        ),
        "technology": Family(
            Label("Technology", "科技金融"),
            Label(
                "Loans to technology enterprises and technology-related industries.",
                "科技型企业与科技相关产业贷款。",
            ),
        ),
        "first_time": Family(
            Label("First-time clients", "首贷户"),
            Label(
                "Clients who never had a loan before, and what they were lent.",
                "此前从未获得贷款的客户及其贷款。",
            ),
        ),
        "green": Family(
            Label("Green and supply chain", "绿色与供应链"),
            Label(
                "Green loans, supply-chain loans, and how steadily the chain trades and pays.",
                "绿色贷款、供应链融资，以及供应链交易与结算情况。",
            ),
        ),
        "inclusive": Family(
            Label("Inclusive finance", "普惠金融"),
            Label(
                "Inclusive small-business loans: volume, price, and quality against its tolerance.",
                "普惠型小微企业贷款的规模、价格及不良容忍度。",
            ),
        ),
        "asset_quality": Family(
            Label("Asset quality", "资产质量"),
            Label(
                "Bad and overdue loans: the stock, how it forms, and what covers it.",
                "不良与逾期贷款的存量、生成与拨备覆盖。",
            ),
        ),
        "structure": Family(
            Label("Structure", "信贷结构"),
            Label(
                "What the book is made of: industries, terms, security, ownership, place.",
                "贷款的行业、期限、担保、所有制与区域构成。",
            ),
        ),
        "concentration": Family(
            Label("Concentration", "集中度"),
            Label(
                "How much hangs on the largest clients, groups, industries and core enterprises.",
                "对最大客户、集团、行业及核心企业的依赖程度。",
            ),
        ),
        "price": Family(
            Label("Price", "定价"),
            Label(
                "What the loans earn, and how far that lies from the reference rate.",
                "贷款利率水平及其与LPR的点差。",
            ),
        ),
        "linkage": Family(
            Label("Investment linkage", "投贷联动"),
            Label(
                "Loans granted beside an equity investment in the same client.",
                "与股权投资联动发放的贷款。",
            ),
        ),
    }
)
"""The product's own families, in the order they are told in."""


def label_of(family: str) -> Label:
    """What a family is called; one that a workspace added, by its own name.

    >>> label_of("price").en
    'Price'
    >>> label_of("our_own").en
    'our_own'
    """
    known = FAMILIES.get(family)
    return known.label if known is not None else Label(family, family)


def in_order(families: Iterable[str]) -> tuple[str, ...]:
    """Each family once: the product's in their order, then added ones by name.

    >>> in_order(["mine", "price", "volume", "price"])
    ('volume', 'price', 'mine')
    """
    given = set(families)
    return (*(name for name in FAMILIES if name in given), *sorted(given - set(FAMILIES)))
