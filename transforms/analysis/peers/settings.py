"""How a bank groups its branches, and how much of others it shows: data, with shipped defaults.

What is made of it belongs in `groups` and `ranking`.
"""

from collections.abc import Mapping
from decimal import Decimal
from importlib import resources
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from transforms.catalogue.forms import LabelForm
from transforms.errors import BranchmarkError
from transforms.written import read

FILE: Final = "peers.yaml"
LEAST_BRANCHES: Final = 5
LEAST_COUNT: Final = 3
WAYS: Final = ("level", "size", "region", "mix")
"""The groupings every bank has; named lists come beside them."""

_Name = Annotated[str, StringConstraints(min_length=1, pattern=r"^[a-z][a-z0-9_]*$")]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Size(_Form):
    """Groups by size."""

    metric: str = "loan_balance"
    parts: int = Field(default=3, ge=2, le=10)


class Mix(_Form):
    """Groups by what the book is made of."""

    metrics: tuple[str, ...] = Field(
        default=("manufacturing_share", "sei_share"), min_length=1, max_length=3
    )


class PeerList(_Form):
    """A group that the bank names itself."""

    label: LabelForm
    branches: tuple[str, ...] = Field(min_length=1)


class PeerSettings(_Form):
    """What `ranking.yaml` says.

    Attributes:
        minimum_branches: a group with fewer figures than this is not shown.
        smallest_count: a count of clients below this is not shown of others.
        shrinkage_constant: how many clients weigh as much as the group, where its spread does not say.
        size: by what the branches of a level are parted by size.
        mix: by what they are parted by the make-up of their book.
        lists: groups named by the bank.
    """

    minimum_branches: int = Field(default=LEAST_BRANCHES, ge=LEAST_BRANCHES)
    smallest_count: int = Field(default=LEAST_COUNT, ge=LEAST_COUNT)
    shrinkage_constant: Decimal = Field(default=Decimal(30), gt=Decimal(0), le=Decimal(1_000_000))
    size: Size = Size()
    mix: Mix = Mix()
    lists: Mapping[_Name, PeerList] = {}


def settings(text: str | None = None) -> PeerSettings:
    """What a bank's `ranking.yaml` says, or what the product ships.

    Raises:
        BranchmarkError: if it is no YAML, or says what it cannot.
    """
    shipped = resources.files("transforms.analysis.peers").joinpath(FILE)
    said = shipped.read_text(encoding="utf-8") if text is None else text
    problems: list[str] = []
    content = read(FILE, said, problems).content
    if problems:
        raise BranchmarkError(f"{problems[0]}. Mend it and run again.")
    try:
        found = PeerSettings.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise BranchmarkError(
            f"{FILE} is refused: {where}: {first['msg']}. Mend it and run again."
        ) from None
    taken = sorted(set(found.lists) & set(WAYS))
    if taken:
        raise BranchmarkError(
            f"{FILE} is refused: a list cannot be called {taken[0]!r}, every bank has that grouping. "
            "Give it another name."
        )
    return found
