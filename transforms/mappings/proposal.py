"""A suggestion written as a mapping, with its doubts beside each line.

What is sure stands as a line; what is not stands behind a `#`, with its confidence, for a person to take
or leave. What is proposed is decided in `suggest`.
"""

import json
import re
from decimal import Decimal
from typing import Final

from transforms import schema
from transforms.mappings import codemaps, units
from transforms.mappings.suggest import Proposal, Suggestion
from transforms.schema import BORROWER_SNAPSHOT, DAY, Column

_WIDTH: Final = 58


def as_yaml(suggestion: Suggestion, *, file: str, rows: int, records: tuple[str, ...] = ()) -> str:
    """The text of a mapping to finish.

    Args:
        suggestion: what was found.
        file: the file's name, for people.
        rows: how many rows the file has; the suggestion knows how many were looked at.
        records: where the records of a JSON file stand, if that had to be said.
    """
    lines = [
        f"# Proposed by `branchmark mapping suggest` from {suggestion.rows:,} of {rows:,} rows of {file}.",
        "# Read every line: what stands behind a # is not sure enough to be taken unread.",
        f"title: {_text(f'Proposed for {file}')}",
    ]
    if records:
        lines.append(f"source: {{format: json, records: [{', '.join(map(_text, records))}]}}")
    if suggestion.as_of is not None:
        column, pattern = suggestion.as_of
        format_key = f", format: {_text(pattern)}" if pattern else ""
        lines.append(f"as_of: {{column: {_text(column)}{format_key}}}")
    lines += ["", "tables:"]
    for name in suggestion.tables:
        lines += [f"  {name}:"]
        if name == BORROWER_SNAPSHOT.name and len(suggestion.tables) > 1:
            lines.append("    distinct: true")
        lines.append("    columns:")
        for proposal in suggestion.proposals:
            if proposal.table == name:
                lines += _written(proposal)
        lines += [
            f"      # {column}:{' ' * max(1, _WIDTH - 9 - len(column))}# required, not found"
            for table, column in suggestion.missing
            if table == name
        ]
    if suggestion.unused:
        lines += ["", "# Not used: nothing was found for these columns of the file."]
        lines += [f"#   {name}" for name in suggestion.unused]
    return "\n".join(lines) + "\n"


def _written(proposal: Proposal) -> list[str]:
    column = schema.table(proposal.table).column(proposal.column)
    mark = "" if proposal.is_sure else "# "
    line = f"      {mark}{column.name}: {_rule(proposal, column)}"
    gap = " " * max(2, _WIDTH - len(line))
    lines = [f"{line}{gap}# {proposal.confidence:.2f}: {proposal.why}"]
    said = proposal.evidence
    if said.other_format is not None:
        lines.append(f"      #   day or month first? {said.other_format} reads the dates as well")
    if codemaps.has_order(column):
        lines.append("      #   sources number the fields their own way: see `order` in the guide")
    if said.unknown:
        words = ", ".join(f"{_text(word)}: ?" for word in said.unknown)
        lines.append(f"      #   say what these words mean: codes: {{{words}}}")
    return lines


def _rule(proposal: Proposal, column: Column) -> str:
    """The short form, or the long one where a format or a unit has to be said."""
    keys = [f"from: {_text(proposal.source)}"]
    if column.dtype == DAY and proposal.evidence.format is not None:
        keys.append(f"format: {_text(proposal.evidence.format)}")
    unit = _unit(proposal, column)
    if unit != 1:
        keys.append(f"unit: {unit:f}")
    return _text(proposal.source) if len(keys) == 1 else f"{{{', '.join(keys)}}}"


def _unit(proposal: Proposal, column: Column) -> Decimal:
    """What the name says, 万元 or %, or else what the values look like."""
    if not column.dtype.is_numeric():
        return Decimal(1)
    named = units.of_header(proposal.source)
    return proposal.evidence.unit if named is None else named[1]


def _text(word: str) -> str:
    """A word as YAML reads it back: plain where nothing in it means anything to YAML."""
    if re.fullmatch(r"[^\W\d_][\w.]*(?: [\w.]+)*", word):
        return word
    return json.dumps(word, ensure_ascii=False)
