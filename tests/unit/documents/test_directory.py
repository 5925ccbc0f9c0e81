"""The store in a directory: whole, verified, once, and nowhere but below its root."""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

import pytest

from connector.documents.formats import UnfitDocument
from connector.documents.store import DocumentStore, StoreUnavailable, UnreadableDocument, open_store
from connector.domain.orders.facts.documents import Document, DocumentKind, StoredDocument
from connector.errors import ConnectorError

LABEL = Document("ZPL", b"^XA^FDone^FS^XZ")
LABEL_SHA256 = hashlib.sha256(LABEL.content).hexdigest()
ODD_IDS = ["../../etc/passwd", "/etc/passwd", "..", ".", "", "a/b", "a b", "Zoë", "x" * 500, "a\0b", "a%2Fb", "#?&"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "not yet there" / "documents"


@pytest.fixture
def store(root: Path) -> DocumentStore:
    return open_store(root.as_uri())


async def put(
    store: DocumentStore, document: Document = LABEL, shipment_id: str = "S1", package_id: str = "P1"
) -> StoredDocument:
    stored = await store.put("A1", "", DocumentKind.SHIP_LABEL, shipment_id, package_id, document)
    assert isinstance(stored, StoredDocument)
    return stored


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def path_of(stored: StoredDocument) -> Path:
    return Path(unquote(urlsplit(stored.uri).path))


async def test_what_is_put_can_be_read_back(store: DocumentStore, root: Path) -> None:
    stored = await put(store)
    assert stored == StoredDocument(
        kind=DocumentKind.SHIP_LABEL,
        uri=(root / f"A1/ship_label/3/S1-P1-{LABEL_SHA256}.zpl").as_uri(),
        sha256=LABEL_SHA256,
        content_type="x.application/zpl",
        package_id="P1",
    )
    assert await store.get(stored.uri) == LABEL.content


async def test_the_same_document_again_is_the_same_file_left_alone(store: DocumentStore, root: Path) -> None:
    first = await put(store)
    written = path_of(first).stat()
    assert await put(store) == first
    assert path_of(first).stat().st_ino == written.st_ino
    assert len(files(root)) == 1


async def test_a_new_label_leaves_the_old_one_readable(store: DocumentStore) -> None:
    old, new = await put(store), await put(store, Document("ZPL", b"^XA^FDtwo^FS^XZ"))
    assert old.uri != new.uri
    assert await store.get(old.uri) == LABEL.content


async def test_a_damaged_file_is_written_anew(store: DocumentStore) -> None:
    stored = await put(store)
    path_of(stored).chmod(0o640)
    path_of(stored).write_bytes(b"^XA^FDbad^FS^XZ")  # of the same size
    await put(store)
    assert await store.get(stored.uri) == LABEL.content


@pytest.mark.parametrize("odd", ODD_IDS)
async def test_odd_ids_stay_below_the_root(store: DocumentStore, root: Path, odd: str) -> None:
    for stored in (await put(store, shipment_id=odd), await put(store, package_id=odd)):
        path = path_of(stored)
        assert path.resolve().is_relative_to(root / "A1" / "ship_label")
        assert len(path.relative_to(root).parts) == 4
        assert all(len(part) < 255 for part in path.parts)
        assert await store.get(stored.uri) == LABEL.content


async def test_odd_ids_are_kept_apart(store: DocumentStore) -> None:
    assert len({(await put(store, shipment_id=odd)).uri for odd in ODD_IDS}) == len(ODD_IDS)


async def test_an_unfit_document_is_not_kept(store: DocumentStore, root: Path) -> None:
    told = await store.put("A1", "", DocumentKind.INVOICE, "S1", "", Document("PDF", b"<Error/>"))
    assert isinstance(told, UnfitDocument)
    assert files(root) == []


async def test_a_failed_write_leaves_nothing_behind(store: DocumentStore, root: Path) -> None:
    with patch("os.fsync", side_effect=OSError(28, "No space left on device")):
        told = await store.put("A1", "", DocumentKind.SHIP_LABEL, "S1", "P1", LABEL)
    assert isinstance(told, StoreUnavailable)
    assert told.reason.endswith("No space left on device")
    assert files(root) == []
    assert (await put(store)).sha256 == LABEL_SHA256


@pytest.fixture
def synced() -> Iterator[list[Path]]:
    """What was synced to the disk, in order."""
    found: list[Path] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        target = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        found.append(target)
        assert target.is_dir() or target.suffix == ".tmp"
        fsync(descriptor)

    with patch("os.fsync", watched):
        yield found


async def test_the_file_is_on_the_disk_before_it_has_its_name(
    store: DocumentStore, root: Path, synced: list[Path]
) -> None:
    folder = path_of(await put(store)).parent
    assert synced[1:] == [folder, folder.parent, folder.parent.parent, root]


async def test_folders_that_are_on_the_disk_are_not_synced_again_until_they_were_removed(
    store: DocumentStore, root: Path, synced: list[Path]
) -> None:
    first = path_of(await put(store))
    synced.clear()
    assert path_of(await put(store, package_id="P2")).parent == first.parent
    assert synced[1:] == [first.parent]
    synced.clear()
    other = path_of(await put(store, shipment_id="S2"))
    assert other.parent != first.parent
    assert synced[1:] == [other.parent, other.parent.parent]
    for removed in (root / "A1", root):
        shutil.rmtree(removed)
        synced.clear()
        assert path_of(await put(store)) == first
        assert synced[1:] == [first.parent, first.parent.parent, root / "A1", root]


async def test_shipments_share_few_folders(store: DocumentStore) -> None:
    assert len({path_of(await put(store, shipment_id=f"S{number}")).parent for number in range(100)}) == 16


async def test_what_does_not_read_back_is_not_stored(store: DocumentStore) -> None:
    with patch("pathlib.Path.read_bytes", return_value=b"^XA^FDbad^FS^XZ"):
        told = await store.put("A1", "", DocumentKind.SHIP_LABEL, "S1", "P1", LABEL)
    assert isinstance(told, StoreUnavailable)
    assert "does not hold what was written" in told.reason


async def test_a_document_that_is_gone_is_named(store: DocumentStore) -> None:
    stored = await put(store)
    path_of(stored).unlink()
    with pytest.raises(ConnectorError, match=f"{LABEL_SHA256}.zpl can't be read: No such file"):
        await store.get(stored.uri)


@pytest.mark.parametrize(
    "uri", ["file:///etc/passwd", "file://{root}/../../../etc/passwd", "s3://b/k", "", "/etc/passwd"]
)
async def test_only_documents_of_the_store_are_read(store: DocumentStore, root: Path, uri: str) -> None:
    with pytest.raises(UnreadableDocument, match="it is not below"):
        await store.get(uri.format(root=root))


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o277], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask")
async def test_what_is_made_is_for_its_user_alone_whatever_the_umask(store: DocumentStore, root: Path) -> None:
    file = path_of(await put(store))
    assert mode(file) == 0o600
    folders = [folder for folder in file.parents if folder.is_relative_to(root.parent)]
    assert {folder: mode(folder) for folder in folders} == dict.fromkeys(folders, 0o700)
    assert len(folders) == 5


@pytest.fixture
def given_root(root: Path) -> Path:
    """Made by somebody else."""
    root.mkdir(parents=True)
    root.chmod(0o755)
    return root


def open_up(file: Path) -> None:
    """As an older version left it."""
    file.chmod(0o640)
    file.parent.chmod(0o755)


async def test_what_an_older_version_left_open_is_closed_and_a_root_that_somebody_made_is_his(
    given_root: Path, store: DocumentStore
) -> None:
    root, file = given_root, path_of(await put(store))
    open_up(file)
    await put(open_store(root.as_uri()))
    assert (mode(file), mode(file.parent), mode(root)) == (0o600, 0o700, 0o755)


async def test_documents_of_before_a_time_are_removed_with_their_folders(store: DocumentStore, root: Path) -> None:
    old, new = path_of(await put(store, shipment_id="S1")), path_of(await put(store, shipment_id="S2"))
    os.utime(old, (1_000, 1_000))
    assert await store.remove(before_ms=2_000_000) == 1
    assert files(root) == [new]
    assert not old.parent.exists()
    assert await store.remove(before_ms=2_000_000) == 0


async def test_a_document_that_is_put_again_is_young_again(store: DocumentStore) -> None:
    file = path_of(await put(store))
    os.utime(file, (1_000, 1_000))
    await put(store)
    assert await store.remove(before_ms=2_000_000) == 0


async def test_documents_where_an_older_version_kept_them_are_read_and_removed(
    store: DocumentStore, root: Path
) -> None:
    for name in (f"A1/ship_label/S1/P1-{LABEL_SHA256}.zpl", f"A1/invoice/S1/{LABEL_SHA256}.pdf"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(LABEL.content)
        assert await store.get((root / name).as_uri()) == LABEL.content
    assert await store.remove(merchant_id="A1") == 2
    assert files(root) == []


def write_others(root: Path) -> None:
    for name in ("notes.txt", "A1/ship_label/S1/notes.txt", f"A1/other/S1/{'0' * 64}.zpl", f"{'0' * 64}.zpl"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


async def test_what_is_not_ours_below_the_root_is_left(store: DocumentStore, root: Path) -> None:
    await put(store)
    write_others(root)
    assert await store.remove() == 1
    assert len(files(root)) == 4


async def test_a_merchants_documents_are_counted_and_removed_and_nobody_elses(store: DocumentStore, root: Path) -> None:
    for merchant_id in ("A1", "A10", "../A1", "A 1"):
        await store.put(merchant_id, "", DocumentKind.SHIP_LABEL, "S1", "", LABEL)
    assert await store.count(merchant_id="A1") == 1
    assert await store.remove(merchant_id="A1") == 1
    assert await store.remove(merchant_id="../A1") == 1
    assert len(files(root)) == 2


async def test_a_store_that_is_not_there_holds_nothing(store: DocumentStore) -> None:
    assert await store.remove(merchant_id="A1") == 0
