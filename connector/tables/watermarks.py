"""Table `watermarks`: one list that is polled -> up to when it is settled. Kept as long as the list is polled."""

from connector.domain.windows import Watermark
from connector.tables.table import Table, TableSpec

WATERMARKS = TableSpec(name="watermarks", row_type=Watermark)

Watermarks = Table[Watermark]
