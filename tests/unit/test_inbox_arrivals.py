"""What lies in the inbox: what a file says it is, and when it is written to the end."""

import os
import subprocess
import sys

import pytest

from orchestration.inbox import arrivals
from orchestration.inbox.arrivals import look, remembered, settled
from orchestration.inbox.upkeep import InboxSettings, inbox_settings
from records.workspace import create
from transforms.errors import WorkspaceError

NOW = 1_700_000_000.0


@pytest.fixture
def bank(tmp_path):
    return create(tmp_path / "bank", name="Bank", base_currency="CNY")


@pytest.fixture
def put(bank):
    """Put a file into the inbox, last changed so many seconds before now."""

    def put(place, text="x", *, age=60.0):
        path = bank.root / "inbox" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        os.utime(path, (NOW - age, NOW - age))
        return path

    return put


def told(now):
    """Place, mapping, month and number of files of each arrival."""
    return [(one.place, one.mapping, one.month, len(one.files)) for one in now.arrivals]


def waits(now):
    return {one.place: (one.why.en, one.stuck) for one in now.waiting}


def quiet(now, at=NOW, *, settle=10.0, before=None):
    """Places that are settled; the disk's own stamps are put aside, since a test cannot set them."""
    dated = [
        arrivals.Arrival(**{**vars(one), "stamps": tuple(p.lstat().st_mtime for p in one.files)})
        for one in now.arrivals
    ]
    now = arrivals.Look(tuple(dated), now.waiting)
    seen = remembered(now, {}, at - 1) if before is None else before
    ready, waiting = settled(now, seen, at, settle_seconds=settle)
    return [one.place for one in ready], {one.place: one.why for one in waiting}


# What a file says it is


def test_folders_say_mapping_and_month(bank, put):
    for place in (
        "loans.csv",
        "2026-10-31/loans.csv",
        "ibrd/a.csv",
        "ibrd/2026-10-31/b.csv",
        "canonical/2026-10/c.csv",
    ):
        put(place)
    assert told(look(bank)) == [
        ("2026-10-31/loans.csv", "canonical", "2026-10-31", 1),
        ("canonical/2026-10/c.csv", "canonical", "2026-10", 1),
        ("ibrd/2026-10-31/b.csv", "ibrd", "2026-10-31", 1),
        ("ibrd/a.csv", "ibrd", None, 1),
        ("loans.csv", "canonical", None, 1),
    ]


def test_a_mapping_of_the_bank_itself_has_a_folder_too(bank, put):
    put("core/a.csv")
    assert told(look(bank)) == []
    (bank.root / "mappings" / "core.yaml").write_text("name: core", encoding="utf-8")
    assert told(look(bank)) == [("core/a.csv", "core", None, 1)]


def test_a_marked_folder_is_one_delivery(bank, put):
    for folder in ("october", "ibrd/batch 7", "ibrd/2026-10-31", "2026-09-30/late", "ifc_kenya"):
        put(f"{folder}/a.csv")
        put(f"{folder}/b.csv")
        put(f"{folder}/.DS_Store")
        put(f"{folder}/_READY")
    assert told(look(bank)) == [
        ("2026-09-30/late", "canonical", "2026-09-30", 2),
        ("ibrd/2026-10-31", "ibrd", "2026-10-31", 2),
        ("ibrd/batch 7", "ibrd", None, 2),
        ("ifc_kenya", "canonical", None, 2),
        ("october", "canonical", None, 2),
    ]


def test_a_mark_in_a_mapping_s_folder_takes_its_files_as_one_unless_it_holds_folders(bank, put):
    put("ibrd/a.csv")
    put("ibrd/_READY")
    assert told(look(bank)) == [("ibrd", "ibrd", None, 1)]
    put("ibrd/2026-10-31/b.csv")
    now = look(bank)
    assert told(now) == []
    assert waits(now)["ibrd/_READY"][1]


def test_a_mark_in_the_inbox_itself_is_told_and_holds_nothing_up(bank, put):
    put("_READY")
    put("a.csv")
    now = look(bank)
    assert told(now) == [("a.csv", "canonical", None, 1)]
    assert "folder of their own" in waits(now)["_READY"][0]


def test_an_unmarked_folder_waits_and_a_misspelt_mapping_is_told(bank, put):
    put("ibdr/a.csv")
    now = look(bank)
    assert told(now) == []
    said, stuck = waits(now)["ibdr"]
    assert stuck
    assert "_READY" in said
    assert "Did you mean ibrd?" in said


def test_unfinished_names_wait_and_hidden_ones_are_nobody_s(bank, put):
    for name in ("a.csv.part", "b.TMP", "c.csv.filepart", ".d.csv.Xy12", "~$book.xlsx"):
        put(name)
    put("batch/a.csv")
    put("batch/b.csv.part")
    put("batch/_READY")
    now = look(bank)
    assert told(now) == []
    assert sorted(waits(now)) == ["a.csv.part", "b.TMP", "batch", "c.csv.filepart"]


def test_a_reason_goes_with_its_file_and_is_no_delivery(bank, put):
    put("loans.csv")
    reason = put("loans.csv.reason.txt", "booked late")
    put("gone.csv.reason.txt")
    put("batch/a.csv")
    put("batch/_READY")
    inner = put("batch/reason.txt")
    now = look(bank)
    assert [(one.place, one.reasons) for one in now.arrivals] == [
        ("batch", (inner,)),
        ("loans.csv", (reason,)),
    ]
    assert list(waits(now)) == ["gone.csv.reason.txt"]


# What cannot be taken whatever it holds


def objections(now):
    return {one.place: one.objection.en for one in now.arrivals if one.objection}


def test_links_pipes_and_names_that_nobody_can_read_are_objected_to(bank, put, tmp_path):
    inbox = bank.root / "inbox"
    outside = tmp_path / "secret.csv"
    outside.write_text("secret", encoding="utf-8")
    (inbox / "link.csv").symlink_to(outside)
    (inbox / "loop").symlink_to(inbox, target_is_directory=True)
    (inbox / "dangling.csv").symlink_to(tmp_path / "nowhere")
    os.mkfifo(inbox / "pipe.csv")
    put("a\nb.csv")
    os.close(os.open(os.fsencode(inbox) + b"/\xff.csv", os.O_CREAT | os.O_WRONLY))
    put("贷款 (1) [x].csv")
    put("nested/inner/a.csv")
    put("nested/_READY")
    put("empty/_READY")
    put("linked/_READY")
    (inbox / "linked" / "a.csv").symlink_to(outside)
    said = objections(look(bank))
    assert sorted(said) == sorted(
        [
            *("link.csv", "loop", "dangling.csv", "pipe.csv", "a\\nb.csv", "\\udcff.csv"),
            *("nested", "empty", "linked"),
        ]
    )
    for place in ("link.csv", "loop", "dangling.csv", "linked"):
        assert "is a link" in said[place]
    assert "no ordinary file" in said["pipe.csv"]
    assert "nobody can see" in said["a\\nb.csv"]
    assert "another folder" in said["nested"]
    assert "no files" in said["empty"]


# Written to the end


def test_a_file_is_settled_at_the_second_look_that_finds_it_the_same(bank, put):
    put("loans.csv")
    now = look(bank)
    assert quiet(now, before={}) == ([], {"loans.csv": arrivals.NEW})
    seen = remembered(now, {}, NOW)
    assert quiet(now, NOW + 1, before=seen)[0] == ["loans.csv"]
    put("loans.csv", "xy")
    changed = look(bank)
    assert quiet(changed, NOW + 2, before=seen) == ([], {"loans.csv": arrivals.NEW})
    assert remembered(changed, seen, NOW + 2)["loans.csv"].since == NOW + 2


def test_a_change_of_time_alone_is_a_change(bank, put):
    path = put("loans.csv")
    seen = remembered(look(bank), {}, NOW - 100)
    os.utime(path, (NOW - 30, NOW - 30))
    assert quiet(look(bank), before=seen) == ([], {"loans.csv": arrivals.NEW})


def test_a_young_file_is_not_taken(bank, put):
    put("loans.csv", age=9)
    ready, waiting = quiet(look(bank))
    assert ready == []
    assert waiting["loans.csv"].en == "changed less than 10 seconds ago"
    assert quiet(look(bank), NOW + 1)[0] == ["loans.csv"]


def test_a_time_from_the_future_says_nothing_and_our_own_watching_counts(bank, put):
    put("loans.csv", age=-86_400)
    now = look(bank)
    seen = remembered(now, {}, NOW)
    assert quiet(now, NOW + 9, before=seen)[0] == []
    assert quiet(now, NOW + 10, before=seen)[0] == ["loans.csv"]


def test_an_old_date_brought_along_by_a_copy_does_not_make_a_file_old(bank, put):
    """`cp -p` gives the copy the date of the original; the disk knows when it was made."""
    put("loans.csv", age=1e6)
    (one,) = look(bank).arrivals
    assert one.stamps[0] == one.path.lstat().st_ctime


def test_a_marked_folder_is_as_young_as_its_youngest_file(bank, put):
    put("batch/a.csv")
    put("batch/b.csv", age=3)
    put("batch/_READY")
    assert quiet(look(bank))[0] == []
    assert quiet(look(bank), NOW + 7)[0] == ["batch"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks open files up in /proc")
def test_a_file_that_another_process_has_open_for_writing_is_not_taken(bank, put):
    path = put("loans.csv")
    holds = "import sys; f = open(sys.argv[1], sys.argv[2]); print('open', flush=True); input()"
    for mode, expected in (("a", []), ("r", ["loans.csv"])):
        with subprocess.Popen(
            [sys.executable, "-c", holds, path, mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout.readline() == "open\n"
            assert quiet(look(bank))[0] == expected
            process.communicate("\n")
    assert quiet(look(bank))[0] == ["loans.csv"]


# Settings


def test_the_bank_says_how_its_inbox_is_looked_after(bank):
    assert inbox_settings(bank) == InboxSettings(10.0, ())
    (bank.root / "inbox.toml").write_text(
        'settle_seconds = 2.5\nenvironments = ["production"]', encoding="utf-8"
    )
    assert inbox_settings(bank) == InboxSettings(2.5, ("production",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("settle = 3", "It knows environments, settle_seconds."),
        ("settle_seconds = -1", "0 or more"),
        ('settle_seconds = "soon"', "0 or more"),
        ('environments = "production"', "a list of names"),
        ("settle_seconds", "is no TOML"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(bank, text, said):
    (bank.root / "inbox.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WorkspaceError, match=said):
        inbox_settings(bank)
