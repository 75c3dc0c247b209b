"""Finds the job kinds that this build knows: the `tasks` room of every service of the registry."""

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from chassis import registry
from chassis.jobkinds import JobKind, WrongKind, kinds_in


def load_kinds(further: Iterable[str] = ()) -> dict[str, JobKind]:
    """Every declared kind by name; raises WrongKind for the first wrong declaration.

    `further` names modules beside the registry's, for kinds under development and in tests.
    """
    modules = [import_module(name) for name in further]
    for entry in registry.services():
        room = f"{entry.package}.tasks"
        if find_spec(room):
            module = import_module(room)
            _check_prefix(entry.name, module)
            modules.append(module)
    return kinds_in(modules)


def _check_prefix(service: str, module: ModuleType) -> None:
    for declared in kinds_in([module]).values():
        if not declared.name.startswith(f"{service}."):
            raise WrongKind(
                f"{declared.file}: kind {declared.name!r}: name must begin with '{service}.'"
            )
