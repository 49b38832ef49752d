"""A unit's month step by step, from the delivery to the signature, each in a word with its standing.

What comes before the signature is judged in `dashboards.quality.readiness`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dashboards.i18n import day_text, say
from dashboards.numbers import Format
from dashboards.quality.readiness import Line, Step
from dashboards.quality.states import Standing
from dashboards.release.signed import Signature, Spoken
from dashboards.units import BankUnit

STEPS: Final = ("delivered", "findings", "reconciled", "published", "check_ins", "signed")
"""In the order in which they come."""


@dataclass(frozen=True)
class UnitSteps:
    """One unit by step.

    Attributes:
        steps: by name, in the order of `STEPS`.
        unspoken: missed figures that nobody has said anything about; none where that is not known.
    """

    unit: BankUnit
    steps: Mapping[str, Step]
    unspoken: int | None

    @property
    def is_signed(self) -> bool:
        """Whether exactly the figures shown are signed."""
        return self.steps["signed"].standing is Standing.GOOD

    @property
    def is_outdated(self) -> bool:
        """Whether other figures of the month were signed."""
        return self.steps["signed"].standing is Standing.BAD

    @property
    def can_sign(self) -> bool:
        """Whether nothing but the signature is missing."""
        return not self.is_signed and self.unspoken == 0

    @property
    def still_open(self) -> tuple[str, ...]:
        """Steps before the signature in which something has to be mended; they bar no signature."""
        return tuple(
            name
            for name, step in self.steps.items()
            if name not in {"check_ins", "signed"} and step.standing is Standing.BAD
        )


@dataclass(frozen=True, eq=False)
class Stepping:
    """What the last two steps rest on.

    Attributes:
        spoken: missed figures and what was said, by unit; none where the ledger cannot be read.
        signatures: the last signature by unit.
        aimed: units that something is held against.
        late: whether the cut-off of the month is past.
    """

    spoken: Mapping[str, Spoken] | None
    signatures: Mapping[str, Signature | None]
    aimed: Collection[str]
    late: bool
    form: Format

    def of(self, lines: Sequence[Line]) -> tuple[UnitSteps, ...]:
        """The steps of some lines; what counts for no unit is nobody's to sign."""
        return tuple(
            UnitSteps(line.unit, self._steps(line.unit, line), self._unspoken(line.unit))
            for line in lines
            if line.unit is not None
        )

    def _say(self, key: str, **values: object) -> str:
        return say(self.form.language, key, **values)

    def _steps(self, unit: BankUnit, line: Line) -> dict[str, Step]:
        own = {
            **line.steps,
            "check_ins": self._check_ins(unit),
            "signed": self._signed(unit),
        }
        return {name: own[name] for name in STEPS if name in own}

    def _unspoken(self, unit: BankUnit) -> int | None:
        if self.spoken is None:
            return None
        return self.spoken.get(unit.unit_id, Spoken(0, 0)).open

    def _check_ins(self, unit: BankUnit) -> Step:
        if self.spoken is None:
            return Step(Standing.OPEN, self._say("rp_unknown"))
        found = self.spoken.get(unit.unit_id, Spoken(0, 0))
        if not found.missed and unit.unit_id not in self.aimed:
            return Step(Standing.OPEN, self._say("rp_no_targets"))
        if not found.missed:
            return Step(Standing.GOOD, self._say("rp_none_missed"))
        text = self._say("rp_spoken", said=found.said, missed=found.missed)
        title = self._say("rp_spoken_title", missed=found.missed, open=found.open)
        return Step(Standing.WATCH if found.open else Standing.GOOD, text, title)

    def _signed(self, unit: BankUnit) -> Step:
        if self.spoken is None:
            return Step(Standing.OPEN, self._say("rp_unknown"))
        held = self.signatures.get(unit.unit_id)
        if held is None:
            return Step(Standing.WATCH if self.late else Standing.OPEN, self._say("rp_unsigned"))
        day = day_text(self.form.language, held.at.date())
        if held.holds:
            return Step(Standing.GOOD, self._say("rp_signed", person=held.person, day=day))
        title = self._say("rp_outdated_title", person=held.person, day=day, version=held.version)
        return Step(Standing.BAD, self._say("rp_outdated"), title)


def message(whole: UnitSteps, below: Sequence[UnitSteps], form: Format) -> str:
    """The sentences the page opens with: how the unit stands, then how many below it are signed."""
    told = [_of_unit(whole, form), *_of_below(below, form)]
    return form.language.pick(" ", "").join(told)


def _of_unit(whole: UnitSteps, form: Format) -> str:
    unit = whole.unit.name(form.language)
    if whole.is_signed:
        return say(form.language, "rp_message_signed", unit=unit, told=whole.steps["signed"].text)
    if whole.is_outdated:
        return say(form.language, "rp_message_outdated", unit=unit)
    if whole.can_sign and (still := whole.still_open):
        told = form.language.pick("; ", "；").join(
            form.language.pick("{}: {}", "{}：{}").format(
                say(form.language, f"rp_step_{name}"), whole.steps[name].text
            )
            for name in still
        )
        return say(form.language, "rp_message_ready_but", unit=unit, told=told)
    key = "rp_message_ready" if whole.can_sign else "rp_message_open"
    return say(form.language, key, unit=unit)


def _of_below(below: Sequence[UnitSteps], form: Format) -> list[str]:
    """How many are signed, and what the others wait for; nothing of what there is none of."""
    if not below:
        return []
    signed = sum(one.is_signed for one in below)
    rest = {
        "outdated": sum(one.is_outdated for one in below),
        "ready": sum(one.can_sign and not one.is_outdated for one in below),
        "waiting": sum(not (one.is_signed or one.can_sign or one.is_outdated) for one in below),
    }
    how_many = {0: "none", 1: "one"}.get(signed, "some")
    told = say(form.language, f"rp_message_below_{how_many}", signed=signed, count=len(below))
    parts = [
        say(form.language, f"rp_message_{name}_{'one' if count == 1 else 'some'}", count=count)
        for name, count in rest.items()
        if count
    ]
    if parts:
        told += form.language.pick("; ", "；") + form.language.pick(", ", "，").join(parts)
    return [told + form.language.pick(".", "。")]
