"""A real OpenID Connect provider on loopback for tests: Canaille, with invented people, as long as they run.

It is a process of its own in an environment of its own, `.venv/provider`, since its wheel holds a package
called `tests`: `uv pip install -r tests/oidc_provider.lock`. There this file is its script:
`python oidc_provider.py PORT REDIRECT_URI`. Everybody's password is `PASSWORD`. What people may see in the
dashboard is said by the bank that is served, by their claims or by its own table.
"""

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

CLIENT = "branchmark-dashboard"
SECRET = "a-client-secret-of-a-test"  # noqa: S105 - of a provider that lives as long as the test
PASSWORD = "correct horse battery"  # noqa: S105
VERIFIED = "verified"
PEOPLE = {
    # name: family name, groups. Addresses are verified for members of that group.
    "li.wei": ("Li", ("bm-head-office", VERIFIED)),
    "wang.admin": ("Wang", ("bm-admin", VERIFIED)),
    "zhang.region": ("Zhang", ("bm-region", VERIFIED)),
    "zhao.branch": ("Zhao", ("bm-branch", VERIFIED)),
    "sun.audit": ("Sun", ("bm-audit", VERIFIED)),
    "nobody.here": ("Nobody", (VERIFIED,)),
    "un.verified": ("Un", ("bm-head-office",)),
}


def secrets(port: int, dashboard: str) -> str:
    """The file of secrets of a dashboard that signs in at the provider on that port."""
    return "\n".join(
        [
            "[auth]",
            f'redirect_uri = "{dashboard}/oauth2callback"',
            'cookie_secret = "a-cookie-secret-that-is-long-enough-0123456789"',
            f'client_id = "{CLIENT}"',
            f'client_secret = "{SECRET}"',
            f'server_metadata_url = "http://127.0.0.1:{port}/.well-known/openid-configuration"',
            'client_kwargs = { scope = "openid email profile groups" }',
            "",
        ]
    )


def python() -> Path:
    """The interpreter of the provider's environment."""
    found = Path(__file__).parents[1] / ".venv" / "provider" / "bin" / "python"
    if found.exists():
        return found
    import pytest  # noqa: PLC0415 - the script itself runs where there is none

    why = f"no OpenID Connect provider is installed: {found} is not there"
    if os.environ.get("CI"):
        pytest.fail(why)
    return pytest.skip(why)


@contextlib.contextmanager
def provider(folder: Path, port: int, dashboard: str):
    """The provider as a process of its own; its log is in the folder."""
    with (folder / "provider.log").open("wb") as log:
        process = subprocess.Popen(
            [python(), __file__, str(port), f"{dashboard}/oauth2callback"],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _await(f"http://127.0.0.1:{port}/.well-known/openid-configuration", process)
            yield
        finally:
            # It keeps nothing, and would wait for browsers that hold a connection open.
            process.kill()
            process.wait(timeout=20)


def _await(url: str, process: subprocess.Popen) -> None:
    for _ in range(120):
        assert process.poll() is None, "the provider ended"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback
            if answer.status == 200:
                return
        time.sleep(0.25)
    raise AssertionError("the provider did not answer within 30 seconds")


def main() -> None:
    """Serve until ended."""
    from canaille import create_app  # noqa: PLC0415
    from canaille.app import models  # noqa: PLC0415
    from canaille.backends import Backend  # noqa: PLC0415
    from joserfc.jwk import RSAKey  # noqa: PLC0415

    port, redirect = int(sys.argv[1]), sys.argv[2]
    home = redirect.rpartition("/")[0]
    app = create_app(
        {
            "SECRET_KEY": "a-secret-of-a-test",
            "SERVER_NAME": f"127.0.0.1:{port}",
            "PREFERRED_URL_SCHEME": "http",
            "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False, "HTMX": False},
            "CANAILLE_OIDC": {
                "ACTIVE_JWKS": [RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)],
                "REQUIRE_NONCE": True,
            },
        }
    )
    # Canaille says nothing about whether an address is verified.
    app.config["CANAILLE_OIDC"]["USERINFO_MAPPING"]["EMAIL_VERIFIED"] = (
        "{% if 'verified' in user.groups | map(attribute='display_name') %}true{% endif %}"
    )
    with app.app_context(), Backend.instance.session():
        groups: dict[str, list] = {}
        for name, (family, joined) in PEOPLE.items():
            user = models.User(
                user_name=name,
                family_name=family,
                formatted_name=name,
                display_name=name,
                emails=[f"{name}@bank.example"],
            )
            Backend.instance.save(user)
            Backend.instance.set_user_password(user, PASSWORD)
            for group in joined:
                groups.setdefault(group, []).append(user)
        for group, members in groups.items():
            Backend.instance.save(models.Group(display_name=group, members=members))
        Backend.instance.save(
            models.Client(
                client_id=CLIENT,
                client_secret=SECRET,
                client_name="Dashboard",
                client_uri=home,
                redirect_uris=[redirect],
                post_logout_redirect_uris=[redirect],
                grant_types=["authorization_code"],
                response_types=["code"],
                scope=["openid", "email", "profile", "groups"],
                token_endpoint_auth_method="client_secret_basic",  # noqa: S106
            )
        )
    app.run("127.0.0.1", port, threaded=True)


if __name__ == "__main__":
    main()
