"""Table `watermarks`: one list that is polled -> up to when it is settled. Kept as long as the list is polled."""

from typing import TYPE_CHECKING, TypeAlias

from connector.domain.windows import Watermark

if TYPE_CHECKING:
    from connector.tables.durable import DurableTable  # brings Faust, which a row's name and key do not need

WATERMARKS = "watermarks"

Watermarks: TypeAlias = "DurableTable[Watermark]"
