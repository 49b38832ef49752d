"""The gate before publication: at the limit a month passes, beyond it it does not."""

from decimal import Decimal

import pytest

from orchestration.gate import Gate


def gate(rejected, *, unmeasured=0, limit="5", rows=100, delivered="1000.00"):
    return Gate(
        rejected=Decimal(rejected),
        delivered=Decimal(delivered),
        unmeasured=unmeasured,
        rows=rows,
        max_rejected=Decimal(limit),
        max_unmeasured=Decimal(10),
    )


@pytest.mark.parametrize(
    ("at", "passes"),
    [
        (gate("50.00"), True),
        (gate("50.01"), False),
        (gate("0.01", limit="0"), False),
        (gate("0.00", limit="0"), True),
        (gate("0.00", unmeasured=10), True),
        (gate("0.00", unmeasured=11), False),
        (gate("0.00", delivered="0.00", rows=0), True),
        (gate("0.00", delivered="0.00", rows=3, unmeasured=3), False),
    ],
)
def test_a_month_at_the_limit_passes_and_one_beyond_it_does_not(at, passes):
    assert at.passes is passes


def test_a_reader_is_told_in_chinese_what_keeps_the_month_back():
    told = gate("0.00", unmeasured=700, rows=1511).told
    assert told.zh == (
        "报送余额的 0.00% 将被拒收（未超过 5% 的上限），1,511 行中有 700 行金额无法确定（超过 10% 的上限）"
    )
    assert gate("50.06").told.zh == "报送余额的 5.01% 将被拒收（超过 5% 的上限）"


def test_the_share_is_told_with_its_limit_and_what_is_not_known():
    assert gate("50.06").said == (
        "5.01 % of the delivered balance was rejected (over the limit of 5 %)"
    )
    told = gate("0", delivered="0", rows=1500, unmeasured=1200, limit="0.50").said
    assert told == (
        "no balance was delivered (within the limit of 0.5 %), and the amount of 1,200 of 1,500 rows "
        "is not known (over the limit of 10 %)"
    )
