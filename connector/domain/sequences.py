"""What a command needs next: one call, nothing more, or a fault. Judged by what is, not by what was done.

So a sequence resumes where it stands: a step done elsewhere, or by a call whose answer was lost, is not made again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import assert_never

from connector.domain.commands import Action, Fault
from connector.domain.events import stable_id
from connector.domain.labelling import next_invoice, next_label, next_option
from connector.domain.lifecycle import has_invoice, has_shipping_options, rank, reached
from connector.domain.packages import Package
from connector.domain.packing import complete, package_faults, shipment_faults, with_compliance
from connector.domain.shipment import Program, Shipment, Status
from connector.domain.shipment_row import ShipmentRow, Work
from connector.domain.steps import Step, StepKind
