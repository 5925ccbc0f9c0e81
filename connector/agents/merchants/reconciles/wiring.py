"""The nightly reconciles, put together."""

from connector.agents.merchants.reconciles.nights import NightlyReconciles
from connector.agents.merchants.reconciles.told import NightsTold
from connector.agents.shared import Shared
from connector.child_commands.bounded import run_command
from connector.merchants_file import MerchantsFile
from connector.tables.seen import Seen


def wire_nights(shared: Shared, seen: Seen, merchants: MerchantsFile) -> NightlyReconciles:
    return NightlyReconciles(
        seen,
        shared.alerts,
        shared.issuer,
        told=NightsTold(shared.telemetry.merchants),
        merchants=lambda: merchants.current,
        run=run_command,
    )
