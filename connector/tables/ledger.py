"""Table `ledger`: merchant|location|SKU (Amazon's names) -> the SKU's sequence ledger. Kept while the SKU exists."""

from msgspec import msgpack
from msgspec.structs import astuple

from connector.domain.inventory.ledger import LedgerRow, LocationCount, Origin, Phase
from connector.tables.short import ShortForm
from connector.tables.table import Table, TableSpec

_SETTLED = Phase.SETTLED  # an enumeration finds its member slowly, and a start asks of millions of rows

_AT_REST = list(astuple(LedgerRow())[11:])
"""What follows `healed_at_ms` in a row that nothing is the matter with."""

_USUAL = 0x90 + 12  # MessagePack's first byte of so many values; a row with all of its fields has more


class LedgerShort:
    """Nearly every row is settled, as Amazon confirmed it, and of one OMS location. Twelve values make such a row, of
    which those that another value or the key says are None. Any other is kept with all of its fields."""

    def __init__(self) -> None:
        self._whole = ShortForm(LedgerRow)
        self._encode, self._decode = msgpack.Encoder().encode, msgpack.Decoder().decode

    def write(self, name: str, row: LedgerRow) -> bytes:
        counts, sequence, quantity, phase, origin, queued, told, told_by, used, refusal, healed_at, *rest = astuple(row)
        if phase is not _SETTLED or told != quantity or told_by != sequence or queued is not None or len(counts) != 1:
            return self._whole.write(name, row)
        ((place, count),) = counts.items()
        counted, occurred_at, update_id, offset, sku = astuple(count)
        wanted_by, since, overtaken, overtaken_count = astuple(origin)
        late = since - occurred_at
        if refusal is not None or rest != _AT_REST or overtaken_count or overtaken or not -(2**31) <= late < 2**31:
            return self._whole.write(name, row)
        return self._encode(
            (
                place,
                counted,
                occurred_at,
                update_id,
                offset,
                None if sku == _sku(name) else sku,
                sequence,
                quantity,
                None if wanted_by == update_id else wanted_by,
                late,
                used,
                healed_at,
            )
        )

    def read(self, name: str, kept: bytes) -> LedgerRow:
        if kept[0] != _USUAL:
            return self._whole.read(name, kept)
        place, counted, occurred_at, update_id, offset, sku, sequence, quantity, wanted_by, late, used, healed_at = (
            self._decode(kept)
        )
        count = LocationCount(counted, occurred_at, update_id, offset, _sku(name) if sku is None else sku)
        origin = Origin(update_id if wanted_by is None else wanted_by, occurred_at + late)
        return LedgerRow(
            {place: count}, sequence, quantity, _SETTLED, origin, None, quantity, sequence, used, None, healed_at
        )


def _sku(name: str) -> str:
    """Of a key without its merchant."""
    return name.partition("|")[2]


LEDGER = TableSpec(
    name="ledger",
    row_type=LedgerRow,
    is_unsettled=lambda row: row.phase is not _SETTLED or row.has_trouble or row.zeroed,
    kept_short=LedgerShort(),
)

Ledger = Table[LedgerRow]


def ledger_key(merchant_id: str, location_id: str, sku: str) -> str:
    """Neither a merchant's nor a location's id contains a bar; a SKU may."""
    return f"{merchant_id}|{location_id}|{sku}"


def key_parts(key: str) -> tuple[str, str, str]:
    merchant_id, location_id, sku = key.split("|", 2)
    return merchant_id, location_id, sku
