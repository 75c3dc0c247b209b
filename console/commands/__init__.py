"""The subcommands of `memberhall`, each in a file of its own.

Each has `HELP`, `add_arguments(parser)` and `run(options, home)`, which returns the exit status.
"""
