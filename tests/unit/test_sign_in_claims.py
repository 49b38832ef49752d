"""Who somebody is by a token, and what a bank may say about signing in."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.sign_in_secrets import SecretsError, secrets_of
from records.reader_table import ReaderTable
from records.readers import Reader, Role
from records.sign_in import NotAdmittedError, Why, admitted, has_ended
from records.sign_in_settings import SignIn, is_loopback, sign_in_of
from records.workspace import create, open_workspace
from transforms.errors import WorkspaceError

TABLE = ReaderTable.parsed("reader,role,units\nli@bank.cn,branch,B1\n")
NOBODY = ReaderTable(())
BY_CLAIMS = SignIn(
    role_claim="groups",
    units_claim="units",
    roles=(("bm-ho", Role.HEAD_OFFICE), ("bm-b", Role.BRANCH), ("bm-a", Role.AUDITOR)),
)
LI = {"email": "li@bank.cn", "email_verified": True}
WU = {"email": "wu@bank.cn", "email_verified": True}


def test_a_verified_address_finds_its_line_of_the_table():
    assert admitted(SignIn(), TABLE, LI) == Reader("li@bank.cn", Role.BRANCH, ("B1",))


def test_some_providers_write_verified_as_text():
    assert admitted(SignIn(), TABLE, {**LI, "email_verified": "true"}).units == ("B1",)


def refused(settings, table, claims):
    with pytest.raises(NotAdmittedError) as caught:
        admitted(settings, table, claims)
    return caught.value.why


@pytest.mark.parametrize("verified", [False, None, "false", "", 1, "True"])
def test_an_address_that_is_not_verified_is_nobodys(verified):
    assert refused(SignIn(), TABLE, {**LI, "email_verified": verified}) is Why.UNVERIFIED


def test_a_token_without_verification_is_not_verified():
    assert refused(SignIn(), TABLE, {"email": "li@bank.cn"}) is Why.UNVERIFIED


@pytest.mark.parametrize("claims", [{}, {"email": ""}, {"email": None}, {"email": ["li@bank.cn"]}])
def test_a_token_without_a_name_is_nobody(claims):
    assert refused(SignIn(), TABLE, {"email_verified": True, **claims}) is Why.NO_NAME


def test_other_claims_need_no_verification():
    settings = SignIn(claim="sub")
    assert admitted(settings, TABLE, {"sub": "LI@bank.cn"}).name == "li@bank.cn"


@pytest.mark.parametrize("name", ["l.i@bank.cn", "li@bank-cn", "lі@bаnk.cn"])
def test_a_name_that_looks_like_a_readers_is_not_taken_for_it(name):
    why = refused(SignIn(), TABLE, {"email": name, "email_verified": True})
    assert why in {Why.LOOKS_LIKE, Why.ODD_NAME}


def test_a_person_nobody_gave_a_role_is_not_let_in():
    assert refused(SignIn(), TABLE, WU) is Why.NO_ROLE
    assert refused(BY_CLAIMS, NOBODY, {**WU, "groups": ["canteen"]}) is Why.NO_ROLE
    assert refused(BY_CLAIMS, NOBODY, WU) is Why.NO_ROLE


def test_roles_and_units_may_come_with_the_claims():
    claims = {**WU, "groups": ["canteen", "bm-b"], "units": ["B2", "B3", "B2"]}
    assert admitted(BY_CLAIMS, NOBODY, claims) == Reader("wu@bank.cn", Role.BRANCH, ("B2", "B3"))
    as_text = {**WU, "groups": "canteen bm-b", "units": "B2 B3"}
    assert admitted(BY_CLAIMS, NOBODY, as_text).units == ("B2", "B3")


def test_the_table_goes_before_the_claims():
    assert admitted(BY_CLAIMS, TABLE, {**LI, "groups": ["bm-ho"]}).role is Role.BRANCH


def test_a_branch_without_units_and_two_roles_are_refused():
    assert refused(BY_CLAIMS, NOBODY, {**WU, "groups": ["bm-b"]}) is Why.NO_UNITS
    assert refused(BY_CLAIMS, NOBODY, {**WU, "groups": ["bm-b", "bm-a"]}) is Why.TWO_ROLES


def test_units_do_not_narrow_head_office_and_do_narrow_an_auditor():
    units = {"units": ["B2"]}
    assert admitted(BY_CLAIMS, NOBODY, {**WU, **units, "groups": ["bm-ho"]}).sees_all
    assert not admitted(BY_CLAIMS, NOBODY, {**WU, **units, "groups": ["bm-a"]}).sees_all


def test_a_claim_may_lie_within_another():
    settings = SignIn(
        claim="sub", role_claim="realm_access.roles", roles=(("a", Role.HEAD_OFFICE),)
    )
    claims = {"sub": "wu", "realm_access": {"roles": ["a"]}}
    assert admitted(settings, NOBODY, claims).role is Role.HEAD_OFFICE


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "ended"),
    [
        (timedelta(0), False),
        (timedelta(hours=12, seconds=-1), False),
        (timedelta(hours=12), True),
        (timedelta(days=20), True),
        (timedelta(minutes=-4), False),  # the provider's clock is ahead
        (timedelta(minutes=-6), True),
    ],
)
def test_a_sign_in_counts_for_twelve_hours(age, ended):
    assert has_ended(SignIn(), {"iat": (NOW - age).timestamp()}, NOW) is ended


@pytest.mark.parametrize("issued", [None, "1", True, float("nan"), 1e300])
def test_a_token_without_a_time_has_ended(issued):
    assert has_ended(SignIn(), {"iat": issued}, NOW)
    assert has_ended(SignIn(), {}, NOW)


def settings(text):
    return sign_in_of(Path("b.toml"), tomllib.loads(text)["sign_in"])


def test_the_settings_may_be_empty():
    assert settings("[sign_in]") == SignIn(
        claim="email", hours=12, secrets="env:BRANCHMARK_SIGN_IN"
    )
    assert sign_in_of(Path("b.toml"), None) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('client_secret = "x"', "holds client_secret, which has no place in this file"),
        ('cookie_secret = "x"', "holds cookie_secret"),
        ('clam = "sub"', r"no setting 'clam'\. Did you mean claim\?"),
        ("claim = 3", "claim of .* is 3"),
        ('role_claim = "groups"', "role_claim and roles of .* belong together"),
        ('units_claim = "u"', "units_claim of .* says nothing without role_claim"),
        ('role_claim="g"\n[sign_in.roles]\na = "boss"', "a of .* is 'boss', which is no role"),
        ('[sign_in.roles]\na = "branch"', "belong together"),
        ("hours = 0", "hours of .* is 0"),
        ("hours = 1.5", "hours of"),
        ("hours = true", "hours of"),
        ('secrets = "secrets.toml"', "Name a file by its whole path"),
        ('secrets = "env:A B"', "Name a file by its whole path"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(text, said):
    with pytest.raises(WorkspaceError, match=said):
        settings("[sign_in]\n" + text)


def test_a_workspace_reads_them(tmp_path):
    workspace = create(tmp_path / "bank", name="Bank", base_currency="CNY")
    assert workspace.sign_in is None
    path = workspace.root / "branchmark.toml"
    path.write_text(path.read_text("utf-8") + "\n[sign_in]\nhours = 8\n", "utf-8")
    assert open_workspace(workspace.root).sign_in == SignIn(hours=8)
    path.write_text(path.read_text("utf-8").replace("[sign_in]", "sign_in = 1\n[x]"), "utf-8")
    with pytest.raises(WorkspaceError):
        open_workspace(workspace.root)


AUTH = {
    "redirect_uri": "https://board.bank.example/oauth2callback",
    "cookie_secret": "0123456789abcdef" * 2,
    "client_id": "board",
    "client_secret": "s3cret-of-the-client",
    "server_metadata_url": "https://id.bank.example/.well-known/openid-configuration",
}


def secrets_file(folder, **changed):
    path = folder / "secrets.toml"
    given = {name: value for name, value in {**AUTH, **changed}.items() if value is not None}
    path.write_text("[auth]\n" + "".join(f'{n} = "{v}"\n' for n, v in given.items()), "utf-8")
    path.chmod(0o600)
    return path


def test_the_file_of_secrets_is_named_by_the_setting_or_by_a_variable(tmp_path):
    path = secrets_file(tmp_path)
    assert secrets_of(SignIn(secrets=str(path)), {}.get) == path
    assert secrets_of(SignIn(), {"BRANCHMARK_SIGN_IN": str(path)}.get) == path
    with pytest.raises(SecretsError, match="BRANCHMARK_SIGN_IN is not set"):
        secrets_of(SignIn(), {}.get)
    with pytest.raises(SecretsError, match="holds no whole path"):
        secrets_of(SignIn(), {"BRANCHMARK_SIGN_IN": "secrets.toml"}.get)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"client_secret": None}, "has no client_secret"),
        ({"client_id": ""}, "has no client_id"),
        ({"cookie_secret": "short"}, "shorter than 32"),
        ({"redirect_uri": "http://board.bank.example/oauth2callback"}, "no https address"),
        ({"server_metadata_url": "http://id.bank.example/x"}, "no https address"),
        ({"redirect_uri": "https://board.bank.example/"}, "does not end with /oauth2callback"),
    ],
)
def test_a_file_of_secrets_that_is_not_whole_is_refused_without_its_secrets(
    tmp_path, changed, said
):
    path = secrets_file(tmp_path, **changed)
    with pytest.raises(SecretsError, match=said) as caught:
        secrets_of(SignIn(secrets=str(path)), {}.get)
    assert "s3cret" not in str(caught.value)
    assert "0123456789" not in str(caught.value)


def test_on_loopback_http_will_do(tmp_path):
    path = secrets_file(tmp_path, redirect_uri="http://127.0.0.1:8501/oauth2callback")
    assert secrets_of(SignIn(secrets=str(path)), {}.get) == path


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o666, 0o620])
def test_a_file_of_secrets_that_others_can_open_is_refused(tmp_path, mode):
    path = secrets_file(tmp_path)
    path.chmod(mode)
    with pytest.raises(SecretsError, match="is open to others on this machine"):
        secrets_of(SignIn(secrets=str(path)), {}.get)


def test_a_file_of_secrets_that_is_missing_or_no_toml_is_told_without_its_text(tmp_path):
    with pytest.raises(SecretsError, match="No such file"):
        secrets_of(SignIn(secrets=str(tmp_path / "none")), {}.get)
    path = secrets_file(tmp_path)
    path.write_text("client_secret = s3cret", "utf-8")
    with pytest.raises(SecretsError, match="is no TOML") as caught:
        secrets_of(SignIn(secrets=str(path)), {}.get)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "here"),
    [
        *(("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True)),
        *(("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("", False)),  # noqa: S104
        *(("bank.example", False), ("::ffff:127.0.0.1", True), ("::ffff:10.0.0.1", False)),
    ],
)
def test_loopback_is_this_machine_and_nothing_else(address, here):
    assert is_loopback(address) is here
