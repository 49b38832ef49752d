"""Reports and sign-off as people use them: units by step, the way to a signature, and what came after it.

Of the small bank North and its Harbour Branch miss targets: Harbour SEI 10.0 % of 11.6 %, NPL 2.0 % of 1.8 %
within its band, first-time clients 12 of 24, and its tolerance is exceeded: three misses. Garden misses none.
"""

import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from dashboards.app_pages import exporting
from dashboards.app_pages.viewing import VIEWED
from dashboards.exports import formats
from dashboards.exports.document import Made
from dashboards.exports.formats import FileKind
from dashboards.i18n import Language
from dashboards.numbers import Format
from dashboards.quality.readiness import Line, Step
from dashboards.quality.states import Standing
from dashboards.release import calendar
from dashboards.release.steps import Stepping, message
from dashboards.units import BankUnit
from records.access import Scope
from records.ledger.check_ins import CheckIn
from records.ledger.ledger import Ledger
from records.ledger.sign_offs import signing_obstacles
from records.published import Published
from records.readers import LOCAL, Reader, Role
from records.workspace import open_workspace
from tests.app.reading import html, lines, words
from tests.app.small_bank import AS_OF, catalogue, publish, small_bank
from transforms.errors import WorkspaceError
from transforms.periods import month_ends
from transforms.reference.tables import load

WHOLE = Scope.whole_bank("test")
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
SECTIONS = ("units", "calendar", "sign", "since", "files")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Two months of the small bank."""
    root = tmp_path_factory.mktemp("reports") / "bank"
    return small_bank(root, months=month_ends(AS_OF, 2))


@pytest.fixture
def bank(drawn, tmp_path):
    """A copy of it to write to."""
    return open_workspace(Path(shutil.copytree(drawn.root, tmp_path / "bank")))


def ledger(workspace):
    return Ledger.of(workspace, {}.get)


def open_ones(workspace, branch):
    """The missed metrics that nobody has said anything about."""
    found = signing_obstacles(
        WHOLE,
        Published(workspace.lake),
        ledger(workspace).check_ins,
        catalogue(),
        branch=branch,
        as_of=AS_OF,
    )
    return found.rows(named=True)


def spoken(workspace, branch, but=0):
    """Say something about the missed metrics of a branch, but for so many."""
    for row in open_ones(workspace, branch)[but:]:
        entry = CheckIn(
            branch_id=branch,
            metric_id=row["metric_id"],
            reading=row["reading"],
            as_of_date=AS_OF,
            snapshot_version=1,
            comment="Two projects are in the pipeline.",
            rule_status=row["status"],
        )
        ledger(workspace).check_ins.add(WHOLE, entry, by="Li", at=NOON)


def sign(workspace, branch, by="Wang"):
    return ledger(workspace).sign_offs.sign(
        WHOLE, Published(workspace.lake), catalogue(), branch=branch, as_of=AS_OF, by=by, at=NOON
    )


def signed_on_page(app, *, name="Zhao", note="seen with the branch", confirmed=True):
    """The page after its form was filled and sent."""
    fields = {one.label: one for one in app.text_input}
    fields["Your name"].input(name)
    fields["Note (optional)"].input(note)
    if confirmed:
        app.checkbox[0].check()
    next(one for one in app.button if one.label.startswith("Sign ")).click()
    return app.run()


def signatures(workspace):
    return ledger(workspace).sign_offs.all(WHOLE).rows(named=True)


def test_a_signature_is_blocked_while_a_check_in_is_missing_and_given_when_it_is_there(
    bank, opened
):
    misses = len(open_ones(bank, "B101"))
    assert misses == 3
    spoken(bank, "B101", but=1)
    app = opened(bank, "reports", branch="B101", section="sign")
    assert "One missed metric stands without a word" in app.warning[0].value
    (line,) = lines(app, "Missed metric")
    assert line[-1] == "Add a check-in ›"
    assert not [one for one in app.button if one.label.startswith("Sign ")]
    assert "2 of 3" in words(app)

    spoken(bank, "B101")
    app = opened(bank, "reports", branch="B101", section="sign")
    assert "3 of 3" in words(app)
    assert "1, published 5 Nov 2026" in words(app)
    signed_on_page(app)
    (made,) = signatures(bank)
    assert (made["branch_id"], made["person"], made["note"], made["snapshot_version"]) == (
        *("B101", "Zhao", "seen with the branch"),
        1,
    )
    assert "Signed: Harbour" in app.success[0].value
    assert "Harbour <b>& Sons</b> Branch is signed: Zhao" in words(app)
    assert not [one for one in app.button if one.label.startswith("Sign ")]


def test_nobody_signs_without_a_name_or_without_having_looked(bank, opened):
    app = opened(bank, "reports", branch="B201", section="sign")
    signed_on_page(app, confirmed=False)
    assert "Confirm first" in app.error[0].value
    app = opened(bank, "reports", branch="B201", section="sign")
    signed_on_page(app, name=" ")
    assert app.error
    assert signatures(bank) == []


def test_what_was_signed_meanwhile_is_refused_by_the_ledger(bank, opened):
    app = opened(bank, "reports", branch="B201", section="sign")
    sign(bank, "B201")
    # The page was drawn before; what it sends now finds the figures signed.
    signed_on_page(app)
    assert [row["person"] for row in signatures(bank)] == ["Wang"]


def test_figures_published_anew_are_not_signed_and_the_page_says_what_changed(bank, opened):
    sign(bank, "B201")
    app = opened(bank, "reports", branch="B201", section="since")
    assert "Nothing was published since Wang signed" in app.success[0].value
    publish(bank, AS_OF, back=1)  # each share a tenth of a point lower, one client less
    app = opened(bank, "reports", branch="B201", section="since")
    assert "Garden Branch was signed before its figures were published anew" in words(app)
    changed = {row[0]: row for row in lines(app, "Since it was signed")}
    share = changed["Strategic emerging industry loan share"]
    assert (share[1], share[2], share[3]) == ("20.0%", "19.9%", "−0.1 pp")
    assert changed["First-time loan clients year to date"][1:4] == ["30", "29", "−1 client"]
    assert f"{len(changed)} figures of Garden Branch changed, 0 of them in status" in words(app)
    app = opened(bank, "reports", branch="B201", section="sign")
    assert lines(app, "Signatures on this month")[0][4] == "published before these"
    signed_on_page(app)
    assert [row["person"] for row in signatures(bank)] == ["Wang", "Zhao"]
    app = opened(bank, "reports")
    (line,) = [row for row in lines(app, "Units by step") if row[0].startswith("Garden")]
    assert line[-1] == "● Zhao, " + line[-1].partition(", ")[2]


def test_figures_that_are_no_longer_kept_are_said_to_be_lost(bank, opened):
    publish(bank, AS_OF, back=1)
    sign(bank, "B201")  # of the second run, which goes when a fourth one comes
    publish(bank, AS_OF)
    publish(bank, AS_OF, back=1)
    app = opened(bank, "reports", branch="B201", section="since")
    assert "no longer kept" in app.warning[0].value


def test_units_stand_by_step_and_cells_lead_to_where_they_are_mended(bank, opened):
    spoken(bank, "B101", but=1)
    sign(bank, "B201")
    app = opened(bank, "reports", branch="HO")
    rows = {row[0].split(" ›")[0]: row for row in lines(app, "Units by step")}
    harbour = rows["Harbour <b>& Sons</b> Branch"]
    assert harbour[5] == "▲ 2 of 3"
    assert rows["Garden Branch"][5:] == ["● none missed", "● Wang, 10 Nov 2026"]
    assert "Of 2 units below it one is signed; one waits for check-ins." in words(app)
    assert "reports?" in html(app)
    assert "section=sign" in html(app)
    assert "section=ledger" in html(app)


def test_the_calendar_counts_working_days_and_the_months_of_the_year(bank, opened):
    settings = bank.root / "branchmark.toml"
    text = settings.read_text(encoding="utf-8")
    assert "cut_off_working_days = 10" in text
    sign(bank, "B201")
    app = opened(bank, "reports", branch="B201", section="calendar")
    assert not app.exception
    shown = {row[0]: row for row in lines(app, "Calendar")}
    # November 2026 has no holiday: the tenth working day after Saturday the 31st is Friday the 13th.
    assert shown["Cut-off"][1:3] == ["13 Nov 2026", "10"]
    assert shown["Next month end"][1:3] == ["30 Nov 2026", "21"]
    year = lines(app, "Garden Branch, the last 12 months")
    assert [row[0] for row in year] == [
        *("Delivered", "Published", "Reconciled", "Missed, spoken of", "Signed")
    ]
    assert year[1][-2:] == ["●", "●"]
    assert year[1][1] == "○"
    assert year[-1][-2:] == ["○", "●"]
    settings.write_text(text.replace("cut_off_working_days = 10\n", ""), encoding="utf-8")
    app = opened(open_workspace(bank.root), "reports", branch="B201", section="calendar")
    assert any("no cut-off" in one.value for one in app.caption)


def test_a_cut_off_skips_the_holidays():
    # 1 to 7 October 2026 are off, Saturday the 10th is worked: 8, 9, 10, 12 to 16, 19, 20.
    found = calendar.milestones(
        date(2026, 9, 30),
        date(2026, 10, 21),
        delivered=None,
        published=datetime(2026, 10, 9, tzinfo=UTC),
        cut_off_days=10,
        signed=None,
        worked=load().calendar,
    )
    told = {one.name: one for one in found}
    assert (told["cut_off"].day, told["cut_off"].standing) == (date(2026, 10, 20), Standing.WATCH)
    assert told["published"].working_day == 2
    assert [one.name for one in found] == [
        *("month_end", "published", "cut_off", "today", "next_month_end")
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_in_both_languages(drawn, opened, section, language):
    app = opened(drawn, "reports", branch="B101", section=section, language=language)
    assert not app.exception
    assert not app.error
    assert ("报告与签核" if language == "zh" else "Reports and sign-off") in app.title[0].value


def test_an_unknown_section_is_refused(drawn, opened):
    app = opened(drawn, "reports", section="nosuch")
    assert "nosuch is no section of this page" in app.error[0].value


def test_only_the_figures_as_known_now_can_be_signed(drawn, opened):
    app = opened(drawn, "reports", branch="B201", section="sign", version="reported")
    assert "as they are known now can be signed" in app.info[0].value
    assert not [one for one in app.button if one.label.startswith("Sign ")]


def test_a_ledger_that_cannot_be_read_is_said_and_the_rest_stands(bank, opened):
    (bank.root / "ledger.db").write_bytes(b"no database" * 100)
    app = opened(bank, "reports", branch="HO")
    assert not app.exception
    assert "not known" in words(app)
    app = opened(bank, "reports", branch="B201", section="sign")
    assert app.error


def test_the_page_is_taken_along_with_every_unit_and_signature(bank, opened, monkeypatch):
    sign(bank, "B201")
    taken = []
    monkeypatch.setattr(exporting, "_button", lambda _, document, *_kind: taken.append(document))
    app = opened(bank, "reports", branch="HO")
    app.session_state["export"] = True
    app.run()
    assert not app.exception
    document = taken[0]
    steps, signed = document.tables
    assert steps.rows["branch_id"].to_list()[0] == "HO"
    garden = steps.rows.filter(pl.col("branch_id") == "B201").row(0, named=True)
    assert (garden["signed_state"], garden["signed"]) == ("good", "Wang, 10 Nov 2026")
    assert signed.rows["person"].to_list() == ["Wang"]
    made = Made("Zhao", NOON, Format(Language.EN, "CNY"))
    for kind in FileKind:
        assert formats.write(document, made, kind)


def test_an_auditor_reads_and_signs_nothing(bank, opened):
    app = opened(bank, "reports", branch="B201", section="sign")
    assert [one for one in app.button if one.label.startswith("Sign ")]
    app.session_state[VIEWED] = (LOCAL, Reader("chen", Role.AUDITOR))
    app.run()
    assert not app.exception
    assert not [one for one in app.button if one.label.startswith("Sign ")]
    assert signatures(bank) == []


def test_a_unit_without_targets_is_not_said_to_miss_none(bank, opened):
    # Targets stand at HO, B101 and B201; limits of tolerance everywhere, so that only these are told.
    app = opened(bank, "reports", branch="HO")
    assert "none missed" in words(app)
    stepping = Stepping({}, {}, aimed=(), late=False, form=Format(Language.EN, "CNY"))
    unit = BankUnit("B9", None, None, "Nine", "九")
    (one,) = stepping.of([Line(unit, {}, Decimal(0), Decimal(0))])
    assert one.steps["check_ins"].text == "no targets"
    assert one.can_sign


def test_what_is_open_with_the_ledger_is_said_beside_a_signature_that_is_possible():
    # The page of data quality says the month is not ready: this one must not say that nothing is open.
    unit = BankUnit("B9", None, None, "Nine", "九")
    line = Line(
        unit,
        {"reconciled": Step(Standing.BAD, "CNY 5.0 m open"), "findings": Step(Standing.WATCH, "2")},
        Decimal(0),
        Decimal(0),
    )
    stepping = Stepping({}, {}, aimed=("B9",), late=False, form=Format(Language.EN, "CNY"))
    assert message(stepping.of([line])[0], (), Format(Language.EN, "CNY")) == (
        "Nine is not signed. It can be, though not all is in order (Reconciled: CNY 5.0 m open)."
    )
    clear = Line(unit, {"reconciled": Step(Standing.GOOD, "agrees")}, Decimal(0), Decimal(0))
    assert message(stepping.of([clear])[0], (), Format(Language.EN, "CNY")) == (
        "Nine is not signed; nothing stands in the way."
    )


@pytest.mark.parametrize("given", ["0", "61", "2.5", '"ten"', "true"])
def test_a_cut_off_is_a_whole_number_of_working_days(bank, given):
    settings = bank.root / "branchmark.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("days = 10", f"days = {given}"), encoding="utf-8")
    with pytest.raises(WorkspaceError, match="whole number of working days from 1 to 60"):
        open_workspace(bank.root)
