"""All metrics of the month, family by family, found by text in either language."""

from collections.abc import Callable, Mapping
from html import escape

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address, opening
from dashboards.app_pages.catalogue_parts import common
from dashboards.app_pages.desk import desk
from dashboards.definitions.search import holds
from dashboards.definitions.words import BETTER_NAMES, KIND_NAMES, UNIT_NAMES
from dashboards.exports.document import Document
from dashboards.figure.subject import reading_name
from dashboards.listing import Column
from dashboards.numbers import NOTHING
from transforms.catalogue import families
from transforms.catalogue.model import Metric


def show() -> Callable[[], Document]:
    """The families to choose from, the search box, and the metrics; gives what it shows as a file."""
    at = desk()
    by_family: dict[str, list[Metric]] = {name: [] for name in opening.known_families(at.catalogue)}
    for metric in at.catalogue.metrics.values():
        by_family[metric.family].append(metric)
    options = _options(by_family)
    asked = common.chosen_of("group", options)
    search, note = st.columns([2, 3], vertical_alignment="center")
    with search:
        find = common.search_box(at.say("cg_search"), at.say("cg_search_metrics"))
    note.caption(at.say("cg_metrics_hint", day=at.day(at.month.as_of)))
    address.pills("group", at.say("cg_family"), options, asked)
    shown = {
        family: [metric for metric in metrics if holds(find, *_texts(metric))]
        for family, metrics in by_family.items()
        if asked in {"all", family}
    }
    if not any(shown.values()):
        common.nothing_found(find, at.catalogue.metrics)
    for family, metrics in shown.items():
        if metrics:
            _family(family, metrics)
    listed = [metric for metrics in shown.values() for metric in metrics]
    return lambda: common.files().metrics(listed)


def _options(by_family: Mapping[str, list[Metric]]) -> dict[str, str]:
    at = desk()

    def counted(name: str, count: int) -> str:
        return f"{name}{at.language.pick(f' ({count})', f'（{count}）')}"

    every = sum(map(len, by_family.values()))
    return {
        "all": counted(at.say("cg_all_families"), every),
        **{name: counted(family_name(name), len(metrics)) for name, metrics in by_family.items()},
    }


def family_name(family: str) -> str:
    """A family as its readers call it."""
    at = desk()
    label = families.label_of(family)
    return at.language.pick(label.en, label.zh)


def _texts(metric: Metric) -> tuple[str, ...]:
    """What a metric is found by: its name in both languages, its code, its family and document."""
    family = families.label_of(metric.family)
    return (
        *(metric.metric_id, metric.label.en, metric.label.zh, family.en, family.zh),
        *(metric.source.document, *metric.formulas),
    )


def _family(family: str, metrics: list[Metric]) -> None:
    at = desk()
    st.header(family_name(family), anchor=False)
    known = families.FAMILIES.get(family)
    if known is not None:
        st.caption(at.language.pick(known.meaning.en, known.meaning.zh))
    columns = [
        Column(at.say("metric"), width="31%"),
        Column(at.say("cg_code"), width="19%"),
        Column(at.say("cg_kind"), width="11%"),
        Column(at.say("cg_unit"), width="9%"),
        Column(at.say("cg_better"), width="9%"),
        Column(at.say("cg_readings"), width="12%"),
        Column(at.say("cg_basis"), width="9%"),
    ]
    common.show_table(
        columns, [_cells(metric) for metric in metrics], family_name(family), least=900
    )


def _cells(metric: Metric) -> list[str]:
    at, say = desk(), common.voice()
    name = at.language.pick(metric.label.en, metric.label.zh)
    named = [
        reading_name(reading.name, at.language)
        for reading in (metric.readings if metric.readings[1:] else ())
    ]
    return [
        markup.linked(name, common.link(metric=metric.metric_id)),
        f"<code>{escape(metric.metric_id)}</code>",
        escape(say.label(KIND_NAMES[metric.kind])),
        escape(say.label(UNIT_NAMES[metric.unit])),
        escape(say.label(BETTER_NAMES[metric.better])),
        escape(say.listed(named)) or NOTHING,
        standing(metric),
    ]


def standing(metric: Metric) -> str:
    """Whose definition it is and whether its text was verified, as ready HTML."""
    at = desk()
    if metric.source.own:
        key = "origin_own"
    elif not metric.source.verified:
        key = "origin_unverified"
    else:
        return f'<span class="bm-quiet">{escape(at.say("cg_verified"))}</span>'
    title = escape(at.say(f"{key}_sentence"))
    return f'<span class="bm-tag" title="{title}">{escape(at.say(key))}</span>'
