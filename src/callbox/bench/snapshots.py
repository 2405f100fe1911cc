"""Snapshots: an entry for each case, and content-addressed blobs that entries share.

```
callbox-bench.json        what this folder is
cases/NAME-HASH.json      an entry
blobs/ab/abcdef...        zlib of an encoded value or a box, named by the content's BLAKE2b
unfinished.json           what a capture that has not ended began with
```
"""

from __future__ import annotations

import hashlib
import re
import zlib
from fnmatch import fnmatchcase

import msgspec

from callbox.bench.model import ENTRY_FORMAT, Entry, Part
from callbox.bench.parts import digest_of
from callbox.errors import FormatError
from callbox.store.location import Location

_FORMAT = 1
_MARK = "callbox-bench.json"
_UNFINISHED = "unfinished.json"
_UNFIT = re.compile(r"[^\w.-]+")
_MAX_NAME_CHARS = 80
_ZLIB_LEVEL = 1
"""A capture waits for it: level 6 takes four times as long, for blobs that are a twentieth smaller."""


class _Unfinished(msgspec.Struct):
    plan: dict[str, str]
    begun_at: str


class Snapshots:
    """The snapshots at a location."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self._known: set[str] = set()
        self._is_checked = False

    def entries(self, pattern: str = "*") -> dict[str, Entry]:
        """Return the entries whose id matches a glob, by id.

        Raises:
            FormatError: the location holds something else, or an entry is damaged.
        """
        self._check()
        found = {}
        for name in self.location.names("cases"):
            entry = self._read_entry(name)
            if fnmatchcase(entry.id, pattern):
                found[entry.id] = entry
        return found

    def find(self, case_id: str) -> Entry | None:
        """Return the entry of a case."""
        self._check()
        return self._read_entry(name_of(case_id)) if self.location.read(name_of(case_id)) is not None else None

    def put(self, entry: Entry, blobs: dict[str, bytes]) -> None:
        """Write an entry and its blobs; the entry last, so that what it names is there."""
        self._check()
        for digest, data in blobs.items():
            if digest not in self._known:
                name = f"blobs/{digest[:2]}/{digest}"
                if self.location.read(name) is None:
                    self.location.write(name, zlib.compress(data, _ZLIB_LEVEL))
                self._known.add(digest)
        parts = tuple(Part(p.name, p.digest, p.size_bytes, p.refused, p.secret) for p in entry.parts)
        entry = msgspec.structs.replace(entry, parts=parts)
        self.location.write(name_of(entry.id), msgspec.json.format(msgspec.json.encode(entry), indent=1))

    def blob(self, digest: str) -> bytes:
        """Return the content of a blob.

        Raises:
            FormatError: it is not there, or damaged.
        """
        packed = self.location.read(f"blobs/{digest[:2]}/{digest}")
        if packed is None:
            raise FormatError(f"blob {digest} is missing from {self.location}: capture again")
        try:
            data = zlib.decompress(packed)
        except zlib.error as error:
            raise FormatError(f"blob {digest} in {self.location} is damaged: {error}: capture again") from None
        if digest_of(data) != digest:
            raise FormatError(
                f"blob {digest} in {self.location} is damaged: its content has another hash: capture again"
            )
        return data

    def delete(self, case_ids: list[str]) -> int:
        """Delete entries, and the blobs that no other needs; return how many blobs."""
        for case_id in case_ids:
            self.location.delete(name_of(case_id))
        needed = {digest for entry in self.entries().values() for digest in _digests(entry)}
        blobs = [name for name in self.location.names("blobs") if name.rpartition("/")[2] not in needed]
        for name in blobs:
            self.location.delete(name)
        return len(blobs)

    def begun(self, plan: dict[str, str]) -> dict[str, Entry]:
        """Return what an interrupted capture of the same plan has done, by case id."""
        data = self.location.read(_UNFINISHED)
        if data is None:
            return {}
        try:
            unfinished = msgspec.json.decode(data, type=_Unfinished)
        except msgspec.MsgspecError:
            return {}
        if unfinished.plan != plan:
            return {}
        return {i: entry for i, entry in self.entries().items() if entry.origin.taken_at >= unfinished.begun_at}

    def mark_unfinished(self, plan: dict[str, str], begun_at: str) -> None:
        """Say that a capture has begun at a time, before its first entry."""
        self.location.write(_UNFINISHED, msgspec.json.encode(_Unfinished(plan, begun_at)))

    def mark_finished(self) -> None:
        """Say that the capture is whole."""
        self.location.delete(_UNFINISHED)

    def _read_entry(self, name: str) -> Entry:
        data = self.location.read(name)
        try:
            entry = msgspec.json.decode(data or b"", type=Entry)
        except msgspec.MsgspecError as error:
            raise FormatError(f"{name} in {self.location} is damaged: {error}: delete it and capture again") from None
        if entry.format != ENTRY_FORMAT:
            raise FormatError(
                f"{name} in {self.location} has format {entry.format}, this callbox knows {ENTRY_FORMAT}: "
                "use the callbox that wrote it, or capture again"
            )
        return entry

    def _check(self) -> None:
        """Refuse a folder that holds something else."""
        if self._is_checked:
            return
        mark = self.location.read(_MARK)
        if mark is None:
            if self.location.names(""):
                raise FormatError(f"{self.location} holds files, but no snapshots of callbox: name another folder")
            return
        try:
            version = msgspec.json.decode(mark, type=dict[str, int]).get("callbox bench")
        except msgspec.MsgspecError:
            version = None
        if version != _FORMAT:
            raise FormatError(f"{self.location} holds snapshots of version {version}, this callbox knows {_FORMAT}")
        self._is_checked = True

    def exists(self) -> bool:
        """Say whether there are snapshots at the location."""
        self._check()
        return self._is_checked

    def create(self) -> None:
        """Mark the location as one of snapshots; what cannot be written fails here, before any benchmark runs."""
        self._check()
        if not self._is_checked:
            self.location.write(_MARK, msgspec.json.encode({"callbox bench": _FORMAT}))
            self._is_checked = True


def name_of(case_id: str) -> str:
    """Return the name of a case's entry: readable, and its own."""
    return f"cases/{stem_of(case_id)}.json"


def stem_of(case_id: str) -> str:
    """Return a case's name as files bear it."""
    digest = hashlib.blake2b(case_id.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{_UNFIT.sub('_', case_id)[:_MAX_NAME_CHARS].strip('_')}-{digest}"


def _digests(entry: Entry) -> list[str]:
    return [digest for digest in (entry.trace, *(part.digest for part in entry.parts)) if digest]
