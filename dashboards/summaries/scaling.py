"""Exact figures in the unit that they are printed in, unrounded, for workbooks that go on reckoning.

How a figure is rounded where it is printed is said by `transforms.returns.reckoning`.
"""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any, Final

from transforms.returns.model import Scale
from transforms.returns.reckoning import factor

_DIGITS: Final = 60
"""More than a product of two exact figures has."""


def factor_of(cell: Mapping[str, Any]) -> Decimal:
    """What the exact figure of a cell is multiplied by."""
    return factor(Scale(cell["scale"]), cell["unit"])


def scaled(exact: Decimal, cell: Mapping[str, Any]) -> Decimal:
    """An exact figure in the unit that a cell is printed in."""
    with localcontext() as context:
        context.prec = _DIGITS
        return exact * factor_of(cell)
