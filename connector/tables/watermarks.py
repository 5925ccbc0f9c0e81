"""Table `watermarks`: one list that is polled -> up to when it is settled, and what is wrong with it.

Kept as long as the list is polled. What else polling must remember is a row here too: connector/domain/polling/alerts.
"""

from connector.domain.polling.windows import Watermark
from connector.tables.table import Table, TableSpec

WATERMARKS = TableSpec(name="watermarks", row_type=Watermark, names_recur=True)

Watermarks = Table[Watermark]
