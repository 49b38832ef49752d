"""Branches beside their peers: groups, ranks, shrinkage and what may be shown, worked out by hand."""

import itertools
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.analysis.peers import groups as peer_groups
from transforms.analysis.peers import ranking as peers
from transforms.analysis.peers import settings as peer_settings
from transforms.catalogue.model import Better
from transforms.errors import BranchmarkError
from transforms.hierarchy import NODE
from transforms.schema import WIDE

D = Decimal


def nodes(*rows):
    """Nodes as `(number, parent, level)`."""
    return pl.DataFrame(
        [
            {"node_id": n, "parent_id": p, "level": lv, "name_en": n, "name_zh": n, "depth": 1}
            for n, p, lv in rows
        ],
        schema=dict(NODE),
    )


TREE = nodes(
    ("HO", None, "head"),
    ("R1", "HO", "region"),
    *((f"B{n}", "R1", "tier1") for n in range(1, 4)),
    *((f"B{n}", "HO", "tier1") for n in range(4, 7)),
)


def sizes(**values):
    return pl.DataFrame(
        {"branch_id": list(values), "value": [D(v) for v in values.values()]},
        schema={"branch_id": pl.String(), "value": WIDE},
    )


def grouped(frame):
    return dict(frame.select("branch_id", "group").iter_rows())


def test_a_level_is_a_group_and_a_region_is_what_reports_to_one_node():
    assert grouped(peer_groups.by_level(TREE))["B4"] == "tier1"
    regions = grouped(peer_groups.by_region(TREE))
    assert regions["B1"] == "tier1 of R1"
    assert regions["B4"] == "tier1 of HO"
    assert "HO" not in regions


def test_sizes_part_a_level_in_three_and_equals_share_the_part():
    found = grouped(
        peer_groups.by_size(TREE, sizes(B1=60, B2=50, B3=40, B4=40, B5=20, B6=10, R1=150), 3)
    )
    # Ranks 1, 2, 3, 3, 5, 6 of six: ceil(3r / 6).
    assert [found[f"B{n}"][-6:] for n in range(1, 7)] == [
        *("1 of 3", "1 of 3", "2 of 3", "2 of 3", "3 of 3", "3 of 3"),
    ]
    assert found["R1"] == "region, size 3 of 3"


def test_a_branch_without_a_size_is_in_no_group():
    assert "B6" not in grouped(peer_groups.by_size(TREE, sizes(B1=2, B2=1), 3))


def test_the_mix_says_which_shares_lie_above_the_levels_median():
    shares = pl.DataFrame(
        [
            {"branch_id": f"B{n}", "metric_id": name, "value": D(value)}
            for name, values in {"a": "12345", "b": "54321"}.items()
            for n, value in enumerate(values, start=1)
        ],
        schema={"branch_id": pl.String(), "metric_id": pl.String(), "value": WIDE},
    )
    found = grouped(peer_groups.by_mix(TREE, shares, ["a", "b"]))
    assert found == {
        "B1": "tier1, low a, high b",
        "B2": "tier1, low a, high b",
        "B3": "tier1, low a, low b",  # the median itself is not above
        "B4": "tier1, high a, low b",
        "B5": "tier1, high a, low b",
    }


def test_a_list_holds_its_branches_that_are_open():
    assert grouped(peer_groups.by_list(TREE, "coast", ["B1", "B5", "B99"])) == {
        "B1": "coast",
        "B5": "coast",
    }


def figures(*rows):
    """`(branch, value)` or `(branch, numerator, denominator, n)`, all in one group."""
    told = []
    for row in rows:
        if len(row) == 2:
            name, value = row
            held = {"value": D(value) if value is not None else None, "numerator": value}
            held["numerator"] = held["value"]
            told.append({"branch_id": name, "group": "g", **held})
        else:
            name, above, below, n = row
            told.append(
                {
                    "branch_id": name,
                    "group": "g",
                    "value": (D(above) / D(below)).quantize(D("1e-12")),
                    "numerator": D(above),
                    "denominator": D(below),
                    "n": D(n),
                }
            )
    return pl.DataFrame(told, schema=dict(peers.FIGURES))


def ranks(frame, better=Better.HIGHER):
    rows = peers.ranked(peers.unshrunk(frame), better)
    return {row["branch_id"]: row for row in rows.to_dicts()}


def test_equals_share_the_better_rank_and_the_next_one_is_skipped():
    found = ranks(figures(("A", 30), ("B", 20), ("C", 20), ("D", 10), ("E", None)))
    assert [found[name]["rank"] for name in "ABCDE"] == [1, 2, 2, 4, None]
    assert [found[name]["quartile"] for name in "ABCD"] == [1, 2, 2, 4]
    assert found["A"]["of"] == 4


def test_where_lower_is_better_the_lowest_is_first_and_a_distance_is_favourable():
    found = ranks(figures(("A", 1), ("B", 2), ("C", 4), ("D", 5)), Better.LOWER)
    assert [found[name]["rank"] for name in "ABCD"] == [1, 2, 3, 4]
    assert found["A"]["median"] == 3  # the mean of the middle two
    assert (found["A"]["distance"], found["D"]["distance"]) == (2, -2)
    assert found["A"]["best"] == 1


def test_marks_are_values_of_branches_at_the_nearest_ranks():
    found = ranks(figures(*((f"B{n}", n) for n in range(1, 9))))["B1"]
    assert (found["lower"], found["median"], found["upper"], found["best"]) == (2, D("4.5"), 6, 8)


def test_where_neither_direction_is_favourable_there_is_no_distance():
    assert ranks(figures(("A", 1), ("B", 2)), Better.NEUTRAL)["B"]["distance"] is None


values = st.lists(
    st.one_of(st.none(), st.integers(min_value=0, max_value=6)), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(held=values, order=st.randoms(use_true_random=False))
def test_ranks_do_not_depend_on_the_order_of_rows(held, order):
    rows = [(f"B{n}", value) for n, value in enumerate(held)]
    shuffled = rows[:]
    order.shuffle(shuffled)
    assert ranks(figures(*rows)) == ranks(figures(*shuffled))
    for name, row in ranks(figures(*rows)).items():
        value = dict(rows)[name]
        if value is not None:
            better = sum(other is not None and other > value for other in held)
            assert row["rank"] == better + 1


def shrunk(*rows, constant=30):
    found = peers.shrunk(figures(*rows), D(constant))
    return {row["branch_id"]: row for row in found.to_dicts()}


def test_a_share_is_drawn_to_the_groups_by_what_chance_would_give():
    # Shares 0.2 and 0.4 of 100 clients each, p = 0.3: spread 0.01, chance 2 * 0.21 / 200 = 0.0021,
    # t2 = 0.0079, k = 0.21 / 0.0079 = 26.582278481013, w = 100 / 126.582278481013 = 0.79.
    found = shrunk(("A", 20, 100, 100), ("B", 40, 100, 100))
    assert found["A"]["mean"] == D("0.3")
    assert found["A"]["k"] == D("26.582278481013")
    assert found["A"]["weight"].quantize(D("1e-9")) == D("0.790000000")
    assert found["A"]["shrunk"].quantize(D("1e-9")) == D("0.221000000")
    assert found["B"]["shrunk"].quantize(D("1e-9")) == D("0.379000000")


def test_where_the_spread_is_no_wider_than_chance_nobody_is_told_apart():
    found = shrunk(("A", 1, 10, 3), ("B", 2, 10, 3))
    assert {row["shrunk"] for row in found.values()} == {D("0.15")}
    assert {row["k"] for row in found.values()} == {None}


def test_ratios_that_are_no_shares_are_drawn_by_the_stated_constant():
    found = shrunk(("A", 300, 100, 30), ("B", 100, 100, 90))  # 3 and 1, the group's is 2
    assert found["A"]["k"] == 30
    assert (found["A"]["weight"], found["B"]["weight"]) == (D("0.5"), D("0.75"))
    assert (found["A"]["shrunk"], found["B"]["shrunk"]) == (D("2.5"), D("1.25"))


def test_a_rate_is_no_share_though_it_lies_between_nought_and_one():
    rows = figures(("A", 4, 100, 60), ("B", 2, 100, 60))  # rates of 4 % and 2 %, 3 % together
    found = {row["branch_id"]: row for row in peers.shrunk(rows, D(30), parts=False).to_dicts()}
    assert {row["k"] for row in found.values()} == {D(30)}
    assert found["A"]["shrunk"].quantize(D("1e-9")) == D("0.036666667")  # two thirds of the way


def test_a_branch_of_three_clients_does_not_top_the_table():
    crowd = [(f"B{n}", 10 + 2 * n, 100, 400) for n in range(8)]  # 10 % to 24 %
    rows = peers.ranked(peers.shrunk(figures(("TINY", 1, 1, 3), *crowd), D(30)), Better.HIGHER)
    found = {row["branch_id"]: row for row in rows.to_dicts()}
    assert found["TINY"]["value"] == 1
    assert found["TINY"]["shrunk"] < found["B7"]["shrunk"]
    assert found["TINY"]["rank"] > 1
    assert found["B7"]["rank"] == 1


def test_a_ratio_nobody_is_known_to_stand_behind_is_not_ranked_among_shrunk_ones():
    frame = figures(("A", 20, 100, 100), ("B", 40, 100, 100), ("C", 90, 100, 0))
    rows = peers.ranked(peers.shrunk(frame, D(30)), Better.HIGHER)
    found = {row["branch_id"]: row for row in rows.to_dicts()}
    assert found["C"]["rank"] is None
    assert found["A"]["of"] == 2


shares = st.lists(
    st.tuples(st.integers(0, 50), st.integers(50, 90), st.integers(1, 500)), min_size=2, max_size=10
)


@settings(max_examples=60, deadline=None)
@given(held=shares)
def test_shrinking_moves_towards_the_group_and_the_more_the_fewer_clients(held):
    found = shrunk(*((f"B{n}", *row) for n, row in enumerate(held)))
    for row in found.values():
        low, high = sorted((row["value"], row["mean"]))
        assert low - D("1e-11") <= row["shrunk"] <= high + D("1e-11")
    for one, other in itertools.combinations(found.values(), 2):
        if one["n"] <= other["n"]:
            assert one["weight"] <= other["weight"]


@settings(max_examples=30, deadline=None)
@given(held=shares, order=st.randoms(use_true_random=False))
def test_shrinking_does_not_depend_on_the_order_of_rows(held, order):
    rows = [(f"B{n}", *row) for n, row in enumerate(held)]
    shuffled = rows[:]
    order.shuffle(shuffled)
    assert shrunk(*rows) == shrunk(*shuffled)


def seen(counts, own, smallest=3):
    """What a reader of some branches sees of counts, by position."""
    frame = figures(*((f"B{n}", value) for n, value in enumerate(counts)))
    rows = peers.ranked(peers.unshrunk(frame), Better.HIGHER).with_columns(key="branch_id")
    found = peers.shown(rows, own={f"B{n}" for n in own}, counted=True, smallest=smallest)
    return {row["key"]: row for row in found.to_dicts()}


def test_others_have_no_name_and_no_small_count():
    found = seen([2, 9, 8, 7, 1], own=[0])
    assert found["B0"]["branch_id"] == "B0"
    assert found["B0"]["value"] == 2
    assert {found[f"B{n}"]["branch_id"] for n in range(1, 5)} == {None}
    assert found["B4"]["suppressed"]
    assert found["B4"]["value"] is None
    assert found["B3"]["suppressed"]  # beside a single small one the next larger
    assert not found["B2"]["suppressed"]


def test_a_small_count_of_ones_own_has_no_rank_that_tells_the_smaller_ones():
    found = seen([1, 9, 8, 7, 0], own=[0])
    assert found["B0"]["rank"] is None
    assert found["B0"]["value"] == 1


def test_the_whole_bank_sees_every_name_and_count():
    frame = figures(("A", 1), ("B", 9))
    rows = peers.shown(
        peers.ranked(peers.unshrunk(frame), Better.HIGHER), own=None, counted=True, smallest=3
    )
    assert rows["branch_id"].to_list() == ["B", "A"]
    assert not rows["suppressed"].any()


def test_a_ratio_of_too_few_clients_is_not_shown_of_others():
    frame = figures(("OWN", 1, 4, 50), ("X", 1, 2, 2), ("Y", 1, 4, 40))
    rows = peers.ranked(peers.shrunk(frame, D(30)), Better.HIGHER).with_columns(key="branch_id")
    found = {
        row["key"]: row
        for row in peers.shown(rows, own={"OWN"}, counted=False, smallest=3).to_dicts()
    }
    assert found["X"]["suppressed"]
    assert (found["X"]["value"], found["X"]["shrunk"], found["X"]["n"]) == (None, None, None)
    assert found["Y"]["value"] == D("0.25")
    assert found["Y"]["numerator"] is None


def possible(counts, own, smallest):
    """What a reader who knows the group's total, and what is shown, can still think of each hidden count."""
    found = seen(counts, own, smallest)
    hidden = [n for n in range(len(counts)) if found[f"B{n}"]["suppressed"]]
    rest = sum(counts) - sum(counts[n] for n in range(len(counts)) if n not in hidden)
    thoughts = [
        combo
        for combo in itertools.product(range(rest + 1), repeat=len(hidden))
        if sum(combo) == rest
    ]
    return {n: {combo[place] for combo in thoughts} for place, n in enumerate(hidden)}


@settings(max_examples=60, deadline=None)
@given(counts=st.lists(st.integers(0, 6), min_size=5, max_size=7), own=st.integers(0, 4))
def test_no_small_count_of_others_follows_from_what_is_shown_and_the_total(counts, own):
    found = seen(counts, [own])
    thoughts = possible(counts, [own], 3)
    others = [n for n in range(len(counts)) if n != own]
    for n in others:
        if counts[n] < 3:
            assert found[f"B{n}"]["value"] is None
            # Unless everything of others is hidden and together too small to hide in.
            if sum(counts[m] for m in others) >= 3:
                assert len(thoughts[n]) > 1
        elif not any(counts[m] < 3 for m in others):
            assert found[f"B{n}"]["value"] == counts[n]


def test_shipped_settings_are_the_products_and_a_banks_own_take_their_place():
    shipped = peer_settings.settings()
    assert (shipped.minimum_branches, shipped.smallest_count) == (5, 3)
    assert shipped == peer_settings.settings("")
    own = peer_settings.settings("minimum_branches: 8\nsize: {metric: loan_balance, parts: 4}\n")
    assert (own.minimum_branches, own.size.parts) == (8, 4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("minimum_branches: 4", "minimum_branches"),
        ("smallest_count: 1", "smallest_count"),
        ("biggest: 1", "biggest"),
        ("size: [", "no YAML"),
        ("smallest_count: 3\nsmallest_count: 9", "'smallest_count' stands twice"),
        ("shrinkage_constant: 1e30", "shrinkage_constant"),
        ("- 1", "peers.yaml is refused"),
        (
            "lists: {level: {label: {en: x, zh: x}, branches: [B1]}}",
            "cannot be called 'level'",
        ),
    ],
)
def test_settings_that_show_too_much_or_mean_nothing_are_refused(text, said):
    with pytest.raises(BranchmarkError, match=said):
        peer_settings.settings(text)
