"""A counter by merchant of which no series ever falls, whoever is shown."""

from collections.abc import Callable, Collection, Iterable, Iterator

from connector.telemetry.shown import OTHERS, ShownMerchants

Row = tuple[tuple[str, ...], float]
"""Label values, the merchant's first, and what they have."""

Present = Callable[[Collection[str] | None], Iterable[tuple[str, ...]]]
"""Label values that are told even at 0, and they alone: of the merchants shown, or where that is None of all."""

_Labels = tuple[str, ...]
"""Their values, without the merchant's."""


class MerchantCounter:
    """What is counted of a merchant goes to its own series or to those of OTHERS, never to both, and none is moved to
    the other afterwards: so each rises by what happened, and is right under `rate` and `increase`. One that is shown
    later begins at 0.

    `labels`: their names, the merchant's first. `present` None: what was counted is told.
    """

    def __init__(
        self,
        name: str,
        text: str,
        labels: tuple[str, ...],
        *,
        shown: ShownMerchants,
        present: Present | None = None,
    ) -> None:
        self.name, self.text, self.labels = name, text, labels
        self._shown = shown
        self._present = present
        self._all: dict[_Labels, dict[str, float]] = {}
        self._others: dict[_Labels, float] = {}
        self._goes_to: dict[str, dict[_Labels, float]] = {}  # a merchant's own, or `_others`
        self._left: dict[str, dict[_Labels, float]] = {}
        shown.on_move.append(self._move)

    def add(self, merchant_id: str, *labels: str, by: float = 1.0) -> None:
        """Inside the event loop. With `by` 0 there is a series from the start, and the first that counts is a rise."""
        goes_to = self._goes_to.get(merchant_id)
        if goes_to is None:
            goes_to = self._begin(merchant_id)
        goes_to[labels] = goes_to.get(labels, 0.0) + by
        of_all = self._all.setdefault(labels, {})
        of_all[merchant_id] = of_all.get(merchant_id, 0.0) + by

    def forget(self) -> None:
        """The merchants are others' now; what was counted of OTHERS stays, for it must not fall."""
        self._all, self._goes_to, self._left = {}, {}, {}

    def told(self, shown: Collection[str] | None) -> Iterator[Row]:
        """`shown` None: of every merchant all that was counted."""
        if shown is None:
            yield from self._told_of_all()
            return
        own = {merchant_id: self._own(merchant_id) for merchant_id in shown}  # as of one moment
        if self._present is None:
            for merchant_id, mine in own.items():
                yield from (((merchant_id, *labels), value) for labels, value in list(mine.items()))
        else:
            for merchant_id, *rest in self._present(shown):
                yield (merchant_id, *rest), own[merchant_id].get(tuple(rest), 0.0)
        yield from (((OTHERS, *labels), value) for labels, value in list(self._others.items()))

    def by_merchant(self) -> dict[str, float]:
        """All that was counted of each."""
        sums: dict[str, float] = {}
        for of_all in list(self._all.values()):
            for merchant_id, value in list(of_all.items()):
                sums[merchant_id] = sums.get(merchant_id, 0.0) + value
        return sums

    def _told_of_all(self) -> Iterator[Row]:
        if self._present is None:
            for labels, of_all in list(self._all.items()):
                yield from (((merchant_id, *labels), value) for merchant_id, value in list(of_all.items()))
        else:
            nothing: dict[str, float] = {}
            for merchant_id, *rest in self._present(None):
                yield (merchant_id, *rest), self._all.get(tuple(rest), nothing).get(merchant_id, 0.0)

    def _own(self, merchant_id: str) -> dict[_Labels, float]:
        mine = self._left.get(merchant_id) or self._goes_to.get(merchant_id)
        return {} if mine is None or mine is self._others else mine

    def _begin(self, merchant_id: str) -> dict[_Labels, float]:
        with self._shown.lock:
            goes_to = self._goes_to[merchant_id] = {} if self._shown.admit(merchant_id) else self._others
        return goes_to

    def _move(self, shown: Collection[str], hidden: Collection[str]) -> None:
        self._left = {merchant_id: self._own(merchant_id) for merchant_id in hidden}
        for merchant_id in hidden:
            self._goes_to[merchant_id] = self._others
        for merchant_id in shown:
            known = [labels for labels, of_all in list(self._all.items()) if merchant_id in of_all]
            self._goes_to[merchant_id] = dict.fromkeys(known, 0.0)
