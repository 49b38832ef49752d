"""A month whose tables break a critical rule is not published; what was published stays."""

import pytest

from tests.whole import books
from tests.whole.commands import built, figures, here, ingest, kpis, write_csv

pytestmark = pytest.mark.whole

MENDED = ("--reason", "mended")


def refused_build(root):
    """The sentence with which a build refuses a month; its progress stands above."""
    said = here("build", "-w", root)
    assert said.code == 1
    assert "Traceback" not in said.err + said.out
    assert not said.out
    sentences = [line for line in said.err.splitlines() if "was not published" in line]
    assert len(sentences) == 1
    assert said.err.rstrip().endswith(sentences[0])
    return sentences[0]


def test_a_book_without_a_loan_is_not_published_but_the_month_before_it_is(copy, tmp_path):
    """September, restated in the same build, is published; October stays as it was."""
    before = kpis(copy)
    rows = [{**books.september()[0], "outstanding_principal": "5.00"}]
    ingest(copy, write_csv(tmp_path / "loan_snapshot_2026-09.csv", rows), *MENDED)
    path = tmp_path / "loan_snapshot.csv"
    path.write_text(",".join(books.LOANS) + "\n", encoding="utf-8")
    receipt = ingest(copy, path, "--as-of", books.OCTOBER, *MENDED)
    assert (receipt["delivered_rows"], receipt["snapshot_version"]) == (0, 2)
    sentence = refused_build(copy)
    assert books.OCTOBER in sentence
    assert "E0107" in sentence
    assert kpis(copy) == before
    facts = figures(copy, "--as-of", books.SEPTEMBER)
    assert facts["loan_balance", "default", "HO"]["value"] == "5.00"
    path = write_csv(tmp_path / "mended" / "loan_snapshot.csv", books.october())
    assert ingest(copy, path, *MENDED)["snapshot_version"] == 3
    assert built(copy)[books.OCTOBER] == (3, "built")


def test_branches_that_report_to_each_other_are_not_published(copy, tmp_path):
    before = kpis(copy, "--as-of", "all")
    circle = [
        {"child_id": child, "parent_id": parent, "valid_from": "2020-01-01"}
        for child, parent in (("north", "south"), ("south", "north"))
    ]
    path = write_csv(tmp_path / "branch_hierarchy.csv", circle)
    ingest(copy, path, "--as-of", books.OCTOBER, *MENDED)
    sentence = refused_build(copy)
    assert books.OCTOBER in sentence
    assert "branch_hierarchy" in sentence
    assert kpis(copy, "--as-of", "all") == before
    straight = write_csv(path, books.companions()["branch_hierarchy"])
    ingest(copy, straight, "--as-of", books.OCTOBER, *MENDED)
    assert built(copy)[books.OCTOBER][1] == "built"
    assert figures(copy)["loan_balance", "default", "HO"]["value"] == "2100050.00"


def test_a_run_history_that_cannot_be_read_is_told_in_a_sentence(copy):
    before = kpis(copy)
    history = copy / ".dagster" / "history" / "runs" / "index.db"
    for name in ("index.db-wal", "index.db-shm"):
        history.with_name(name).unlink(missing_ok=True)
    history.write_bytes(b"x" * 50_000)
    said = here("build", "-w", copy, "--force")
    assert said.code == 1
    assert "Traceback" not in said.err
    assert said.err.splitlines()[-1].startswith(f"The run history in {copy / '.dagster'} cannot be")
    assert kpis(copy) == before
