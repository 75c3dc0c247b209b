"""What a new sandbox suite is given, so that a person can look around at once. Safe to repeat."""

from console.bus import Operator

# Service and request; each service knows what a demonstration of it needs.
SEEDS = (("auth", "seed_demo"), ("billing", "load_catalog"))


def seed(operator: Operator) -> None:
    for service, request in SEEDS:
        operator.ask(service, request)
