"""What a build on Spark says when it cannot begin: one sentence, and nothing published is touched."""

import shutil
import socket
import subprocess
import sys

import pytest

from tests.whole.commands import Said, here, one_sentence

pytestmark = pytest.mark.whole


@pytest.fixture
def bank(demo_bank, tmp_path):
    """A copy of the demo bank."""
    root = tmp_path / "bank"
    shutil.copytree(demo_bank.root, root)
    return root


def built(root):
    """What a build of the newest month on Spark says, below the line that tells how far it is."""
    said = here("build", "--engine", "spark", "--as-of", "latest", "--force", "-w", root)
    lines = [line for line in said.err.splitlines() if not line.startswith("building ")]
    return Said(said.code, said.out, "\n".join(lines))


def told(root, *lines):
    """The bank with these settings for Spark."""
    path = root / "branchmark.toml"
    text = "\n".join([path.read_text(encoding="utf-8"), "[spark]", *lines, ""])
    path.write_text(text, encoding="utf-8")
    return root


def test_without_pyspark_the_extra_is_named(bank, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    said = one_sentence(built(bank))
    assert 'pip install "branchmark[spark]"' in said
    assert "--engine polars" in said


def test_without_java_it_says_so(bank, monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert "Java" in one_sentence(built(bank))


def test_java_that_does_not_run_is_told_with_its_own_words(bank, monkeypatch, tmp_path):
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'Error: this Java is too old' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert "this Java is too old" in one_sentence(built(bank))


def test_a_master_that_does_not_answer_is_named_at_once(bank):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        address = f"spark://127.0.0.1:{one.getsockname()[1]}"
        said = one_sentence(built(told(bank, f'master = "{address}"')))
    assert f"No Spark master answers at {address}" in said


def test_a_setting_that_spark_refuses_is_told(bank):
    root = told(bank, 'master = "local[1]"', "[spark.conf]", '"spark.driver.memory" = "lots"')
    said = one_sentence(built(root))
    assert "lots" in said
    assert "Mend [spark] in branchmark.toml" in said


def test_a_wrong_master_and_processes_are_refused_before_anything_starts(bank):
    said = here("build", "--engine", "spark", "--processes", "2", "-w", bank)
    assert "exclude each other" in one_sentence(said)
    assert "spark://host:port" in one_sentence(built(told(bank, 'master = "spark:head"')))


def test_nobody_else_needs_pyspark():
    program = (
        "import sys; sys.modules['pyspark'] = None\n"
        "import orchestration.cli.app, orchestration.spark, orchestration.definitions, transforms.measures"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
