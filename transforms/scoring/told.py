"""A profile as a credit officer reads it: one sentence for each line, deduction, bonus, veto and rule.

In both languages, side by side. What a card says of its own numbers is in `words`.
"""

from decimal import Decimal
from typing import Final

from transforms.catalogue.model import Better, Label, Unit
from transforms.scoring.model import Bands, Formula, Item, Kind, Line, MissingRule, Profile, Veto
from transforms.scoring.words import (
    FORMULAS,
    MISSING,
    POLICIES,
    STATUSES,
    WHENS,
    Language,
    plain,
    said,
)

_BOUNDS: Final = Label("counts from {floor} to {cap}", "计 {floor} 至 {cap}")
_STEP_UP: Final = Label("at least {threshold}: {share}", "不低于 {threshold}：{share}")
_STEP_DOWN: Final = Label("at most {threshold}: {share}", "不高于 {threshold}：{share}")
_OTHERWISE: Final = Label("otherwise {share}", "其余 {share}")
_OF_VALUE: Final = Label("by steps of the figure", "按指标值分档")
_OF_FORMULA: Final = Label("by steps of {formula}", "按 {formula} 分档")
_RANKED: Final = Label(
    "by rank among peers, from {first} for the first to {last} for the last; fewer than {least} are not "
    "ranked",
    "按同类排名，首位 {first}，末位 {last}；不足 {least} 家不排名",
)
_COMPLETED: Final = Label(
    "within {tolerance} it counts as completed, and no more", "在 {tolerance} 内按完成计，不另加分"
)
_WAIVED: Final = Label("within {tolerance} nothing is taken off", "在 {tolerance} 内不扣分")
_LACK: Final = Label("if a line cannot be scored, {rule}", "无法计分时{rule}")
_DEDUCTION: Final = Label(
    "points taken: {points} for each {per} {side} {limit}", "每{side}{limit} {per}，扣 {points} 分"
)
_BONUS: Final = Label(
    "points added: {points} for each {per} {side} {limit}", "每{side}{limit} {per}，加 {points} 分"
)
_AT_MOST: Final = Label("at most {limit}", "最多 {limit} 分")
_ABOVE: Final = Label("above", "高于")
_BELOW: Final = Label("below", "低于")
_TARGET: Final = Label("its target", "目标")
_VETO: Final = Label(
    "{side} {beyond} the total is {cap} at most", "{side} {beyond} 时总分最高 {cap}"
)
_ROLL_UP: Final = Label("one status of several: {policy}", "多项状态合并：{policy}")
_ALL_DEDUCTIONS: Final = Label(
    "deductions together take {limit} points at most", "扣分合计最多 {limit} 分"
)
_ALL_BONUSES: Final = Label(
    "bonuses together add {limit} points at most", "加分合计最多 {limit} 分"
)
_LEAST: Final = Label(
    "no total if less than {least} of {total} points of weight can be scored",
    "可计分权重不足 {least}（共 {total}）时不给总分",
)
_ROUNDING: Final = Label(
    "completions are rounded to {completion} decimals and scores to {score}, half up",
    "完成度保留 {completion} 位小数，得分保留 {score} 位，四舍五入",
)
_STATUS: Final = Label("status {status} if {when}", "{when}：{status}")
_STATUS_OTHERWISE: Final = Label("status {status} otherwise", "其他：{status}")


def line(one: Line, profile: Profile, language: Language = "en") -> str:
    """How a line is scored; what the profile says of all lines is not said again."""
    parts = [_formula(one, language)]
    if one.formula not in (Formula.BANDS, Formula.RANK) or one.cap < 1 or one.floor > 0:
        parts.append(said(_BOUNDS, language).format(floor=plain(one.floor), cap=plain(one.cap)))
    if one.exempt is not None:
        tolerance = said(one.exempt.label, language)
        parts.append(said(_COMPLETED, language).format(tolerance=tolerance))
    if one.missing != profile.missing:
        parts.append(_missing(one.missing, language))
    return _joined(parts, language)


def item(one: Item, language: Language = "en") -> str:
    """What a deduction takes, or a bonus adds."""
    higher = one.figure.better is Better.HIGHER
    above = higher if one.kind is Kind.BONUS else not higher
    template = _BONUS if one.kind is Kind.BONUS else _DEDUCTION
    unit = one.figure.unit
    limit = said(_TARGET, language) if one.beyond is None else _amount(one.beyond, unit)
    parts = [
        said(template, language).format(
            points=plain(one.points),
            per=_amount(one.per, unit, difference=True),
            side=said(_ABOVE if above else _BELOW, language),
            limit=limit,
        )
    ]
    if one.limit is not None:
        parts.append(said(_AT_MOST, language).format(limit=plain(one.limit)))
    if one.exempt is not None:
        tolerance = said(one.exempt.label, language)
        parts.append(said(_WAIVED, language).format(tolerance=tolerance))
    return _joined(parts, language)


def veto(one: Veto, language: Language = "en") -> str:
    """What a veto holds the total at."""
    lower = one.figure.better is Better.LOWER
    return said(_VETO, language).format(
        side=said(_ABOVE if lower else _BELOW, language),
        beyond=_amount(one.beyond, one.figure.unit),
        cap=plain(one.cap),
    )


def rules(profile: Profile, language: Language = "en") -> tuple[str, ...]:
    """What holds for the card as a whole, and the ordered rules of status."""
    whole = (
        _missing(profile.missing, language),
        said(_ALL_DEDUCTIONS, language).format(limit=plain(profile.deduction_limit)),
        said(_ALL_BONUSES, language).format(limit=plain(profile.bonus_limit)),
        said(_LEAST, language).format(
            least=plain(profile.least_scored), total=plain(profile.total)
        ),
        said(_ROUNDING, language).format(
            completion=profile.completion_places, score=profile.score_places
        ),
        said(_ROLL_UP, language).format(policy=said(POLICIES[profile.policy], language)),
    )
    statuses = []
    for at, rule in enumerate(profile.status):
        last = at == len(profile.status) - 1
        when = said(WHENS[rule.when], language)
        if rule.below is not None:
            when = when.format(below=plain(rule.below))
        template = _STATUS_OTHERWISE if last else _STATUS
        status = said(STATUSES[rule.status], language)
        statuses.append(said(template, language).format(status=status, when=when))
    return (*whole, *statuses)


def _missing(rule: MissingRule, language: Language) -> str:
    text = said(MISSING[rule.rule], language)
    told = text if rule.at is None else text.format(at=plain(rule.at))
    return said(_LACK, language).format(rule=told)


def _formula(one: Line, language: Language) -> str:
    if one.bands is not None:
        return _steps(one.bands, one.figure.unit, language)
    if one.ranking is not None:
        ranking = one.ranking
        return said(_RANKED, language).format(
            first=plain(ranking.first), last=plain(ranking.last), least=ranking.least
        )
    return said(FORMULAS[one.formula], language)


def _steps(bands: Bands, unit: Unit, language: Language) -> str:
    template = _STEP_UP if bands.upward else _STEP_DOWN
    told = [
        said(template, language).format(
            threshold=_amount(step.threshold, unit) if bands.of is None else plain(step.threshold),
            share=plain(step.share),
        )
        for step in bands.steps
    ]
    told.append(said(_OTHERWISE, language).format(share=plain(bands.otherwise)))
    head = (
        said(_OF_VALUE, language)
        if bands.of is None
        else said(_OF_FORMULA, language).format(formula=said(FORMULAS[bands.of], language))
    )
    return f"{head}: {', '.join(told)}" if language == "en" else f"{head}：{'，'.join(told)}"


def _amount(value: Decimal, unit: Unit, *, difference: bool = False) -> str:
    """A threshold in the words of its unit."""
    match unit:
        case Unit.RATIO:
            return f"{plain(value * 100)} {'pp' if difference else '%'}"
        case Unit.PP | Unit.BP:
            return f"{plain(value)} {unit.value}"
        case _:
            return f"{value:,f}"


def _joined(parts: list[str], language: Language) -> str:
    return ("; " if language == "en" else "；").join(parts)
