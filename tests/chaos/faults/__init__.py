"""F1 to F22: every way in which the world goes wrong here, each a small class."""

from tests.chaos.faults.cluster import RollingUpgrade, WrongClock
from tests.chaos.faults.leader import FreezeLeader, KillFiringLeader, KillLeader
from tests.chaos.faults.load import Duplicates, Poison
from tests.chaos.faults.network import BadWeather, FreezePostgres, Silence
from tests.chaos.faults.nodes import (
    Drain,
    FreezeAgent,
    FreezeTree,
    KillAgent,
    KillTree,
    KillWorker,
)
from tests.chaos.faults.operators import ComeAndGo
from tests.chaos.faults.servers import (
    EndBackends,
    LoseQueues,
    MemoryAlarm,
    RestartBroker,
    RestartPostgres,
)
from tests.chaos.faults.storage import FullDisk, HeldTransaction
from tests.chaos.scene import Fault

ALL: tuple[type[Fault], ...] = (
    KillAgent,
    KillWorker,
    KillTree,
    FreezeAgent,
    FreezeTree,
    Drain,
    RestartBroker,
    MemoryAlarm,
    LoseQueues,
    RestartPostgres,
    EndBackends,
    Silence,
    FreezePostgres,
    BadWeather,
    KillLeader,
    KillFiringLeader,
    FreezeLeader,
    Duplicates,
    WrongClock,
    HeldTransaction,
    ComeAndGo,
    Poison,
    RollingUpgrade,
    FullDisk,
)

__all__ = ["ALL"]
