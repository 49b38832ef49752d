"""What both pages share: the state in the address, cached readings, header and controls.

The address is the only truth about what is shown: controls write it, pages read it, and a link
reproduces the page. Anything in it that cannot be answered is said plainly and never replaced.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final, NoReturn

import streamlit as st

from dashboards import markup, month, scorecard, standing
from dashboards.charts import image
from dashboards.i18n import Language, day_text, language_of, say
from dashboards.markup import GridLine, Heading, Style
from dashboards.month import Month
from dashboards.numbers import HEADED, NOTHING, Format, Scale
from dashboards.palette import QUALITY_GLYPH, ground
from dashboards.pictures import bullet_of, sparkline_of
from dashboards.scorecard import ScorecardRow
from dashboards.standing import Cards
from dashboards.units import BankUnit
from dashboards.words import Comparison, comparison_of
from records.access import Scope
from records.deliveries import Deliveries
from records.published import Published
from records.workspace import Workspace, open_workspace
from transforms.catalogue import families
from transforms.catalogue.load import Definitions
from transforms.catalogue.load import definitions as load_definitions
from transforms.catalogue.model import Catalogue, Kind, Unit
from transforms.errors import BadDateError, UnknownNameError
from transforms.periods import parse_month_end
from transforms.quality import QualityState
from transforms.reference import tables as reference_tables

OVERVIEW: Final = ""
BRANCH: Final = "branch"
"""Addresses of the pages."""

TARGETS: Final = "targets"
"""Stands in the address where no family is asked for: whatever has a target or a limit."""

_DESK: Final = "desk"
_REMEMBERED: Final = "remembered"
_SHOWN_NAMES: Final = 3

Texts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Desk:
    """Everything a page needs to answer: whose figures, of which month, told how.

    Attributes:
        published: pinned, so that whatever a page reads is of one state.
        data_version: changes whenever something is published or delivered; part of every cache key.
        family: the family of metrics asked for, or `TARGETS`.
        parameters: period, comparison, family and language as the address holds them.
    """

    workspace: Workspace
    published: Published
    scope: Scope
    catalogue: Catalogue
    data_version: str
    month: Month
    form: Format
    comparison: Comparison
    family: str
    style: Style
    parameters: Mapping[str, str]

    @property
    def language(self) -> Language:
        """The reader's language."""
        return self.form.language

    def say(self, key: str, **values: object) -> str:
        """A message in the reader's language."""
        return say(self.language, key, **values)

    def day(self, day: date) -> str:
        """A date in the reader's language."""
        return day_text(self.language, day)

    @property
    def before(self) -> date:
        """The month end compared with."""
        return self.comparison.before(self.month.as_of)

    def link(self, page: str, **more: str) -> str:
        """The address of a page with the same period, comparison, family and language."""
        return markup.address(page, {**self.parameters, **more})

    def branch_link(self, branch: str, **more: str) -> str:
        """The address of a branch's scorecard."""
        return self.link(BRANCH, branch=branch, **more)


def desk() -> Desk:
    """The desk that `app` has set up for this run."""
    found = st.session_state[_DESK]
    assert isinstance(found, Desk)  # noqa: S101 - `open_desk` puts nothing else there
    return found


def reader_language() -> Language:
    """The language of the address, else the one chosen before, else English."""
    asked = _asked("language") or Language.EN.value
    try:
        return language_of(asked)
    except UnknownNameError as error:
        st.warning(str(error))
        return Language.EN


def open_desk(root: Path, language: Language) -> None:
    """Read what the address asks for, or say why it cannot be shown and stop there.

    Raises:
        WorkspaceError, CatalogueError, ReferenceTableError: if the workspace cannot be used.
    """
    workspace = open_workspace(root)
    # On loopback there is no sign-in: whoever has the machine has the workspace's files as well.
    scope = Scope.whole_bank("local")
    published, deliveries = Published(workspace.lake).pinned(), Deliveries(workspace.lake)
    months = tuple(published.newest_versions())
    if not months:
        _nothing_published(workspace, deliveries, language)
    as_of = _period(months, language)
    catalogue = _definitions(
        tuple(workspace.texts("catalogue", ".yaml").items()),
        tuple(workspace.texts("reference", ".csv").items()),
    ).on(as_of)
    comparison = _comparison(language)
    family = _family(catalogue, language)
    dark = st.context.theme.type == "dark"
    version = f"{published.publications().height}.{deliveries.batches().height}"
    parameters = {
        "period": as_of.isoformat(),
        "comparison": comparison.value,
        "family": family,
        "language": language.value,
    }
    st.session_state[_REMEMBERED] = parameters
    state = {
        name: value for name, value in parameters.items() if st.query_params.get(name) != value
    }
    if state:
        st.query_params.update(state)
    st.session_state[_DESK] = Desk(
        workspace=workspace,
        published=published,
        scope=scope,
        catalogue=catalogue,
        data_version=version,
        month=_month(
            str(root),
            version,
            _scope_key(scope),
            as_of,
            catalogue.fingerprint,
            _catalogue=catalogue,
        ),
        form=Format(language, workspace.base_currency),
        comparison=comparison,
        family=family,
        style=Style(language, ground(dark=dark), dark),
        parameters=parameters,
    )
    _controls(months)


def _asked(name: str) -> str | None:
    """What the address says, or what this reader chose on another page."""
    remembered: Mapping[str, str] = st.session_state.get(_REMEMBERED, {})
    return st.query_params.get(name) or remembered.get(name)


def _period(months: Sequence[date], language: Language) -> date:
    asked = _asked("period")
    if asked is None:
        return months[-1]
    try:
        day = parse_month_end(asked)
    except BadDateError as error:
        refuse(str(error), language)
    if day not in months:
        refuse(
            say(
                language,
                "unknown_period",
                asked=day_text(language, day),
                first=day_text(language, months[0]),
                last=day_text(language, months[-1]),
            ),
            language,
        )
    return day


def _comparison(language: Language) -> Comparison:
    asked = _asked("comparison") or Comparison.YEAR_END.value
    try:
        return comparison_of(asked)
    except UnknownNameError:
        known = ", ".join(Comparison)
        refuse(say(language, "unknown_comparison", asked=asked, known=known), language)


def _family(catalogue: Catalogue, language: Language) -> str:
    asked = _asked("family") or TARGETS
    known = (TARGETS, *_families(catalogue))
    if asked not in known:
        told = ", ".join(known)
        refuse(say(language, "unknown_family", asked=asked, known=told), language)
    return asked


def _families(catalogue: Catalogue) -> tuple[str, ...]:
    return families.in_order(metric.family for metric in catalogue.metrics.values())


def refuse(why: str, language: Language) -> NoReturn:
    """Say why a page cannot be shown, offer the way out, and stop."""
    st.session_state.pop(_REMEMBERED, None)
    st.error(why, title=say(language, "cannot_show"), icon=":material/block:")
    st.html(
        '<p style="font-size:14px">'
        + markup.linked(
            say(language, "to_overview"), markup.address(OVERVIEW, {"language": language.value})
        )
        + "</p>"
    )
    st.stop()


def _nothing_published(
    workspace: Workspace, deliveries: Deliveries, language: Language
) -> NoReturn:
    st.title(workspace.name, anchor=False)
    with st.container(border=True):
        st.subheader(say(language, "no_month_title"), anchor=False)
        st.write(say(language, "no_month", bank=workspace.name))
        waiting = len(deliveries.months())
        if waiting:
            st.write(say(language, "delivered_waiting", count=waiting))
    st.stop()


def _controls(months: Sequence[date]) -> None:
    """The few global controls: each writes the address, nothing else."""
    at = desk()
    with st.sidebar:
        _choice(
            "period",
            [day.isoformat() for day in reversed(months)],
            lambda code: at.day(date.fromisoformat(code)),
        )
        _choice("comparison", list(map(str, Comparison)), at.say)
        st.session_state["choose_language"] = at.language.value
        st.segmented_control(
            at.say("language"),
            list(map(str, Language)),
            format_func=lambda code: Language(code).own_name,
            key="choose_language",
            required=True,
            on_change=chosen,
            args=("language",),
        )


def _choice(name: str, options: Sequence[str], text: Callable[[str], str]) -> None:
    at = desk()
    st.session_state[f"choose_{name}"] = at.parameters[name]
    st.selectbox(
        at.say(name),
        options,
        format_func=text,
        key=f"choose_{name}",
        on_change=chosen,
        args=(name,),
    )


def chosen(name: str) -> None:
    """Write what a control says into the address."""
    st.query_params[name] = st.session_state[f"choose_{name}"]


def branch_choice(current: str | None) -> str | None:
    """The control that opens a branch; gives the branch that was just chosen, if another."""
    at = desk()
    units = at.month.units
    depth = {unit.unit_id: len(units.chain(unit.unit_id)) - 1 for unit in units.all}
    ordered = _in_tree_order(units.top, depth)
    with st.sidebar:
        key = f"choose_branch_{at.month.as_of}_{current}"
        opened = st.selectbox(
            at.say("open_branch"),
            [unit.unit_id for unit in ordered],
            index=None if current is None else [u.unit_id for u in ordered].index(current),
            format_func=lambda code: (
                "\N{EM SPACE}" * depth[code] + units.by_id[code].name(at.language)
            ),
            placeholder=at.say("choose_branch"),
            key=key,
        )
        st.caption(at.say("local_mode"))
    return opened if opened != current else None


def _in_tree_order(top: BankUnit, depth: Mapping[str, int]) -> list[BankUnit]:
    units = desk().month.units
    ordered: list[BankUnit] = []
    waiting = [top, *(u for u in units.all if not depth[u.unit_id] and u is not top)]
    while waiting:
        unit = waiting.pop(0)
        ordered.append(unit)
        waiting = [*units.children(unit.unit_id), *waiting]
    return ordered


def header(branch: str | None = None) -> None:
    """The strip at the head of every page: where, when, against what, which version, how sure."""
    at = desk()
    seen = at.month
    place = [
        markup.linked(unit.name(at.language), at.branch_link(unit.unit_id))
        for unit in (seen.units.chain(branch)[:-1] if branch else ())
    ]
    crumbs = " › ".join([markup.linked(at.workspace.name, at.link(OVERVIEW)), *place])
    version = "restated_version" if seen.version > 1 else "reported_version"
    items = [
        crumbs,
        f"<b>{at.day(seen.as_of)}</b>",
        at.say(
            "compared_with",
            comparison=at.say(at.comparison.value).lower(),
            day=at.day(at.before),
        ),
        at.say(version, version=seen.version),
        at.say(
            "dates",
            received=f"{seen.received_at:%Y-%m-%d}" if seen.received_at else NOTHING,
            published=f"{seen.published_at:%Y-%m-%d %H:%M}",
        ),
    ]
    st.html(markup.sheet(at.style) + markup.strip(items))


def quality_badge(state: QualityState, amount: str) -> str:
    """The reconciliation badge, as ready HTML."""
    at = desk()
    match state:
        case QualityState.FINAL:
            return f"● {at.say('reconciled')}"
        case QualityState.PROVISIONAL:
            return f"<b>{QUALITY_GLYPH} {at.say('provisional_by', amount=amount)}</b>"
        case QualityState.NOT_RECONCILED:
            return f"<b>{QUALITY_GLYPH} {at.say('not_reconciled')}</b>"


def main_metrics(units: Sequence[BankUnit]) -> tuple[str, ...]:
    """What has a target or limit at one of these units; if nothing has, their main figures."""
    at = desk()
    names = [unit.unit_id for unit in units]
    return scorecard.choice(
        [metric.metric_id for metric in scorecard.in_order(at.catalogue)],
        aimed=at.month.aimed(names),
        given=at.month.given(names),
    )


def shown_metrics(units: Sequence[BankUnit]) -> tuple[str, ...]:
    """The metrics of the family asked for."""
    at = desk()
    if at.family == TARGETS:
        return main_metrics(units)
    return scorecard.of_family(at.catalogue, at.family)


def family_choice(units: Sequence[BankUnit]) -> None:
    """The control that chooses which family of metrics a page shows."""
    at = desk()
    main = "targets" if at.month.aimed([unit.unit_id for unit in units]) else "main"
    texts = {TARGETS: at.say(f"family_{main}")}
    for name in _families(at.catalogue):
        label = families.label_of(name)
        texts[name] = at.language.pick(label.en, label.zh)
    st.session_state["choose_family"] = at.family
    st.pills(
        at.say("family"),
        list(texts),
        format_func=texts.__getitem__,
        key="choose_family",
        required=True,
        label_visibility="collapsed",
        on_change=chosen,
        args=("family",),
    )


def cards(units: Sequence[BankUnit], metrics: Sequence[str], *, history: bool = False) -> Cards:
    """Scorecards of several units, with 13 months behind each figure only if asked for."""
    at = desk()
    return _cards(
        str(at.workspace.root),
        at.data_version,
        _scope_key(at.scope),
        (at.month.as_of, at.comparison, at.form, at.catalogue.fingerprint),
        tuple(unit.unit_id for unit in units),
        tuple(metrics),
        history=history,
    )


def show_missing(rows: Sequence[ScorecardRow]) -> None:
    """What cannot be computed, folded into one block, its reasons each told once."""
    missing = [row for row in rows if row.reason]
    if not missing:
        return
    at = desk()
    groups: dict[str, list[ScorecardRow]] = {}
    for row in missing:
        groups.setdefault(row.reason, []).append(row)
    with st.expander(at.say("not_computed", count=len(missing))):
        ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
        st.html(markup.reasons(ordered, at.style))


def show_scorecard(rows: Sequence[ScorecardRow], branch: str, caption: str) -> None:
    """The scorecard of one unit; without a single row, a sentence."""
    at = desk()
    if not rows:
        name = at.month.units.by_id[branch].name(at.language)
        st.info(at.say("family_empty", branch=name))
        return
    pictures = _pictures(
        str(at.workspace.root),
        at.data_version,
        _scope_key(at.scope),
        (at.month.as_of, at.comparison, at.form, at.catalogue.fingerprint),
        (branch, tuple(row.metric_id for row in rows)),
        dark=at.style.dark,
        _rows=rows,
    )
    st.html(
        markup.scorecard_table(
            rows,
            at.style,
            caption=caption,
            unit=at.form.unit_of(at.form.scale(Decimal(0))),
            bullet=lambda row: pictures[row.metric_id][0],
            sparkline=lambda row: pictures[row.metric_id][1],
            link=lambda row: at.branch_link(branch, metric=row.metric_id),
        )
    )
    legend = [at.say("legend", comparison=at.say(at.comparison.value).lower())]
    told = legend if any(row.is_aimed for row in rows) else []
    told += dict.fromkeys(row.origin_sentence for row in rows if row.origin_sentence)
    st.caption(at.language.pick(" ", "").join(told))


def show_grid(lines: Sequence[GridLine], whole: Sequence[ScorecardRow], caption: str) -> None:
    """The matrix of units by the metrics of the whole; the heading carries its targets."""
    at = desk()
    rows = {row.metric_id: row for row in whole if not row.reason}
    columns = list(rows)
    scales = {name: _scale(name, lines) for name in columns if rows[name].unit is Unit.CURRENCY}
    headings = {
        name: Heading(row.short_name, _heading(row, scales.get(name)), row.about)
        for name, row in rows.items()
    }

    def text(row: ScorecardRow) -> str:
        scale = scales.get(row.metric_id)
        return at.form.scaled(row.value, scale) if scale else row.compact_text

    st.html(markup.grid(lines, columns, headings, text, at.style, caption=caption))


def _scale(metric_id: str, lines: Sequence[GridLine]) -> Scale:
    """One unit for a whole column of amounts: that of the amount in the middle, nothings left out."""
    sizes = sorted(
        abs(row.value)
        for line in lines
        for row in line.card
        if row.metric_id == metric_id and row.value
    )
    return desk().form.scale(sizes[len(sizes) // 2] if sizes else Decimal(0))


def _heading(row: ScorecardRow, scale: Scale | None) -> tuple[str, str]:
    """Unit and target of the whole, below the name of a column."""
    at = desk()
    unit = at.form.unit_of(scale) if scale else ""
    if row.unit in HEADED:
        unit = unit_word(row.unit)
    if not row.target_text:
        return unit, ""
    printed = at.form.scaled(row.target, scale) if scale else row.compact_target
    return unit, at.say("limit_is" if row.kind is Kind.TOLERANCE else "target_is", value=printed)


def unit_word(unit: Unit) -> str:
    """A unit as a heading names it; amounts are in the base currency."""
    at = desk()
    keys = {Unit.RATIO: "axis_percent", Unit.PP: "axis_points", Unit.COUNT: "axis_clients"}
    if unit is Unit.CURRENCY:
        return at.form.currency
    return at.say(keys.get(unit, f"axis_{unit}"))


def tally_text(card: Sequence[ScorecardRow]) -> str:
    """How many targets are met, of those there are."""
    at = desk()
    judged = standing.judged(card)
    if not judged:
        return at.say("no_targets")
    met = standing.met(card)
    return at.say("targets_met", met=met, judged=judged)


def furthest_text(row: ScorecardRow) -> str:
    """Where a unit is furthest behind, as half a sentence."""
    key = "message_furthest_limit" if row.kind is Kind.TOLERANCE else "message_furthest"
    return desk().say(
        key, name=row.short_name, value=row.value_text, gap=row.gap_text, target=row.target_text
    )


def names(units: Sequence[str]) -> str:
    """A few units by name, and how many more there are."""
    at = desk()
    by_id = at.month.units.by_id
    told = [by_id[one].name(at.language) if one in by_id else one for one in units]
    more = len(told) - _SHOWN_NAMES
    text = at.language.pick(", ", "、").join(told[:_SHOWN_NAMES])
    return text + (at.say("and_more", count=more) if more > 0 else "")


def _scope_key(scope: Scope) -> tuple[str, ...] | None:
    return None if scope.branches is None else tuple(sorted(scope.branches))


@st.cache_resource(max_entries=8, show_spinner=False)
def _definitions(definitions: Texts, references: Texts) -> Definitions:
    reference = reference_tables.load({Path(name).stem: text for name, text in references})
    return load_definitions(reference, dict(definitions))


@st.cache_resource(max_entries=64, show_spinner=False)
def _month(
    root: str,
    data_version: str,  # noqa: ARG001 - a part of the key
    branches: tuple[str, ...] | None,
    as_of: date,
    definitions: str,  # noqa: ARG001 - a part of the key
    *,
    _catalogue: Catalogue,
) -> Month:
    lake = open_workspace(Path(root)).lake
    scope = Scope("page", None if branches is None else frozenset(branches))
    return month.read(Published(lake), Deliveries(lake), scope, _catalogue, as_of=as_of)


@st.cache_data(max_entries=64, show_spinner=False)
def _cards(
    root: str,  # noqa: ARG001 - a part of the key, as are the next two
    data_version: str,  # noqa: ARG001
    branches: tuple[str, ...] | None,  # noqa: ARG001
    told: tuple[date, Comparison, Format, str],
    units: tuple[str, ...],
    metrics: tuple[str, ...],
    *,
    history: bool,
) -> Cards:
    at = desk()
    as_of, comparison, form, _ = told
    facts = scorecard.window(
        at.published,
        at.scope,
        at.catalogue,
        as_of=as_of,
        branches=units,
        metrics=metrics,
        days=None if history else (as_of, comparison.before(as_of)),
    )
    return scorecard.of_branches(
        facts,
        at.catalogue,
        form,
        as_of=as_of,
        branches=units,
        comparison=comparison,
        metrics=metrics,
    )


@st.cache_data(max_entries=128, show_spinner=False)
def _pictures(
    root: str,  # noqa: ARG001 - a part of the key, as are the next two
    data_version: str,  # noqa: ARG001
    branches: tuple[str, ...] | None,  # noqa: ARG001
    told: tuple[date, Comparison, Format, str],
    of: tuple[str, tuple[str, ...]],  # noqa: ARG001 - a part of the key
    *,
    dark: bool,
    _rows: Sequence[ScorecardRow],
) -> dict[str, tuple[str | None, str | None]]:
    form, back = told[2], ground(dark=dark)
    drawn: dict[str, tuple[str | None, str | None]] = {}
    for row in _rows:
        pair = (bullet_of(row, form, back), sparkline_of(row, form, back))
        drawn[row.metric_id] = (
            image.data_uri(image.svg(pair[0])) if pair[0] else None,
            image.data_uri(image.svg(pair[1])) if pair[1] else None,
        )
    return drawn
