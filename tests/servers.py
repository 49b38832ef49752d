"""A real PostgreSQL for tests, on this machine only, that lives as long as they do."""

import os
import pwd
import shutil
import socket
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

PASSWORD = "s3cr%t:w0rd"  # noqa: S105 - of a server that lives as long as the test
QUOTED = "s3cr%25t%3Aw0rd"


def server_programs():
    """The folder of initdb and pg_ctl, wherever the machine keeps them."""
    beside = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in beside:
        if (folder / "initdb").exists():
            return folder
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def postgresql():
    """The connection string of a server, for a fixture; ended after the tests."""
    programs = server_programs()
    if programs is None:
        why = "no PostgreSQL server is installed (initdb is not found)"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    # Not in pytest's folder, which is closed to the server's user again and again.
    with TemporaryDirectory(prefix="branchmark-postgresql-") as folder:
        yield from served(programs, Path(folder))


def served(programs, root):
    """Starts a server in a folder, gives its connection string, and ends it."""
    secret = root / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    who = {}
    if os.geteuid() == 0:
        # PostgreSQL does not run as root: another user of the machine does it.
        names = {entry.pw_name for entry in pwd.getpwall()}
        name = next(name for name in ("postgres", "nobody") if name in names)
        entry = pwd.getpwnam(name)
        who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        shutil.chown(root, name)
        shutil.chown(secret, name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(program, *words):
        subprocess.run([programs / program, *words], check=True, capture_output=True, **who,
                       cwd=root, timeout=60)  # fmt: skip

    data = root / "data"
    run("initdb", "-D", data, "-A", "scram-sha-256", "-U", "bank", "--pwfile", secret, "-E", "UTF8",
        "--no-sync", "--locale=C")  # fmt: skip
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    run("pg_ctl", "-D", data, "-l", root / "log", "-o", options, "-w", "start")
    try:
        yield f"postgresql://bank:{QUOTED}@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
