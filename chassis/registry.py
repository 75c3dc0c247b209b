"""The one list of what the suite is made of: services and modules by entry point, ours included.

`up`, `migrate`, health, contracts, documents and deployment tests iterate over it, so that a module
of a third party is found wherever a service of ours is.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

GROUP = "memberhall.modules"


@dataclass(frozen=True, kw_only=True)
class ServiceEntry:
    """A service: its name on the bus and in the database, and the package with its rooms."""

    name: str
    package: str

    @property
    def folder(self) -> Path:
        return Path(str(import_module(self.package).__file__)).parent

    @property
    def migrations_folder(self) -> Path:
        return self.folder / "migrations"

    def service_class(self) -> type[Any]:
        """The class with the doors; importing it loads nameko, so only service processes may."""
        return self._only_class(f"{self.name.capitalize()}Service", "service")

    def settings_class(self) -> type[Any]:
        return self._only_class("Settings", "settings")

    def heard_events(self) -> tuple[str, ...]:
        """The wire names its inbox has to be bound to; loads nameko, as `service_class` does."""
        # Imported by name: whoever reads the registry must not stand on the bus for it.
        heard: tuple[str, ...] = import_module("chassis.bus").handled_events(self.service_class())
        return heard

    def _only_class(self, name: str, room: str) -> type[Any]:
        found: type[Any] = getattr(import_module(f"{self.package}.{room}"), name)
        return found


@cache
def services() -> tuple[ServiceEntry, ...]:
    """Every service, sorted by name."""
    found = (ServiceEntry(name=each.name, package=each.value) for each in entry_points(group=GROUP))
    return tuple(sorted(found, key=lambda entry: entry.name))


def service(name: str) -> ServiceEntry:
    """The service of that name; raises KeyError."""
    return {entry.name: entry for entry in services()}[name]
