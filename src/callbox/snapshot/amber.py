"""What callbox's own objects look like in the amber files of syrupy, beside whatever else a test compares.

Every pytest run with syrupy loads this: it asks for nothing but syrupy.
"""

from __future__ import annotations

from typing import Any

from syrupy.extensions.amber.serializer import AmberDataSerializer, AmberDataSerializerPlugin

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


def install() -> None:
    """Let every amber file of this process know callbox's objects."""
    plugins = tuple(AmberDataSerializer.serializer_plugins or ())
    if CallboxPlugin not in plugins:
        AmberDataSerializer.serializer_plugins = (*plugins, CallboxPlugin)


def uninstall() -> None:
    """Forget it."""
    plugins = [plugin for plugin in AmberDataSerializer.serializer_plugins or () if plugin is not CallboxPlugin]
    AmberDataSerializer.serializer_plugins = plugins or None


def _name(data: Any) -> tuple[str, str]:
    return type(data).__module__, type(data).__name__
