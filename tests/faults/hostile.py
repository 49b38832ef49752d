"""How hostile files are delivered and what must come of it; the files are made in the tests beside this."""

from tests.whole import books
from tests.whole.commands import contents, here, one_sentence

WHEN = ("--as-of", books.OCTOBER)


def left_behind(root):
    """Files, and folders with something in them; the pen and empty folders do not count."""
    held = {name: one for name, one in contents(root).items() if one != "folder"}
    held.pop(".writing.lock", None)
    return held


def refused(root, path, *words):
    """The sentence with which both `ingest` and `check` refuse a file, with nothing changed."""
    before = left_behind(root)
    said = here("ingest", path, "-w", root, *WHEN, "--reason", "again", *words)
    sentence = one_sentence(said)
    assert sentence.isprintable(), sentence
    assert len(sentence) < 3_500
    assert one_sentence(here("check", path, "-w", root, *WHEN, "--branch", "north", *words)) == (
        sentence
    )
    assert left_behind(root) == before
    return sentence


def taken(root, path, *words):
    """The receipt of a file that is taken: nothing lost, nothing made up."""
    said = here("ingest", path, "-w", root, *WHEN, "--reason", "again", "--format", "json", *words)
    receipt = said.json
    assert said.err == ""
    assert receipt["delivered_rows"] == receipt["accepted_rows"] + receipt["rejected_rows"]
    assert sum(one["rows"] for one in receipt["findings"]) >= receipt["rejected_rows"]
    return receipt


def broken_rules(receipt):
    """Rejecting rules and how many rows broke each."""
    return {one["rule_id"]: one["rows"] for one in receipt["findings"]}
