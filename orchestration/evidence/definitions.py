"""The definitions that figures were computed by, as they stand in the catalogue's files: YAML, word by word.

What a definition means is said in `transforms.catalogue`; here its text is found again by file and line.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import yaml

from orchestration.bank import Bank
from transforms.catalogue.builder import SECTIONS
from transforms.catalogue.load import packaged_texts
from transforms.catalogue.model import Aggregation, Catalogue, Metric
from transforms.catalogue.sql import columns_of

_SECTIONS: Final = (*SECTIONS, "measures", "metrics")
_LOADER: Final[type[yaml.SafeLoader]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C reads the definitions many times as fast."""


@dataclass(frozen=True)
class Told:
    """Where a definition stands, and its text."""

    section: str
    name: str
    where: str
    text: str


def texts_of(bank: Bank) -> Mapping[tuple[str, str], Told]:
    """Every definition by section and name; a workspace's in place of the product's of the same name."""
    own = bank.workspace.texts("catalogue", ".yaml")
    files = {**packaged_texts(), **{f"catalogue/{name}": text for name, text in own.items()}}
    found: dict[tuple[str, str], Told] = {}
    for file, text in files.items():
        lines = text.splitlines()
        node = yaml.compose(text, Loader=_LOADER)
        for section, below in node.value if isinstance(node, yaml.MappingNode) else ():
            if section.value not in _SECTIONS or not isinstance(below, yaml.MappingNode):
                continue
            for key, value in below.value:
                first = key.start_mark.line
                where = f"{file} line {first + 1}"
                block = _block(lines[first : _end(value)])
                found[section.value, key.value] = Told(section.value, key.value, where, block)
    return found


def _end(value: yaml.Node) -> int:
    """The line after the last one of a definition: a block ends where the next thing begins."""
    is_block = isinstance(value, yaml.CollectionNode) and not value.flow_style
    return value.end_mark.line + (0 if is_block else 1)


def _block(lines: list[str]) -> str:
    """Lines without the empty ones and comments at their end, which are about what follows."""
    kept = list(lines)
    while len(kept) > 1 and (not kept[-1].strip() or kept[-1].lstrip().startswith("#")):
        kept.pop()
    return "\n".join(kept)


def yaml_of(
    metric: Metric, catalogue: Catalogue, texts: Mapping[tuple[str, str], Told], *, day: str
) -> str:
    """A metric with every measure and flag that it rests on, as one YAML file.

    Args:
        metric: the metric.
        catalogue: the definitions in force.
        texts: what `texts_of` gives.
        day: the month end, as it is written.
    """
    metrics, measures, flags = _rests_on(metric, catalogue)
    blocks: dict[str, list[Told]] = {section: [] for section in _SECTIONS}
    for (section, name), told in texts.items():
        kind = section if section in ("measures", "metrics") else "flags"
        if name in {"measures": measures, "metrics": metrics, "flags": flags}[kind]:
            blocks[section].append(told)
    head = [
        f"# {metric.label.en} / {metric.label.zh}",
        f"# definition version {catalogue.versions[metric.metric_id]}, in force at {day}; where `earlier`",
        "# stands, the edition whose last day is the first on or after that day holds.",
        f"# fingerprint of all definitions in force: {catalogue.fingerprint}",
    ]
    body: list[str] = []
    for section, told in blocks.items():
        if told:
            body += ["", f"{section}:"]
            for one in told:
                body += [f"  # {one.where}", one.text]
    return "\n".join([*head, *body, ""])


def _rests_on(metric: Metric, catalogue: Catalogue) -> tuple[set[str], set[str], set[str]]:
    """Names of metrics, measures and flags, however deeply one rests on another."""
    metrics, measures = {metric.metric_id}, set[str]()
    for reading in metric.readings:
        for pair in (reading.minuend, reading.subtrahend):
            if pair is not None:
                inner = _rests_on(catalogue.metrics[pair[0]], catalogue)
                metrics |= inner[0]
                measures |= inner[1]
        measures |= _measures(reading.measures, catalogue)
    return metrics, measures, _flags((catalogue.measures[one].where for one in measures), catalogue)


def _measures(names: Iterable[str], catalogue: Catalogue) -> set[str]:
    found = set(names)
    for name in tuple(found):
        measure = catalogue.measures[name]
        if measure.aggregation is Aggregation.COMBINED:
            found |= _measures((term.measure for term in measure.terms), catalogue)
    return found


def _flags(names: Iterable[str], catalogue: Catalogue) -> set[str]:
    found: set[str] = set()
    queue = [name for name in names if name]
    while queue:
        name = queue.pop()
        if name in catalogue.flags and name not in found:
            found.add(name)
            queue += [used for one in catalogue.flags[name].clauses for used in columns_of(one.sql)]
    return found
