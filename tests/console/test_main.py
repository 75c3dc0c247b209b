"""What all of `memberhall`'s commands have in common."""

import subprocess
import sys

from chassis.errors import Invalid
from console import main


def test_a_reader_who_has_seen_enough_ends_a_command_quietly():
    talking = """
from console import main
from console.commands import status
def talk(*_):
    for line in range(100_000):
        print(line)
status.run = talk
raise SystemExit(main.main(["status"]))
"""
    command = [sys.executable, "-c", talking]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_refusal_names_the_values_it_is_about():
    fields = {"/override/max_assigned": ["Must be at least 1."]}
    refused = Invalid("invalid_request", "Some of what was sent cannot be accepted.", fields)

    assert main._sentence(refused).endswith("override/max_assigned: Must be at least 1.")
