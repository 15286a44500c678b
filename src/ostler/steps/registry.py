"""Every step kind by name. Adding a kind: write its file, and add it to the tuple here."""

from __future__ import annotations

from collections.abc import Mapping

from ostler.errors import InputError
from ostler.steps.accounts_make import MakeAccounts
from ostler.steps.balancer_in import PutIntoBalancer
from ostler.steps.balancer_out import TakeOutOfBalancer
from ostler.steps.balancer_reload import ReloadBalancer
from ostler.steps.caches_flush import FlushCaches
from ostler.steps.commands_end import EndCommands
from ostler.steps.compute_disable import DisableCompute, EnableCompute
from ostler.steps.compute_idle import WaitForIdleCompute
from ostler.steps.config_edit import EditOptions
from ostler.steps.databases_carry import CarryDatabases, ReaddressCells
from ostler.steps.databases_dump import DumpDatabases, SendDumpBack, TryDump
from ostler.steps.databases_restore import RestoreDatabases
from ostler.steps.environment_send import SendEnvironment
from ostler.steps.environment_switch import SwitchEnvironment
from ostler.steps.expectation import Expect
from ostler.steps.files_carry import CarryFiles
from ostler.steps.files_remove import RemoveFiles
from ostler.steps.files_restore import RestoreFiles
from ostler.steps.files_save import SaveFiles
from ostler.steps.management_run import RunManagement
from ostler.steps.model import StepKind
from ostler.steps.placement_leave import DeriveSettings, MakeDatabase, TakePlacementOut
from ostler.steps.proof import ProveStep
from ostler.steps.queues_purge import PurgeQueues
from ostler.steps.records_edit import EditRecords, RestoreRecords
from ostler.steps.rows_mend import MendRows
from ostler.steps.service_restart import RestartService
from ostler.steps.service_start import StartService
from ostler.steps.service_stop import StopService
from ostler.steps.target_judge import JudgeTarget
from ostler.steps.traffic_hold import HoldRequests, ReleaseRequests
from ostler.steps.units_start import RetireUnits, StartUnits
from ostler.steps.units_write import WriteUnits
from ostler.steps.variable_lend import LendVariable, ReturnVariable
from ostler.steps.volume_disable import DisableVolumeBackends, EnableVolumeBackends
from ostler.steps.volume_idle import WaitForIdleVolumeBackends

_KINDS: tuple[StepKind, ...] = (
    CarryDatabases(),
    CarryFiles(),
    DeriveSettings(),
    DisableCompute(),
    DisableVolumeBackends(),
    DumpDatabases(),
    EditOptions(),
    EditRecords(),
    EnableCompute(),
    EndCommands(),
    EnableVolumeBackends(),
    Expect(),
    FlushCaches(),
    HoldRequests(),
    JudgeTarget(),
    LendVariable(),
    MakeAccounts(),
    MakeDatabase(),
    MendRows(),
    ProveStep(),
    PurgeQueues(),
    PutIntoBalancer(),
    ReaddressCells(),
    ReleaseRequests(),
    ReloadBalancer(),
    RemoveFiles(),
    RestartService(),
    RestoreDatabases(),
    RestoreFiles(),
    RestoreRecords(),
    RetireUnits(),
    ReturnVariable(),
    RunManagement(),
    SaveFiles(),
    SendDumpBack(),
    SendEnvironment(),
    StartService(),
    StartUnits(),
    StopService(),
    SwitchEnvironment(),
    TakePlacementOut(),
    TakeOutOfBalancer(),
    TryDump(),
    WaitForIdleCompute(),
    WaitForIdleVolumeBackends(),
    WriteUnits(),
)

KINDS: Mapping[str, StepKind] = {kind.name: kind for kind in _KINDS}


def kind_of(name: str) -> StepKind:
    """Return a step kind. Raises InputError for a plan that names one this Ostler does not have."""
    if name not in KINDS:
        raise InputError(
            "plan.unknown-step-kind",
            f"the plan has a step of kind {name!r}, which this Ostler does not know",
            do_next="make the plan again with this version of Ostler",
        )
    return KINDS[name]
