"""Investment-linked loans: by mode and growth stage, and how many of them are bad."""

LINKED = """
    loan | client | branch | balance | linked | mode              | stage   | class
    L1   | A      | north  |      10 | yes    | loan_and_equity   | seed    | FQ01
    L2   | A      | south  |      20 | yes    | loan_and_warrant  | growth  | FQ03
    L3   | B      | north  |      30 | yes    |                   | growth  | FQ01
    L4   | C      | north  |      40 | no     | loan_and_equity   | seed    | FQ03
    L5   | D      | north  |      50 |        |                   |         | FQ01
    L6   | P      | north  |      60 | yes    | loan_and_equity   | seed    | FQ03
    """
PERSON = "client | type\nP | individual_business"


def test_linked_loans_are_corporate_and_marked(spec):
    """10 + 20 + 30 of 150 corporate; A is one client at two branches; of 60, 20 are bad."""
    spec(
        LINKED,
        borrower_snapshot=PERSON,
        linkage_balance={"north": 40, "south": 20, "HO": 60},
        linkage_clients={"north": 2, "south": 1, "HO": 2},
        linkage_share={"north": (40, 130), "HO": (60, 150)},
        linkage_npl_ratio={"north": (0, 40), "south": (20, 20), "HO": (20, 60)},
    )


def test_modes_and_stages_are_parts_of_the_whole(spec):
    """A share cut by mode keeps the whole corporate book below; a ratio is cut on both sides."""
    facts = spec(
        LINKED,
        borrower_snapshot=PERSON,
        linkage_share={
            ("HO", "linkage_mode", "loan_and_equity"): (10, 150),
            ("HO", "linkage_mode", "loan_and_warrant"): (20, 150),
            ("HO", "linkage_mode", "none"): (30, 150),
            ("HO", "growth_stage", "growth"): (50, 150),
        },
        linkage_npl_ratio={
            ("HO", "growth_stage", "growth"): (20, 50),
            ("HO", "growth_stage", "seed"): (0, 10),
        },
        linkage_clients={("HO", "growth_stage", "growth"): 2, ("HO", "growth_stage", "seed"): 1},
        linkage_balance={("HO", "linkage_mode", "loan_and_equity"): 10},
    )
    assert sum(spec.members(facts, "linkage_balance", "growth_stage").values()) == 60
