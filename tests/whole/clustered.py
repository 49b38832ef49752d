"""A workspace as machines have it that build together: run history, ledger and locks in PostgreSQL."""

import itertools
import os
import shutil
import socket
import subprocess
import time

import pytest
import sqlalchemy as sa

from tests.whole.commands import Said, command

STORAGE, BROKER, LEDGER = "BRANCHMARK_DAGSTER", "BRANCHMARK_BROKER", "BRANCHMARK_LEDGER"
_NUMBERS = itertools.count(1)


def new_database(server):
    """A database of its own on the server, by its address."""
    name = f"runs{next(_NUMBERS)}"
    engine = sa.create_engine(server.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.rpartition("/")[0] + f"/{name}"


def settle(root, *lines, ledger=False):
    """The workspace with these lines under `[orchestration]`."""
    path = root / "branchmark.toml"
    top = [f'ledger = "env:{LEDGER}"'] if ledger else []
    table = ["[orchestration]", *lines, ""]
    path.write_text("\n".join([*top, path.read_text("utf-8"), *table]), "utf-8")
    return root


def begun(root, environment, *words):
    """A command under way, as another machine with that environment runs it."""
    return subprocess.Popen(
        [*command(*words), "-w", str(root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        start_new_session=True,
    )


def ended(process, timeout=150):
    out, err = process.communicate(timeout=timeout)
    return Said(process.returncode, out, err)


def redis(folder):
    """The address of a broker on this machine, for a fixture; ended after the tests."""
    program = shutil.which("redis-server")
    if program is None:
        why = "no broker is installed (redis-server is not found)"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 20
    try:
        while not answers(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=20)


def answers(port):
    """Whether something listens there."""
    with socket.socket() as asking:
        asking.settimeout(1)
        return asking.connect_ex(("127.0.0.1", port)) == 0
