"""A wall clock that is set back ends the worker; any other step, and one that is slowed down, does not."""

import pytest

from connector.errors import ConnectorError
from connector.kafka.set_back import SetBack


class Clocks:
    def __init__(self) -> None:
        self.monotonic_s, self.wall_s = 100.0, 1_700_000_000.0

    def pass_by(self, seconds: float, *, step_s: float = 0) -> None:
        self.monotonic_s += seconds
        self.wall_s += seconds + step_s


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def watch(clocks: Clocks) -> SetBack:
    return SetBack(lambda: round(clocks.wall_s * 1000), lambda: clocks.monotonic_s)


def test_a_clock_that_is_set_back_ends_it(clocks: Clocks, watch: SetBack) -> None:
    clocks.pass_by(1, step_s=-3600)
    with pytest.raises(ConnectorError, match=r"^the clock was set back by 3600 s"):
        watch.look()


def test_so_does_one_that_returns_from_a_step_ahead(clocks: Clocks, watch: SetBack) -> None:
    clocks.pass_by(1, step_s=600)
    watch.look()
    clocks.pass_by(1, step_s=-600)
    with pytest.raises(ConnectorError, match=r"^the clock was set back by 600 s"):
        watch.look()


def test_nothing_else_does(clocks: Clocks, watch: SetBack) -> None:
    for seconds, step_s in ((1, 0), (1, 3600), (40, 0), (1, -4.9), *[(1, -0.5)] * 100):
        clocks.pass_by(seconds, step_s=step_s)
        watch.look()
