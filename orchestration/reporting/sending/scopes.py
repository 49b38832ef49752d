"""A reader's scope in words, as mails print it."""

from dashboards.i18n import Language, say
from orchestration.bank import SYSTEM, Bank
from records.access import Scope
from records.readers import Reader


def scope_told(bank: Bank, reader: Reader | None, scope: Scope, language: Language) -> str:
    """How much of the bank somebody sees: the units given by name, and how many that makes."""
    if scope.branches is None or reader is None:
        return say(language, "al_scope_whole")
    names = unit_names(bank, language)
    told = [f"{names[unit]} {unit}" if unit in names else unit for unit in reader.units]
    units = language.pick(", ", "、").join(told)
    return say(language, "al_scope_units", units=units, count=len(scope.branches))


def unit_names(bank: Bank, language: Language) -> dict[str, str]:
    """Names of the units of the newest month, by number."""
    months = bank.published.newest_versions()
    if not months:
        return {}
    nodes = bank.published.nodes(SYSTEM, as_of=max(months)).collect()
    column = language.pick("name_en", "name_zh")
    return {unit: name or unit for unit, name in nodes.select("node_id", column).iter_rows()}
