"""What callbox's own objects look like in the amber files of syrupy, beside whatever else a test compares.

Every pytest run with syrupy loads this: it asks for nothing but syrupy.
"""

from __future__ import annotations

from typing import Any

from syrupy.data import SnapshotCollection
from syrupy.extensions.amber import AmberSnapshotExtension
from syrupy.extensions.amber.serializer import AmberDataSerializer, AmberDataSerializerPlugin, MalformedAmberFile

METRICS = '<metrics: times differ from run to run; compare parts that do not, such as get_metrics()["call_counts"]>'

_TRACED = ("callbox.snapshot.traced", "TracedSnapshot")
_METRICS = ("callbox.tracing.metrics", "MetricsDict")


class CallboxPlugin(AmberDataSerializerPlugin):
    """Writes traced snapshots as their calls, and metrics as a remark."""

    @classmethod
    def is_data_serializable(cls, data: Any) -> bool:
        """Say whether an object is callbox's."""
        return _name(data) in (_TRACED, _METRICS)

    @classmethod
    def serialize(cls, data: Any, *, depth: int = 0, **_: Any) -> str:
        """Write it."""
        if _name(data) == _TRACED:
            return AmberDataSerializer.serialize_string(data.format_trace(), depth=depth)
        return AmberDataSerializer.with_indent(METRICS, depth)


class CallboxSerializer(AmberDataSerializer):
    """Amber that finds nothing in a file that is none.

    Then its tests fail and ask for an update. As amber has it, the first such file ends the session.
    """

    serializer_plugins = (CallboxPlugin,)

    @classmethod
    def read_file(cls, filepath: str) -> SnapshotCollection:
        """Read a file; one that cannot be read is tainted."""
        try:
            return super().read_file(filepath)
        except (MalformedAmberFile, UnicodeDecodeError):
            return SnapshotCollection(location=filepath, tainted=True)


def install() -> None:
    """Let the amber files of this process know callbox's objects."""
    if AmberSnapshotExtension.serializer_class is AmberDataSerializer:
        AmberSnapshotExtension.serializer_class = CallboxSerializer


def uninstall() -> None:
    """Leave amber as it was."""
    if AmberSnapshotExtension.serializer_class is CallboxSerializer:
        AmberSnapshotExtension.serializer_class = AmberDataSerializer


def _name(data: Any) -> tuple[str, str]:
    return type(data).__module__, type(data).__name__
