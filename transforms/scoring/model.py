"""What a scoring profile is: lines with weights, deductions, bonuses, vetoes, and how status is rolled up.

Frozen records, already checked against the catalogue: readings are named, directions settled. Reading them
from YAML belongs in `forms` and `load`, refusing wrong ones in `checks`, the arithmetic in `score`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from transforms.catalogue.model import Better, Label, Source, Unit
from transforms.scorecards import Status, StatusRule


class Formula(StrEnum):
    """How far a figure has come, as a share of what it was asked for."""

    HIGHER = "higher"
    """actual / target"""
    LOWER = "lower"
    """2 - actual / target"""
    INCREMENT = "increment"
    """(actual - base) / (target - base); the base is the last year end"""
    BANDS = "bands"
    """A share of the weight by steps of the value, or of a completion."""
    RANK = "rank"
    """A share of the weight by the rank among peers; ties share the better rank."""


class Missing(StrEnum):
    """What becomes of a line that cannot be scored."""

    ZERO = "zero"
    """It scores nothing."""
    EXCLUDE = "exclude"
    """It is left out, and its weight goes to the other lines in proportion."""
    NEUTRAL = "neutral"
    """It counts as a completion that the profile states."""


class Policy(StrEnum):
    """How one status is made of several; never by averaging."""

    WORST = "worst"
    """The worst of those judged."""
    MAJORITY = "majority"
    """What more than half of those judged have; without such a half, none."""
    MAJORITY_WITH_PRIORITY = "majority_with_priority"
    """What most of those judged have; where several have equally many, the first by priority."""
    COUNTS_ONLY = "counts_only"
    """None: the counts stand for themselves."""


class Kind(StrEnum):
    """What takes points off the sum of the lines, or adds some."""

    DEDUCTION = "deduction"
    BONUS = "bonus"


@dataclass(frozen=True)
class Figure:
    """A metric under a reading, with what scoring has to know of it.

    Attributes:
        better: higher or lower: as the catalogue says or, for a metric that points neither way, the
            profile.
        tolerated: it is the headroom under a tolerance.
    """

    metric: str
    reading: str
    unit: Unit
    better: Better
    tolerated: bool
    label: Label


@dataclass(frozen=True)
class MissingRule:
    """What becomes of a line that cannot be scored; `at` is the completion of a neutral one."""

    rule: Missing
    at: Decimal | None = None


@dataclass(frozen=True)
class Step:
    """From a threshold on, inclusive, a line has this share of its weight."""

    threshold: Decimal
    share: Decimal


@dataclass(frozen=True)
class Bands:
    """Steps from the best to the worst.

    Attributes:
        of: the formula of the completion that is cut into steps; none for the value itself.
        upward: at least the threshold is asked for; else at most.
        steps: the most demanding threshold first.
        otherwise: the share of what reaches none of them.
    """

    of: Formula | None
    upward: bool
    steps: tuple[Step, ...]
    otherwise: Decimal


@dataclass(frozen=True)
class Ranking:
    """The shares of the first and the last among peers, linear between; fewer than `least` are not ranked."""

    first: Decimal
    last: Decimal
    least: int


@dataclass(frozen=True)
class Line:
    """One line of a card.

    Attributes:
        exempt: the tolerance within which nothing is taken off this line: it then counts as completed,
            and never as more than that.
    """

    line_id: str
    group: str
    label: Label
    figure: Figure
    weight: Decimal
    formula: Formula
    floor: Decimal
    cap: Decimal
    missing: MissingRule
    bands: Bands | None = None
    ranking: Ranking | None = None
    exempt: Figure | None = None

    @property
    def against(self) -> Formula | None:
        """The formula that needs a target; none where value or rank alone decide."""
        if self.formula is Formula.BANDS:
            return self.bands.of if self.bands else None
        return None if self.formula is Formula.RANK else self.formula


@dataclass(frozen=True)
class Item:
    """Points by the unit beyond a limit: taken off on its wrong side, or added on its right side.

    Attributes:
        beyond: the limit; none for the figure's own target.
        per: so much beyond it is one unit; parts of a unit count in proportion.
        points: for each unit.
        limit: the most that this item takes or adds, without sign; none for no limit of its own.
        exempt: the tolerance within which a deduction is waived.
    """

    item_id: str
    kind: Kind
    label: Label
    figure: Figure
    beyond: Decimal | None
    per: Decimal
    points: Decimal
    limit: Decimal | None
    exempt: Figure | None = None


@dataclass(frozen=True)
class Veto:
    """A figure on the wrong side of `beyond` holds the total at `cap` or below; zero makes it nothing."""

    veto_id: str
    label: Label
    figure: Figure
    beyond: Decimal
    cap: Decimal


@dataclass(frozen=True)
class Group:
    """Lines that belong together, with a subtotal."""

    group_id: str
    label: Label
    weight: Decimal


@dataclass(frozen=True)
class Profile:
    """A way of scoring, in one version.

    Attributes:
        version: the declared number and a hash of everything that decides a score.
        total: what the weights add up to.
        missing: what becomes of lines that say nothing else themselves.
        deduction_limit: the most that deductions take together, without sign.
        bonus_limit: the most that bonuses add together.
        completion_places: decimals of a completion, half up.
        score_places: decimals of a score, half up.
        least_scored: the part of the weights that must be scored for a total to be given.
        status: the ordered rules.
        priority: which judged status goes first where several have equally many.
        file: where it was read.
    """

    profile_id: str
    version: str
    label: Label
    note: Label | None
    source: Source
    valid_from: date
    valid_to: date | None
    total: Decimal
    missing: MissingRule
    groups: tuple[Group, ...]
    lines: tuple[Line, ...]
    items: tuple[Item, ...]
    vetoes: tuple[Veto, ...]
    deduction_limit: Decimal
    bonus_limit: Decimal
    completion_places: int
    score_places: int
    least_scored: Decimal
    status: tuple[StatusRule, ...]
    policy: Policy
    priority: tuple[Status, ...]
    file: str

    def items_of(self, kind: Kind) -> tuple[Item, ...]:
        """The deductions, or the bonuses."""
        return tuple(item for item in self.items if item.kind is kind)

    @property
    def bases(self) -> tuple[Figure, ...]:
        """The figures that are also asked for at the last year end, each once."""
        wanted = (line.figure for line in self.lines if line.against is Formula.INCREMENT)
        return tuple(dict.fromkeys(wanted))

    def holds(self, day: date) -> bool:
        """Whether it is in force that day; its last day counts."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


Editions = Mapping[str, tuple[Profile, ...]]
"""By name the profiles of all times, the earliest first."""
