"""The merchants file while the connector runs: read again when it changes, refused whole where it is faulty."""

from dataclasses import dataclass
from pathlib import Path

from connector.errors import MerchantsError
from connector.merchants import Merchant, Merchants, load_merchants, parse_merchants


@dataclass(frozen=True)
class MerchantsDiff:
    """`changed` holds pairs (as it was, as it is)."""

    added: tuple[Merchant, ...]
    removed: tuple[Merchant, ...]
    changed: tuple[tuple[Merchant, Merchant], ...]


class MerchantsFile:
    """`current` is the version in force; `refused` the faults of the file as it is now, None where it has none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._content = _read(path)
        self.current = self._parsed()
        self.refused: MerchantsError | None = None

    def poll(self) -> MerchantsDiff | None:
        """What changed since the last poll, None if nothing did.

        Raises MerchantsError once per faulty version. The content is compared, because a mounted file may be swapped
        for one of the same age and size.
        """
        content = _read(self.path)
        if content == self._content:
            return None
        self._content = content
        try:
            fresh = self._parsed()
        except MerchantsError as refused:
            self.refused = refused
            raise
        diff = _difference(self.current, fresh)
        self.current, self.refused = fresh, None
        return diff

    def _parsed(self) -> Merchants:
        """Of the content that was read, so that none is taken for known which is not in force."""
        return load_merchants(self.path) if self._content is None else parse_merchants(self._content, str(self.path))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None  # told by load_merchants, which names the cause and the remedy


def _difference(old: Merchants, new: Merchants) -> MerchantsDiff:
    both = [(old.by_id[key], new.by_id[key]) for key in old.by_id if key in new.by_id]
    return MerchantsDiff(
        added=tuple(merchant for merchant in new if merchant.merchant_id not in old.by_id),
        removed=tuple(merchant for merchant in old if merchant.merchant_id not in new.by_id),
        changed=tuple((was, now) for was, now in both if was != now),
    )
