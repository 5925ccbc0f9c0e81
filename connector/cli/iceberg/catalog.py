"""Where a table is found and changed: by a catalog of the user's, or in the directory or bucket itself.

That needs no server: the newest metadata/vN.metadata.json, which metadata/version-hint.text names, is the table, as
Iceberg's own HadoopTables have it, and so DuckDB, Spark and pyiceberg read it by its path. Nothing there can tell two
runs of one moment apart: one run at a time. A catalog can, and refuses the second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import getmembers, isclass
from typing import Any

from pyiceberg import exceptions
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, NotInstalledError, ValidationError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromInputFile, ToOutputFile
from pyiceberg.table import CommitTableResponse, Table, TableProperties
from pyiceberg.table.metadata import new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import TableRequirement, TableUpdate, update_table_metadata
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import DateType, NestedField, StringType

from connector.cli.iceberg.files import PlaceFiles
from connector.documents.store import PLACE_FAULTS, DocumentPlace, place_fault
from connector.errors import ConnectorError, InputError

NAMESPACE = "smartconnect"
DAY, MERCHANT = "day", "merchant_id"
"""What tables are partitioned by, and so have as columns, from the first on."""

_SCHEMA = Schema(NestedField(1, DAY, DateType()), NestedField(2, MERCHANT, StringType()))
_SPEC = PartitionSpec(
    PartitionField(source_id=1, field_id=1000, transform=IdentityTransform(), name=DAY),
    PartitionField(source_id=2, field_id=1001, transform=IdentityTransform(), name=MERCHANT),
)
_PROPERTIES = {
    # pyiceberg would append once more on top of what another wrote meanwhile, which may be the same events
    TableProperties.COMMIT_NUM_RETRIES: "0",
    TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED: "true",  # the oldest files of metadata, beyond a hundred
}
_HINT = "version-hint.text"
_FAULTS = tuple(fault for _, fault in getmembers(exceptions, isclass) if issubclass(fault, Exception))


class FolderCatalog(NoopCatalog):
    """The tables below `root`, which is what the place is called in Iceberg's metadata."""

    def __init__(self, place: DocumentPlace, root: str) -> None:
        super().__init__("folder")
        self._place = place
        self._root = root
        self._files = PlaceFiles(place, root)

    def load_table(self, identifier: Any) -> Table:
        """Raises NoSuchTableError; ConnectorError where it can't be read."""
        folder = _metadata_folder(identifier)
        if not any(name == f"{folder}{_HINT}" for name, _ in self._place.listed(folder)):
            raise NoSuchTableError(folder)
        try:
            version = int(self._place.read_named(f"{folder}{_HINT}"))
            location = f"{self._root}/{folder}v{version}.metadata.json"
            metadata = FromInputFile.table_metadata(self._files.new_input(location))
        except (ValueError, ValidationError):
            raise ConnectorError(f"{folder}: what {_HINT} names can't be read as a table of Iceberg") from None
        return Table(identifier, metadata, location, self._files, self)

    def create_table(self, identifier: Any, schema: Any, location: Any = None, *args: Any, **options: Any) -> Table:  # noqa: ARG002 - Iceberg's
        metadata = new_table_metadata(
            schema, options["partition_spec"], UNSORTED_SORT_ORDER, location, dict(options["properties"])
        )
        return Table(identifier, metadata, self._publish(identifier, metadata, 1), self._files, self)

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        held = self.load_table(table.name())
        for requirement in requirements:
            requirement.validate(held.metadata)
        metadata = update_table_metadata(held.metadata, updates, metadata_location=held.metadata_location)
        version = int(held.metadata_location.rpartition("/v")[2].partition(".")[0]) + 1
        location = self._publish(table.name(), metadata, version)
        return CommitTableResponse.model_validate({"metadata": metadata, "metadata-location": location})

    def _publish(self, identifier: Any, metadata: Any, version: int) -> str:
        """Where it is. It is in force when the hint names it."""
        folder = _metadata_folder(identifier)
        location = f"{self._root}/{folder}v{version}.metadata.json"
        ToOutputFile.table_metadata(metadata, self._files.new_output(location), overwrite=True)
        self._place.write(f"{folder}{_HINT}", str(version).encode(), "text/plain", "")
        return location


def configured_catalog(name: str) -> Catalog:
    """Of pyiceberg's own configuration: ~/.pyiceberg.yaml, or PYICEBERG_CATALOG__NAME__URI and the like. Raises
    InputError."""
    try:
        return load_catalog(name)
    except NotInstalledError as missing:
        raise InputError(f"--catalog {name}: what pyiceberg needs for it is not installed") from missing
    except ValueError:
        raise InputError(
            f"--catalog {name}: pyiceberg knows none; set PYICEBERG_CATALOG__{name.upper()}__TYPE=glue, or ...__URI to "
            "that of a REST catalog, or write it into ~/.pyiceberg.yaml"
        ) from None


def topic_table(catalog: Catalog, root: str, topic: str) -> Table:
    """The topic's table, made where there is none. Raises what a catalog raises; InputError where it lies elsewhere."""
    name = topic.replace(".", "_").replace("-", "_")
    location = f"{root}/{NAMESPACE}/{name}"
    try:
        table = catalog.load_table((NAMESPACE, name))
    except NoSuchTableError:
        if not isinstance(catalog, FolderCatalog):
            catalog.create_namespace_if_not_exists(NAMESPACE)
        return catalog.create_table((NAMESPACE, name), _SCHEMA, location, partition_spec=_SPEC, properties=_PROPERTIES)
    if table.location().rstrip("/") != location:
        raise InputError(f"the table {NAMESPACE}.{name} lies at {table.location()}, not at {location}")
    return table


@contextmanager
def iceberg_faults_told(topic: str) -> Iterator[None]:
    """Raises ConnectorError, in our words."""
    try:
        yield
    except CommitFailedException:
        raise ConnectorError(f"{topic}: another changed the table meanwhile; nothing was added, run it again") from None
    except PLACE_FAULTS as fault:
        raise ConnectorError(f"{topic}: {place_fault(fault)}; nothing was added, run it again") from None
    except _FAULTS as fault:
        raise ConnectorError(f"{topic}: the catalog says {type(fault).__name__}; nothing was added") from None


def _metadata_folder(identifier: Any) -> str:
    return f"{'/'.join(identifier)}/metadata/"
