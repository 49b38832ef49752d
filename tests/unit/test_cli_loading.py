"""The command line loads the command that is asked for, and no other."""

import json
import subprocess
import sys

import pytest
import typer

from orchestration.cli.app import COMMANDS, GROUPS, app

NAMES = [*(name for names in COMMANDS.values() for name in names), *GROUPS]


def commands(asked=None):
    return list(typer.main.get_command(app(asked)).commands)


def told(command):
    """What can be asked of a command, and of those that it has of its own."""
    own = getattr(command, "commands", {})
    return command.help, [one.opts for one in command.params], {n: told(own[n]) for n in own}


def test_the_help_has_every_command_in_its_order():
    assert commands() == NAMES
    assert len(set(NAMES)) == len(NAMES) > 40


@pytest.mark.parametrize("name", NAMES)
def test_a_command_alone_is_what_it_is_among_all(name):
    alone = typer.main.get_command(app(name)).commands
    among = typer.main.get_command(app()).commands[name]
    assert list(alone) == [name]
    assert told(alone[name]) == told(among)


def test_what_is_no_command_is_looked_for_among_all():
    assert commands("kpi") == NAMES


@pytest.mark.parametrize(
    "words", [["ledger"], ["--as", "B205", "ledger"], ["--as=B205", "ledger", "--help"]]
)
def test_no_other_command_is_loaded(words):
    code = f"""
import json, sys
from orchestration.cli import app
app.app(app._asked({words!r}))
print(json.dumps([name for name in sys.modules if name.startswith("orchestration.cli.")]))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(said.stdout))
    assert "orchestration.cli.ledger" in loaded
    assert not loaded & {f"orchestration.cli.{name}" for name in ("build", "serve", "report")}
