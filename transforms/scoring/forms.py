"""How a scoring profile is written in YAML: the shapes a file may have, and nothing unknown in them.

Only shapes are checked here; what a profile says about the catalogue and about itself is checked in
`checks`.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from transforms.catalogue.forms import Form, LabelForm, SourceForm
from transforms.scorecards import Status, When
from transforms.scoring.model import Formula, Missing, Policy

Share = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=6)]
Weight = Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=4)]
Points = Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=4)]
Amount = Annotated[Decimal, Field(max_digits=30, decimal_places=12)]
Above = Annotated[Decimal, Field(gt=0, max_digits=30, decimal_places=12)]
Way = Literal["higher", "lower"]


class MissingForm(Form):
    """What becomes of a line that cannot be scored."""

    rule: Missing
    at: Share | None = Field(default=None, description="The completion of a neutral line.")


class ToleranceForm(Form):
    """The tolerance within which nothing is taken off."""

    tolerance: str = Field(description="A metric of the kind tolerance.")
    reading: str | None = None


class StepForm(Form):
    """A threshold, inclusive, and the share of the weight from there on."""

    at_least: Amount | None = None
    at_most: Amount | None = None
    share: Share


class BandsForm(Form):
    """Steps of the value, or of a completion."""

    of: Literal["value", "higher", "lower", "increment"] = "value"
    steps: tuple[StepForm, ...] = Field(min_length=1)
    otherwise: Share = Decimal(0)


class RankForm(Form):
    """Shares by rank among peers."""

    first: Share = Decimal(1)
    last: Share = Decimal(0)
    least: int = Field(default=3, ge=2, description="Fewer peers than this are not ranked.")


class FigureForm(Form):
    """What every part of a profile that looks at a metric says of it."""

    id: str | None = Field(default=None, description="Its name; the metric's, if not given.")
    metric: str
    reading: str | None = None
    better: Way | None = Field(
        default=None, description="For a metric that points neither way in the catalogue."
    )
    label: LabelForm | None = None


class LineForm(FigureForm):
    """One line of a card."""

    weight: Weight
    formula: Formula
    floor: Share | None = None
    cap: Share | None = None
    missing: MissingForm | None = None
    bands: BandsForm | None = None
    rank: RankForm | None = None
    exempt: ToleranceForm | None = None


class GroupForm(Form):
    """Lines that belong together; the weights of the lines add up to the group's."""

    label: LabelForm
    weight: Weight
    lines: tuple[LineForm, ...] = Field(min_length=1)


class ItemForm(FigureForm):
    """Points by the unit beyond a limit."""

    beyond: Amount | Literal["target"] = "target"
    per: Above
    points: Points
    limit: Points | None = None
    exempt: ToleranceForm | None = None


class VetoForm(FigureForm):
    """A limit that holds the whole total down."""

    beyond: Amount
    cap: Points = Decimal(0)


class RuleForm(Form):
    """If something holds of a figure, it has this status."""

    when: When
    status: Status
    below: Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=4)] | None = None


class RoundingForm(Form):
    """Decimals, half up."""

    completion: int = Field(default=4, ge=0, le=8)
    score: int = Field(default=2, ge=0, le=4)


class RollUpForm(Form):
    """How one status is made of several."""

    policy: Policy
    priority: tuple[Status, ...] = (Status.MISSED, Status.NEAR, Status.MET)


class ProfileForm(Form):
    """A scoring profile."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1)
    label: LabelForm
    note: LabelForm | None = None
    source: SourceForm
    valid_from: date
    valid_to: date | None = None
    total: Weight = Decimal(100)
    floor: Share = Decimal(0)
    cap: Share = Decimal("1.2")
    missing: MissingForm
    least_scored: Points = Field(
        default=Decimal(0), description="Of the weights; a total on less is not given."
    )
    rounding: RoundingForm = RoundingForm()
    deduction_limit: Points = Decimal(10)
    bonus_limit: Points = Decimal(5)
    roll_up: RollUpForm = RollUpForm(policy=Policy.WORST)
    status: tuple[RuleForm, ...] | None = None
    groups: dict[str, GroupForm] = Field(min_length=1)
    deductions: tuple[ItemForm, ...] = ()
    bonuses: tuple[ItemForm, ...] = ()
    vetoes: tuple[VetoForm, ...] = ()
