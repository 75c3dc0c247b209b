"""Every process of production runs on Kubernetes just as `make up` runs it."""

import argparse
import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml

from console.processes import ProcessEntry, processes
from services.jobs.node import main as node
from services.jobs.node import supervisor
from tests.processes import ROOT

K8S = ROOT / "deploy" / "k8s"
IN_PRODUCTION = processes("production")
DRAINS_FOR = 25  # seconds, at most
NOBODY = 10001
OF_A_NODE_ITSELF = 200  # MB, for supervisor and agent

each_in_production = pytest.mark.parametrize("entry", IN_PRODUCTION, ids=lambda entry: entry.name)

Objects = dict[tuple[str, str], dict[str, Any]]


def port_of(address: str) -> int:
    """Of "8080" or "0.0.0.0:8080"."""
    return int(address.rpartition(":")[2])


@pytest.fixture(scope="module")
def rendered() -> Objects:
    """The objects of deploy/k8s/base as kubectl renders them, by kind and name."""
    return render("base")


@pytest.fixture(scope="module")
def spread() -> Objects:
    """The same of deploy/k8s/spread, for several machines."""
    return render("spread")


def render(folder: str) -> Objects:
    kubectl = shutil.which("kubectl")
    assert kubectl, "kubectl is missing: `python3 -m console.prepare --tests` installs it"
    done = subprocess.run(
        [kubectl, "kustomize", str(K8S / folder)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    objects = yaml.safe_load_all(done.stdout)
    return {(each["kind"], each["metadata"]["name"]): each for each in objects}


def container_of(deployment: dict[str, Any]) -> dict[str, Any]:
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return dict(container)


def pods(rendered: Objects) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the pod's specification of everything that runs."""
    for (kind, name), each in rendered.items():
        if kind in ("Deployment", "Job"):
            yield name, each["spec"]["template"]["spec"]


def test_every_object_is_valid(rendered: Objects, spread: Objects):
    console = yaml.safe_load((K8S / "console.yaml").read_text())
    version = kubernetes_validate.latest_version()

    for each in (*rendered.values(), *spread.values(), console):
        kubernetes_validate.validate(json.loads(json.dumps(each)), version, strict=True)


def test_kubernetes_runs_the_processes_of_the_registry_and_no_others(
    rendered: Objects,
):
    names = {entry.name for entry in IN_PRODUCTION}

    for kind in ("Deployment", "Service"):
        assert {name for each, name in rendered if each == kind} == names
    assert {name for each, name in rendered if each == "ServiceAccount"} == names | {"migrate"}
    assert {file.stem for file in (K8S / "base").glob("*.yaml")} == names | {
        "kustomization",
        "migrate",
        "namespace",
        "settings",
    }


@each_in_production
def test_kubernetes_runs_the_same_command(entry: ProcessEntry, rendered: Objects):
    assert tuple(container_of(rendered["Deployment", entry.name])["args"]) == entry.command


@each_in_production
def test_kubernetes_probes_the_port_that_the_process_listens_on(
    entry: ProcessEntry, rendered: Objects
):
    container = container_of(rendered["Deployment", entry.name])
    settings = {each["name"]: each.get("value", "") for each in container["env"]}
    (port,) = container["ports"]
    (served,) = rendered["Service", entry.name]["spec"]["ports"]

    assert port["containerPort"] == port_of(settings[entry.port])
    assert served["targetPort"] == port["name"]
    assert container["readinessProbe"]["httpGet"] == {"path": entry.ready, "port": port["name"]}
    alive = {"path": "/healthz" if entry.name == "gateway" else "/live", "port": port["name"]}
    assert container["livenessProbe"]["httpGet"] == alive
    assert container["startupProbe"]["httpGet"] == alive


@each_in_production
def test_kubernetes_lets_probes_in_from_outside_the_pod(entry: ProcessEntry, rendered: Objects):
    container = container_of(rendered["Deployment", entry.name])
    settings = {each["name"]: each.get("value", "") for each in container["env"]}
    host = settings.get("MEMBERHALL_HEALTH_HOST") or settings[entry.port].rpartition(":")[0]

    assert host == "0.0.0.0"  # noqa: S104 - the pod's own address is not known before it runs


@each_in_production
def test_kubernetes_leaves_the_process_time_to_drain(entry: ProcessEntry, rendered: Objects):
    pod = rendered["Deployment", entry.name]["spec"]["template"]["spec"]

    assert pod["terminationGracePeriodSeconds"] >= DRAINS_FOR + 10


@each_in_production
def test_kubernetes_selects_the_pods_of_the_process(entry: ProcessEntry, rendered: Objects):
    deployment, service = rendered["Deployment", entry.name], rendered["Service", entry.name]
    labels = deployment["spec"]["template"]["metadata"]["labels"]

    assert service["spec"]["selector"].items() <= labels.items()
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_each_pod_is_handed_its_own_secret_only(rendered: Objects):
    for name, pod in pods(rendered):
        (container,) = pod["containers"]
        secrets = [
            each["secretRef"]["name"] for each in container["envFrom"] if "secretRef" in each
        ]
        assert secrets == [f"memberhall-{name}"]
        assert pod["serviceAccountName"] == name
        assert pod["automountServiceAccountToken"] is False


def test_no_pod_has_more_rights_or_room_than_needed(
    rendered: Objects,
):
    for _, pod in pods(rendered):
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == NOBODY
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()


def test_a_nodes_workers_reach_their_own_limit_before_the_pods(rendered: Objects):
    """The kernel ends the pod's largest process, which may be the agent with all its jobs."""
    container = container_of(rendered["Deployment", "node"])
    parser = argparse.ArgumentParser()
    node.add_arguments(parser)
    options = parser.parse_args(container["args"][2:])
    limit = container["resources"]["limits"]["memory"]

    assert limit.endswith("Mi")
    assert int(limit.removesuffix("Mi")) >= options.workers * options.memory + OF_A_NODE_ITSELF


def test_a_node_outlives_its_supervisors_patience(rendered: Objects):
    pod = rendered["Deployment", "node"]["spec"]["template"]["spec"]

    assert pod["terminationGracePeriodSeconds"] >= supervisor.GRACE_SECONDS + 10


def test_on_several_machines_a_candidate_and_two_nodes_are_left_when_one_dies(spread: Objects):
    for name, count in (("jobs", 2), ("node", 3)):
        deployment = spread["Deployment", name]["spec"]
        (constraint,) = deployment["template"]["spec"]["topologySpreadConstraints"]
        labels = deployment["template"]["metadata"]["labels"]

        assert deployment["replicas"] == count
        assert constraint["topologyKey"] == "kubernetes.io/hostname"
        assert constraint["labelSelector"]["matchLabels"].items() <= labels.items()
        budget = spread["PodDisruptionBudget", name]["spec"]
        assert budget["selector"]["matchLabels"].items() <= labels.items()


def test_on_several_machines_nothing_else_differs(rendered: Objects, spread: Objects):
    budgets = {("PodDisruptionBudget", "jobs"), ("PodDisruptionBudget", "node")}
    changed = {("Deployment", "jobs"), ("Deployment", "node")}

    assert set(spread) == set(rendered) | budgets
    assert {name for name in rendered if spread[name] != rendered[name]} == changed


def test_the_migration_is_a_job(rendered: Objects):
    (container,) = rendered["Job", "migrate"]["spec"]["template"]["spec"]["containers"]

    assert container["args"] == ["memberhall", "migrate"]
