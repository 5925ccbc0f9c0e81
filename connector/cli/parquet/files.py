"""Files of ours in a store of documents: which there are, what is in one, and which of its rows name something."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connector.cli.parquet.layout import Layout, Part
from connector.documents.store import PLACE_FAULTS, DocumentPlace, place_fault
from connector.errors import ConnectorError


def parts_below(place: DocumentPlace, layout: Layout, folder: str) -> list[Part]:
    """Files of ours there; what else lies there is nobody's business. Raises ConnectorError."""
    with place_faults_told(folder):
        return [part for name, _ in place.listed(folder) if (part := layout.part(name)) is not None]


def read_part(place: DocumentPlace, part: Part, columns: list[str] | None = None) -> pa.Table:
    """`columns`: those of it that the file has; None: all. Raises ConnectorError."""
    with place_faults_told(part.name):
        content = place.read_named(part.name)
    try:
        return pq.read_table(BytesIO(content), columns=columns, partitioning=None)
    except (pa.ArrowException, OSError):  # pyarrow raises either for bytes that are none
        raise ConnectorError(f"{part.name}: it can't be read as Parquet; move it away, and run this again") from None


@contextmanager
def place_faults_told(where: str) -> Iterator[None]:
    """Raises ConnectorError, in our words."""
    try:
        yield
    except PLACE_FAULTS as fault:
        raise ConnectorError(f"{where}: {place_fault(fault)}; what was written stays, run it again") from None


def naming(table: pa.Table, texts: list[str]) -> pa.Array:
    """Which rows have one of the texts within one of their texts."""
    found = pa.array([False] * len(table), pa.bool_())
    for column in table.columns:
        whole = column.combine_chunks()
        found = pc.or_(
            found, _naming(pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole, texts)
        )
    return found


def _naming(values: pa.Array, texts: list[str]) -> pa.Array:
    found = pa.array([False] * len(values), pa.bool_())
    if pa.types.is_string(values.type):
        for text in texts:
            found = pc.or_(found, pc.fill_null(pc.match_substring(values, text), False))
    elif pa.types.is_struct(values.type):
        for number in range(values.type.num_fields):
            found = pc.or_(found, _naming(pc.struct_field(values, [number]), texts))
    elif pa.types.is_list(values.type):
        parents = pc.list_parent_indices(values).filter(_naming(pc.list_flatten(values), texts))
        found = pc.is_in(pa.array(range(len(values)), pa.int64()), value_set=pc.cast(parents, pa.int64()))
    return found
