"""The table of systems: to add one, write its runner and its pins, and add its line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
DEFAULT = "twin"
"""The system that ratios are taken against."""


@dataclass(frozen=True, kw_only=True)
class System:
    """One way of making a twin.

    Args:
        title: Name in the tables.
        runner: Script in `runners/`, run as `TRAIN N OUT JSON`.
        setting: Which setting of the runner, passed on to it.
        peer: Name of its file in `peers/`, or None where it runs in the environment of this project.
    """

    title: str
    runner: str
    setting: str = "default"
    peer: str | None = None

    @property
    def script(self) -> Path:
        return HERE / "runners" / self.runner


SYSTEMS = {
    "twin": System(title="twin (defaults)", runner="run_twin.py"),
    "twin-fast": System(title="twin, `Trees.fast()`", runner="run_twin.py", setting="fast"),
    "twin-copula": System(title="twin, `copula`", runner="run_twin.py", setting="copula"),
    "sdv": System(title="SDV GaussianCopula", runner="run_sdv.py", peer="sdv"),
    "mostlyai": System(title="mostlyai-engine TabularARGN", runner="run_mostlyai.py", peer="mostlyai"),
}

NETWORKS = {
    "twin": System(title="twin, `trees` (defaults)", runner="run_twin.py"),
    "twin-ctgan": System(title="twin, `ctgan`", runner="run_twin_network.py", setting="ctgan"),
    "twin-ctgan-plain": System(
        title="twin, `ctgan`, not raked", runner="run_twin_network.py", setting="ctgan-plain"
    ),
    "twin-network": System(title="twin, `network`", runner="run_twin_network.py", setting="network"),
    "twin-network-plain": System(
        title="twin, `network`, not raked", runner="run_twin_network.py", setting="network-plain"
    ),
    "sdv-ctgan": System(title="SDV CTGAN", runner="run_sdv.py", setting="ctgan", peer="sdv"),
    "sdv-tvae": System(title="SDV TVAE", runner="run_sdv.py", setting="tvae", peer="sdv"),
    "mostlyai": SYSTEMS["mostlyai"],
}
"""Networks beside their peers; a number of epochs may be added to their setting, as in `ctgan@50`."""

PRIVATE = {
    "dp-twin": System(title="twin, public schema", runner="run_dp_twin.py", setting="public"),
    "dp-twin-found": System(title="twin, nothing declared", runner="run_dp_twin.py", setting="found"),
    "dp-twin-copula": System(title="twin, copula", runner="run_dp_twin.py", setting="copula"),
    "dp-twin-network": System(title="twin, network", runner="run_dp_twin_network.py", setting="network"),
    "dp-twin-ctgan": System(title="twin, ctgan", runner="run_dp_twin_network.py", setting="ctgan"),
    "dp-dpmm-mst": System(title="dpmm MST", runner="run_dp_dpmm.py", setting="mst", peer="dpmm"),
    "dp-dpmm-aim": System(title="dpmm AIM", runner="run_dp_dpmm.py", setting="aim", peer="dpmm"),
    "dp-smartnoise-mst": System(
        title="smartnoise MST", runner="run_dp_smartnoise.py", setting="mst", peer="smartnoise"
    ),
    "dp-smartnoise-aim": System(
        title="smartnoise AIM", runner="run_dp_smartnoise.py", setting="aim", peer="smartnoise"
    ),
    "dp-mostlyai": System(
        title="mostlyai-engine", runner="run_dp_mostlyai.py", setting="argn", peer="mostlyai"
    ),
}
"""Systems that are fitted with a budget; an epsilon is added to their setting."""
PRIVATE_DEFAULT = "dp-twin"
PRIVATE_NETWORKS = ("dp-twin", "dp-twin-network", "dp-twin-ctgan", "dp-mostlyai")
"""Networks with a budget, and beside them the model that `auto` takes then."""
CARDINALITY = ("twin-ctgan", "twin-network", "sdv-ctgan", "mostlyai")
"""Networks that are tried on categories of many levels."""
