"""One shipment at Amazon, as strict as it may be: every step only in its states, every effect written down."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import assert_never

from connector.domain.orders import steps
from connector.domain.orders.effects import Labels, StepValue
from connector.domain.orders.facts.documents import DocumentKind, StoredDocument, Tracking
from connector.domain.orders.facts.lifecycle import has_shipping_options, needs_invoice, program_of, rank
from connector.domain.orders.facts.packages import Package
from connector.domain.orders.facts.shipment import Cancellation, Shipment, Status
from connector.domain.orders.facts.shipping_options import ShippingOption, ShippingOptions
from connector.domain.orders.steps import Step
from connector.domain.outcomes import Accepted, Answer, Conflict, Outcome, Refused

OK = Answer(http_status=200)
BY_SELLER = Cancellation(type="SELLER_REJECTED", reason="OUT_OF_STOCK")
BY_CUSTOMER = Cancellation(type="MARKETPLACE_CANCELLED", reason="CustomerRequest")
WRONG_STATE = Answer(http_status=400, code="InvalidInput", message="Invalid workflow state")
DUPLICATE = Answer(http_status=409, code="DuplicateRequest", message="already processed")


class WrongState(Exception):
    pass


@dataclass
class Amazon:
    """`applies_repeats`: a step that was made already is made once more, silently; else it is refused, or a 409.

    `instead`: what every call comes to, nothing done.
    """

    facts: Shipment
    applies_repeats: bool = False
    conflicts: bool = False
    instead: Outcome[StepValue] | None = None
    clock_ms: Callable[[], int] = lambda: 0
    effects: list[str] = field(default_factory=list)
    news: list[str] = field(default_factory=list)
    generations: dict[str, int] = field(default_factory=dict)

    @property
    def program(self) -> str:
        return program_of(self.facts)

    def answer(self, step: Step) -> Outcome[StepValue]:
        if self.instead is not None:
            return self.instead
        try:
            return Accepted(OK, self._made(step))
        except WrongState:
            return Conflict(DUPLICATE) if self.conflicts else Refused(WRONG_STATE)

    def move(self, status: str) -> None:
        packages = tuple(
            one if rank(one.status) > rank(status) else replace(one, status=self._package_status(status))
            for one in self.facts.packages
        )
        self._set(replace(self.facts, status=status, packages=packages))
        self.news.append(status)

    def _made(self, step: Step) -> StepValue:
        match step.call:
            case steps.GetShipmentCall():
                return self.facts
            case steps.ConfirmShipmentCall():
                self._step("confirmed", (Status.ACCEPTED,), Status.CONFIRMED)
            case steps.CreatePackagesCall(packages):
                if self.facts.status == Status.CONFIRMED:
                    self._set(replace(self.facts, packages=packages))
                self._step("packages_created", (Status.CONFIRMED,), Status.PACKAGE_CREATED)
            case steps.RetrieveShippingOptionsCall():
                return self._options()
            case steps.GenerateInvoiceCall():
                self._step("invoice_generated", (self._before_invoice,), Status.INVOICE_GENERATED)
                return _document(DocumentKind.INVOICE, "invoice")
            case steps.RetrieveInvoiceCall():
                if rank(self.facts.status) < rank(Status.INVOICE_GENERATED):
                    raise WrongState
                return _document(DocumentKind.INVOICE, "invoice")
            case steps.GenerateShipLabelsCall(package_ids=package_ids, shipping_option_id=shipping_option_id):
                return self._labels(package_ids, shipping_option_id)
            case steps.RegenerateShipLabelsCall(package_ids):
                if self.facts.status != Status.SHIPLABEL_GENERATED:
                    raise WrongState
                self.effects += [f"label_regenerated {package_id}" for package_id in package_ids]
                return self._printed(package_ids)
            case steps.RejectShipmentCall(reference_id=reference_id):
                self._step(f"rejected {reference_id}", self.facts.rejectable_states or (), Status.CANCELLED)
                self._say_who(BY_SELLER)
            case steps.UpdatePackageCall(package):
                self._update(package)
            case steps.UpdatePackageStatusCall(package_id=package_id):
                self._ship(package_id)
            case _:
                assert_never(step.call)
        return None

    def cancel_for_the_customer(self) -> None:
        self.move(Status.CANCELLED)
        self._say_who(BY_CUSTOMER)

    def _say_who(self, cancellation: Cancellation) -> None:
        lines = tuple(replace(line, cancellations=(cancellation,)) for line in self.facts.line_items)
        self._set(replace(self.facts, line_items=lines))

    def _step(self, effect: str, allowed: tuple[str, ...], status: str) -> None:
        if self.facts.status in allowed:
            self.effects.append(effect)
            self.move(status)
        elif self.applies_repeats and rank(self.facts.status) >= rank(status):
            self.effects.append(effect)
        else:
            raise WrongState

    def _options(self) -> ShippingOptions:
        if not rank(Status.PACKAGE_CREATED) <= rank(self.facts.status) < rank(Status.SHIPPED):
            raise WrongState
        if self.facts.status == Status.PACKAGE_CREATED:
            self.move(Status.PICKUP_SLOT_RETRIEVED)
        option = ShippingOption(option_id="OPTION==", ship_by="SELLER")
        return ShippingOptions((option,), option)

    @property
    def _before_invoice(self) -> str:
        return Status.PICKUP_SLOT_RETRIEVED if has_shipping_options(self.program) else Status.PACKAGE_CREATED

    def _labels(self, package_ids: tuple[str, ...], shipping_option_id: str) -> Labels:
        ready = Status.INVOICE_GENERATED if needs_invoice(self.program, self.facts) else self._before_invoice
        if bool(shipping_option_id) != has_shipping_options(self.program):
            raise AssertionError("a shipping option is needed where there are some, and only there")
        self._step(f"label_generated {','.join(package_ids)}", (ready,), Status.SHIPLABEL_GENERATED)
        return self._printed(package_ids)

    def _printed(self, package_ids: tuple[str, ...]) -> Labels:
        for package_id in package_ids:
            self.generations[package_id] = self.generations.get(package_id, 0) + 1
        return Labels(
            documents=tuple(
                _document(DocumentKind.SHIP_LABEL, f"label {one} {self.generations[one]}", one) for one in package_ids
            ),
            tracking=tuple(Tracking(one, "ATS", f"T-{one}") for one in package_ids),
        )

    def _update(self, package: Package) -> None:
        if not rank(Status.PACKAGE_CREATED) <= rank(self.facts.status) < rank(Status.SHIPPED):
            raise WrongState
        self.effects.append(f"updated {package.package_id}")
        packages = [package if one.package_id == package.package_id else one for one in self.facts.packages]
        created = tuple(replace(one, status="CREATED") for one in packages)
        self._set(replace(self.facts, packages=created, status=Status.PACKAGE_CREATED))
        self.news.append(Status.PACKAGE_CREATED)

    def _ship(self, package_id: str) -> None:
        package = next(one for one in self.facts.packages if one.package_id == package_id)
        if rank(self.facts.status) < rank(Status.SHIPLABEL_GENERATED):
            raise WrongState
        if package.status == Status.SHIPPED and not self.applies_repeats:
            raise WrongState
        self.effects.append(f"shipped {package_id}")
        packages = tuple(_shipped(one) if one.package_id == package_id else one for one in self.facts.packages)
        self._set(replace(self.facts, packages=packages))
        if all(one.status == Status.SHIPPED for one in packages) and self.facts.status != Status.SHIPPED:
            self.move(Status.SHIPPED)

    def _package_status(self, status: str) -> str:
        return "CREATED" if status == Status.PACKAGE_CREATED else status

    def _set(self, facts: Shipment) -> None:
        self.facts = replace(facts, last_updated_at_ms=self.clock_ms())


def _shipped(package: Package) -> Package:
    return replace(package, status=Status.SHIPPED)


def _document(kind: DocumentKind, content: str, package_id: str = "") -> StoredDocument:
    return StoredDocument(kind=kind, uri=f"file:///{content}", sha256=content, content_type="x", package_id=package_id)
