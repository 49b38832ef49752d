"""How a return is written in YAML: the shapes a file may have, and nothing unknown in them.

Only shapes are checked here; what a return says about the catalogue and about itself is checked in `builder`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from transforms.catalogue.forms import Form, LabelForm
from transforms.returns.model import (
    Audience,
    CheckKind,
    Frequency,
    MadeFor,
    Moment,
    PictureKind,
    Relation,
    Scale,
    Severity,
    Take,
)

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Capitals = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=12)]
RowId = Annotated[str, Field(pattern=r"^[0-9A-Z][0-9A-Z_]*$", max_length=12)]
Mark = Annotated[str, Field(pattern=r"^[0-9a-z]{1,3}$")]
Decimals = Annotated[int, Field(ge=0, le=6)]
Few = Annotated[Decimal, Field(ge=0, max_digits=26, decimal_places=12)]


class PointForm(Form):
    """Which published figure."""

    metric: str | None = None
    reading: str = Field(default="", description="The metric's own, if not given.")
    slice: str | None = Field(default=None, description="By what it is cut; uncut if not given.")
    member: str | None = Field(default=None, description="Which part of the cut.")


class RowForm(PointForm):
    """A row: a figure, a heading, a sum of other rows, or a line that nothing is collected of."""

    label: LabelForm | None = Field(
        default=None, description="The member's or the metric's own words, if not given."
    )
    of_which: str = ""
    sum_of: tuple[str, ...] = ()
    level: int = Field(default=0, ge=0, le=4)
    heading: bool = False
    footnotes: tuple[Mark, ...] = ()
    scale: Scale | None = Field(default=None, description="In columns whose unit is `own`.")
    decimals: Decimals | None = None
    not_collected: bool = False


class FormulaForm(Form):
    """A column reckoned from two others."""

    left: str
    sign: Literal["-", "/"]
    right: str


class ColumnForm(PointForm):
    """A column: what is taken of each row's figure, or the figure itself where rows are units."""

    label: LabelForm
    scale: Scale
    decimals: Decimals | None = Field(
        default=None, description="Two, and none of counts, if not given."
    )
    take: Take = Take.VALUE
    at: Moment = Moment.NOW
    formula: FormulaForm | None = None
    footnotes: tuple[Mark, ...] = ()


class PictureForm(Form):
    """A drawing below a table."""

    kind: PictureKind
    label: LabelForm
    column: str
    rows: tuple[str, ...] = ()


class TableForm(Form):
    """A table: of named rows, or of units."""

    label: LabelForm
    columns: str | dict[Capitals, ColumnForm] = Field(
        description="Columns, or the name of a set under `columns` of the file."
    )
    rows: Mapping[RowId, RowForm] = {}
    units: tuple[str, ...] = ()
    adds_up: bool = False
    footnotes: Mapping[Mark, LabelForm] = {}
    picture: PictureForm | None = None


class CheckForm(Form):
    """A cross-check; its sides are sums of cells: `SEI.010.A + SEI.020.A`, `SEI.*.B`, `other:T.010.A`."""

    kind: CheckKind
    label: LabelForm
    severity: Severity = Severity.BLOCKS
    left: str
    relation: Relation = Relation.EQUAL
    right: str | None = None
    tolerance: Few = Decimal(0)
    threshold: Few | None = None
    points: Few | None = None


class ReturnForm(Form):
    """A return."""

    id: Id
    code: Capitals
    version: str = Field(pattern=r"^[0-9A-Za-z.\-]{1,20}$")
    label: LabelForm
    purpose: LabelForm
    frequency: Frequency
    audience: Audience
    made_for: MadeFor
    levels: tuple[str, ...] = ()
    due_working_days: int = Field(ge=0, le=60)
    source: str = ""
    disclaimer: LabelForm | None = None
    columns: dict[Id, dict[Capitals, ColumnForm]] = Field(
        default_factory=dict, description="Sets of columns that several tables share."
    )
    footnotes: dict[Mark, LabelForm] = Field(
        default_factory=dict, description="What marks say in every table that uses them."
    )
    tables: dict[Capitals, TableForm] = Field(min_length=1)
    checks: Mapping[
        Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_\-]*$", max_length=20)], CheckForm
    ] = {}
