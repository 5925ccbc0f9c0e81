"""How near the lanes come to the limit: 1,000 SKUs of one merchant at 6 calls/s. `python -m bench.lanes [SKUS]`.

The floor is what a perfect pacer needs from the first call to the last: (calls - 1) / 6 seconds.
"""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from connector.clock import now_ms
from connector.demo.environment import demo_environment
from connector.demo.oms import Oms
from connector.demo.orders import Orders
from connector.logs import set_up_logging

MERCHANT = "A1BENCH"
LIMIT_PER_S = 6


@dataclass(frozen=True)
class Measured:
    calls: int
    seconds: float
    refused: int

    @property
    def floor_s(self) -> float:
        return (self.calls - 1) / LIMIT_PER_S


async def measure(skus: int, batch_size: int, directory: Path) -> Measured:
    async with demo_environment({MERCHANT: "SELLER_FLEX"}, directory, batch_size) as environment:
        oms = Oms(environment.bootstrap_servers, Orders(environment.simulator), now_ms)
        reading = asyncio.create_task(oms.listen())
        await oms.write_bursts([MERCHANT], skus, bursts=1, every_s=0)
        while not oms.tally.everything_settled:  # noqa: ASYNC110 - a tally fires no event
            await asyncio.sleep(0.25)
        reading.cancel()
        await oms.close()
        calls = environment.simulator.calls.of(merchant=MERCHANT, operation="inventory")
        refused = environment.simulator.calls.throttled(merchant=MERCHANT)
    return Measured(len(calls), calls[-1].at - calls[0].at, refused)


def main() -> None:
    skus = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    set_up_logging("console", "ERROR")
    for batch_size, goal in ((1, 1.01), (10, 1.05)):
        with tempfile.TemporaryDirectory() as directory:
            measured = asyncio.run(measure(skus, batch_size, Path(directory)))
        ratio = measured.seconds / measured.floor_s
        print(
            f"{skus} SKUs, {batch_size} a call: {measured.calls} calls in {measured.seconds:.2f} s, "
            f"floor {measured.floor_s:.2f} s: {ratio:.4f} x (goal {goal}), {measured.refused} refused as too fast"
        )


if __name__ == "__main__":
    main()
