"""How often each operation may be called: the limits by default, and as they are written."""

from dataclasses import dataclass

# The first two are the users' limits; the others are Amazon's published ones (cautious where its page is unreadable).
OPERATIONS = (
    "inventory",
    "get_shipment",
    "list_shipments",
    "process_shipment",
    "create_packages",
    "update_package",
    "update_package_status",
    "shipping_options",
    "invoice",
    "ship_labels",
    "returns",
    "notifications",
)


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate` calls a second (the window is 1 s for whole rates), `burst` more at once.

    `advertised` is what x-amzn-RateLimit-Limit says; None: the rate.
    """

    rate: float
    burst: int = 0
    advertised: float | None = None

    @property
    def calls(self) -> int:
        return max(1, int(self.rate))

    @property
    def window_s(self) -> float:
        return self.calls / self.rate

    @property
    def header(self) -> str:
        return str(float(self.rate if self.advertised is None else self.advertised))

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """ "RATE" or "RATE/BURST"."""
        rate, _, burst = text.partition("/")
        return cls.of(rate, burst or 0)

    @classmethod
    def of(cls, rate: object, burst: object = 0, advertised: object = None) -> "Limit":
        """From text or JSON; ValueError where it is no limit."""
        try:
            limit = cls(float(str(rate)), int(str(burst)), None if advertised is None else float(str(advertised)))
        except ValueError as error:
            raise ValueError(f"{rate}/{burst} is no limit: write RATE/BURST, calls a second and extra calls") from error
        if limit.rate <= 0 or limit.burst < 0:
            raise ValueError(f"{rate}/{burst} is no limit: the rate must be above 0 and the burst not below it")
        return limit


def default_limits() -> dict[str, Limit]:
    limits = {operation: Limit(5) for operation in OPERATIONS}
    for operation in ("inventory", "get_shipment"):
        limits[operation] = Limit(6)
    for operation in ("shipping_options", "ship_labels"):
        limits[operation] = Limit(1)
    return limits | {"returns": Limit(10, 20), "notifications": Limit(1, 5)}
