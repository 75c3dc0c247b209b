"""`memberhall`: the operator's command line."""

import argparse
import os
import sys
import warnings
from importlib import import_module

from chassis.errors import Failure
from console.home import Home
from console.servers import ServerFailure
from console.suite import CannotStart

# In the order of the help; each is a file of console/commands.
COMMANDS = (
    *("up", "down", "status", "logs", "demo", "seed", "migrate"),
    *("catalog", "make-operator", "node", "jobs", "clock", "dead-letters"),
)


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status: 0 when done, 1 when something failed, 2 for a wrong command line."""
    # `migrate` reads what services hear from their classes; eventlet's advice is not for operators.
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    chosen = _chosen(sys.argv[1:] if arguments is None else arguments)
    options = _parser(chosen).parse_args(arguments)
    try:
        status: int = options.run(options, Home())
        sys.stdout.flush()
    except (CannotStart, Failure, ServerFailure) as reason:
        print(f"memberhall {options.command}: {_sentence(reason)}", file=sys.stderr)
        return 1
    except KeyError as missing:
        print(f"memberhall {options.command}: {missing.args[0]} is not set.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever reads the output, as `head` does, has seen enough; Python would complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return status


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    """The parser of everything, or only of the command that was chosen: the others load slowly."""
    parser = argparse.ArgumentParser(prog="memberhall", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name in (chosen,) if chosen else COMMANDS:
        module = import_module(f"console.commands.{name.replace('-', '_')}")
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def _chosen(arguments: list[str]) -> str | None:
    return next((argument for argument in arguments[:1] if argument in COMMANDS), None)


def _sentence(reason: Exception) -> str:
    """The message, and which of the given values it is about."""
    if not isinstance(reason, Failure):
        return str(reason)
    about = [f"{at.strip('/')}: {' '.join(said)}" for at, said in reason.fields.items()]
    return " ".join([reason.message, *about])


if __name__ == "__main__":
    sys.exit(main())
