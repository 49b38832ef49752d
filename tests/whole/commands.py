"""The product as a user meets it: commands run, what they said, and what they left on disk."""

import contextlib
import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import sysconfig
import warnings
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from orchestration.cli.app import main

SCRIPT = Path(sysconfig.get_path("scripts")) / "branchmark"


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        assert self.code == 0, self.err
        return json.loads(self.out)


def command(*words):
    """The words of a command line, for a process of its own."""
    return [str(SCRIPT), *map(str, words)]


def branchmark(*words, timeout=180):
    """Run a command as a process of its own."""
    done = subprocess.run(
        command(*words), capture_output=True, text=True, timeout=timeout, check=False
    )
    return Said(done.returncode, done.stdout, done.stderr)


def start(*words, **environment):
    """Start a command as a process of its own, leading a process group of its own.

    Args:
        words: the command.
        environment: what it finds there beside what this process has.
    """
    return subprocess.Popen(
        command(*words),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
    )


def here(*words):
    """Run a command in this process: the same entry point, without the seconds of starting up."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["branchmark", *map(str, words)]),
        mock.patch.dict(os.environ),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(),
    ):
        # Dagster calls checks by partition a preview; a user's process is not stopped by that either.
        warnings.filterwarnings("ignore", "Specifying a partitions_def on an AssetCheckSpec")
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code or 0
    return Said(int(code), out.getvalue(), err.getvalue())


def kpis(workspace, *words):
    """Published figures, as a pipe gets them."""
    return here("kpis", "-w", workspace, "--format", "json", *words).json


def figures(workspace, *words):
    """Published figures by metric, reading and branch; the default reading has no name here."""
    return {(row["metric"], row["reading"], row["branch"]): row for row in kpis(workspace, *words)}


def ingest(workspace, *words):
    """A delivery's receipt."""
    return here("ingest", "-w", workspace, "--format", "json", *words).json


def built(workspace, *words):
    """What a build said of each month, by month."""
    rows = here("build", "-w", workspace, "--format", "json", *words).json
    return {row["as_of_date"]: (row["version"], row["outcome"]) for row in rows}


def made(root, *words):
    """A new, empty workspace."""
    assert here("init", root, *words).code == 0
    return root


def allowing(root, **percents):
    """The workspace with other limits before publication."""
    path = root / "branchmark.toml"
    kept = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.split(" = ")[0] not in percents
    ]
    limits = [f"{name} = {percent}" for name, percent in percents.items()]
    path.write_text("\n".join([*kept, *limits, ""]), encoding="utf-8")


def contents(folder):
    """Every file and folder below, by path, with a hash of what each file holds."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
    }


def write_csv(path, rows):
    """Rows (dictionaries of text) as a CSV file; the first row names the columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def one_sentence(said):
    """The sentence a refused command ends with; fails if there is more, or a traceback."""
    assert said.code != 0
    assert "Traceback" not in said.err + said.out
    lines = [line for line in said.err.splitlines() if line.strip()]
    assert len(lines) == 1, said.err
    assert not said.out.strip()
    assert lines[0].rstrip().endswith((".", "?")), lines[0]
    return lines[0]


PYTHON = sys.executable
