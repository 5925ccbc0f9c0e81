"""What a call came to may be told a little later where its lane has others to make meanwhile, and only there."""

import asyncio
from collections.abc import Sequence

from connector.domain.outcomes import Answer, Outcome, Throttled, Unauthorized
from connector.lanes.call import Call, Performed
from connector.lanes.in_flight import InFlight
from connector.lanes.lanes import Lanes
from connector.lanes.under_way import UnderWay
from tests.kit.lanes import DONE, lane_in, lanes_on
from tests.kit.virtual_time import run_virtual

LATER_S = 0.5  # three of six calls a second


class Told:
    """Of each call, whether it might be told later; `keys` are all offered at once, and never settled."""

    def __init__(
        self,
        keys: int,
        *,
        in_flight: InFlight | None = None,
        batch_size: int = 1,
        answer_s: float = 0.05,
        most_calls: int = 100,
    ) -> None:
        self.may_be: list[bool] = []
        self._keys = keys
        self._terms = {} if in_flight is None else {"in_flight": in_flight}
        self._batch_size = batch_size
        self._answer_s = answer_s
        self._most_calls = most_calls
        self.says: dict[int, Outcome[None]] = {}  # by the number of the call

    async def run(self, seconds: float) -> None:
        lanes: Lanes = lanes_on(**self._terms)
        lanes.open("M1", "inventory", lambda _operation: self._prepare, rate=6, burst=0, batch_size=self._batch_size)
        lane = lanes.lane("M1", "inventory")
        assert lane is not None
        for number in range(self._keys):
            lane.offer(f"sku-{number}", (1, number))
        await asyncio.sleep(seconds)
        await lanes.close(1.0)

    def _prepare(self, due: Sequence[tuple[str, int]]) -> Call:
        async def perform(under_way: UnderWay) -> Performed:
            under_way.left(asyncio.get_running_loop().time())
            await asyncio.sleep(self._answer_s)
            self.may_be.append(under_way.may_be_told_after(LATER_S, self._most_calls))
            return Performed(self.says.get(len(self.may_be), DONE))

        return Call(tuple(key for key, _ in due), perform)


def test_as_long_as_more_keys_wait_than_it_calls_for_meanwhile() -> None:
    told = Told(keys=6)
    run_virtual(told.run(10))
    assert told.may_be == [True, True, False, False, False, False]


def test_a_call_of_many_keys_leaves_fewer_for_others() -> None:
    told = Told(keys=60, batch_size=10)
    run_virtual(told.run(10))
    assert told.may_be == [True, True, False, False, False, False]


def test_it_needs_no_more_keys_than_others_are_waited_for() -> None:
    told = Told(keys=6, most_calls=1)
    run_virtual(told.run(10))
    assert told.may_be == [True, True, True, True, False, False]


def test_not_where_it_would_keep_others_from_their_calls() -> None:
    room = InFlight(4)
    told = Told(keys=6, in_flight=room)
    run_virtual(told.run(10))
    assert told.may_be == [False] * 6, "a call that is not over takes the only place"


def test_not_where_the_others_wait_for_what_became_of_it() -> None:
    """The first call after a 429, or after a consent that ended."""
    for refusal in (Throttled(Answer(http_status=429), 1.0), Unauthorized(Answer(http_status=401))):
        told = Told(keys=60)
        told.says[1] = refusal
        run_virtual(told.run(6))
        assert told.may_be[:5] == [True, False, True, True, True]


def test_not_while_the_lane_is_closed() -> None:
    told = Told(keys=60, answer_s=0.3)
    run_virtual(told.run(2))
    assert told.may_be[0]
    assert not told.may_be[-1], "the call that was in flight when the lane was closed"


def test_who_holds_records_back_hears_of_a_close() -> None:
    async def scenario() -> None:
        lanes, heard = lanes_on(), asyncio.Event()
        clock = asyncio.get_running_loop().time
        lanes.on_close = heard.set

        def prepare(due: Sequence[tuple[str, int]]) -> Call:
            async def perform(under_way: UnderWay) -> Performed:
                under_way.left(clock())
                await heard.wait()
                return Performed(DONE)

            return Call(tuple(key for key, _ in due), perform)

        lane_in(lanes, "M1", "inventory", prepare).offer("sku", (1, 0))
        await asyncio.sleep(2)
        began = clock()
        await lanes.close(5.0)
        assert clock() - began < 0.1

    run_virtual(scenario())
