"""A flag's conditions in words and as SQL, a line a clause."""

from collections.abc import Iterator

from dashboards.definitions.marks import code, link, worded
from dashboards.definitions.voice import Voice
from transforms.catalogue.model import Catalogue, Clause, Flag


def conditions(voice: Voice, catalogue: Catalogue, flag: Flag) -> Iterator[tuple[str, str, str]]:
    """Of each clause whether it is obligatory, what it says, and its SQL; a flag alone is a link."""
    obliged = (
        (voice.say("all", "全部"), flag.all_of),
        (voice.say("one of", "其一"), flag.any_of),
    )
    for word, clauses in obliged:
        for clause in clauses:
            sql = link(clause.sql) if clause.sql in catalogue.flags else code(clause.sql)
            yield word, worded(voice.label(clause.label)) + _without(voice, clause), sql


def _without(voice: Voice, clause: Clause) -> str:
    if not clause.soft:
        return ""
    names = voice.listed(map(code, clause.soft))
    return voice.beside(
        voice.say(f"not met where {names} was not delivered", f"未报送{names}时视为不满足")
    )
