"""Values of the standard library that are no containers: ranges, paths, patterns, buffers, zones."""

from __future__ import annotations

import array
import datetime as dt
import gc
import ipaddress
import pathlib
import re
import types
import warnings
import zoneinfo
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from callbox.errors import FormatError
from callbox.values.exact.kinds import Eager, Row, register
from callbox.values.exact.wire import Tag
from callbox.values.refusal import RefusedPartError

if TYPE_CHECKING:
    from callbox.values.exact.decode import Decoder
    from callbox.values.exact.encode import Encoder
    from callbox.values.paths import Link

_PATHS = (
    pathlib.PosixPath,
    pathlib.WindowsPath,
    pathlib.PurePosixPath,
    pathlib.PureWindowsPath,
)
_IPS = (
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    ipaddress.IPv4Network,
    ipaddress.IPv6Network,
    ipaddress.IPv4Interface,
    ipaddress.IPv6Interface,
)
_TEXT_CODES = ("u", "w")
_CAST_FORMATS = frozenset("cbB?hHiIlLqQnNfdP")


def _pack_range(encoder: Encoder, value: range, link: Link) -> Row:
    return encoder.items((value.start, value.stop, value.step), link)


def _build_range(_decoder: Decoder, row: Row) -> Any:
    start, stop, step = row
    return range(start, stop, step)


def _pack_slice(encoder: Encoder, value: slice, link: Link) -> Row:
    parts = (("start", value.start), ("stop", value.stop), ("step", value.step))
    return [encoder.put(part, (link, "attribute", name)) for name, part in parts]


def _build_slice(decoder: Decoder, row: Row) -> Any:
    start, stop, step = decoder.values(row)
    return decoder.nested(slice(start, stop, step), start, stop, step)


def _pack_fraction(encoder: Encoder, value: Fraction, link: Link) -> Row:
    return encoder.items((value.numerator, value.denominator), link)


def _build_fraction(_decoder: Decoder, row: Row) -> Any:
    # of a Decimal or a text, Fraction would write out the exponent
    if set(map(type, row)) != {int}:
        raise FormatError("encoded value has a Fraction of what are no ints")
    numerator, denominator = row
    return Fraction(numerator, denominator)


def _pack_path(encoder: Encoder, value: pathlib.PurePath, link: Link) -> Row:
    return [_PATHS.index(type(value)), encoder.put(str(value), link)]


def _build_path(_decoder: Decoder, row: Row) -> Any:
    index, text = row
    try:
        return _PATHS[index](text)
    except NotImplementedError:
        raise FormatError(f"encoded value holds the {_PATHS[index].__name__} {text!r}, of another system") from None


def _pack_ip(_encoder: Encoder, value: Any, _link: Link) -> Row:
    return [_IPS.index(type(value)), str(value)]


def _build_ip(_decoder: Decoder, row: Row) -> Any:
    index, text = row
    return _IPS[index](text)


def _pack_pattern(encoder: Encoder, value: re.Pattern[Any], link: Link) -> Row:
    if type(value.pattern) not in (str, bytes):
        raise RefusedPartError(link, f"it is a pattern compiled from a {type(value.pattern).__name__}")
    return [encoder.put(value.pattern, link), value.flags]


def _build_pattern(_decoder: Decoder, row: Row) -> Any:
    pattern, flags = row
    # re.compile with DEBUG prints; the text of a pattern that was compiled once needs no warning again
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return re.compile(pattern, flags & ~re.DEBUG)


def _pack_bytearray(_encoder: Encoder, value: bytearray, _link: Link) -> Row:
    return [bytes(value)]


def _build_bytearray(_decoder: Decoder, row: Row) -> Any:
    (data,) = row
    return bytearray(_checked_bytes(data))


def _pack_memoryview(_encoder: Encoder, value: memoryview, link: Link) -> Row:
    try:
        layout = value.format, list(value.shape or ())
    except ValueError as error:
        raise RefusedPartError(link, f"it is a memoryview, and {error}") from None
    if layout[0].lstrip("@") not in _CAST_FORMATS:
        raise RefusedPartError(link, f"it is a memoryview of format {layout[0]!r}, which no cast restores")
    return [*layout, value.readonly, value.tobytes()]


def _build_memoryview(_decoder: Decoder, row: Row) -> Any:
    code, shape, is_readonly, data = row
    view = memoryview(_checked_bytes(data) if is_readonly else bytearray(_checked_bytes(data)))
    if code == "B" and shape == [len(data)]:
        return view
    if 0 in shape:
        raise FormatError("encoded value has a memoryview with a dimension of 0")
    return view.cast(code) if len(shape) == 1 else view.cast(code, shape)


def _pack_array(encoder: Encoder, value: array.array[Any], link: Link) -> Row:
    if value.typecode in _TEXT_CODES:
        return [value.typecode, encoder.put(value.tounicode(), link)]
    return [value.typecode, value.itemsize, value.tobytes()]


def _build_array(_decoder: Decoder, row: Row) -> Any:
    if row[0] in _TEXT_CODES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # "u" from 3.13 on; the value has it all the same
            return array.array(*row)
    typecode, itemsize, data = row
    value: array.array[Any] = array.array(typecode)
    if value.itemsize != itemsize:
        raise FormatError(f"encoded value has an array of {itemsize}-byte {typecode!r}; here it has {value.itemsize}")
    value.frombytes(_checked_bytes(data))
    return value


def _checked_bytes(data: Any) -> bytes:
    if type(data) is not bytes:
        raise FormatError(f"encoded value has a {type(data).__name__} where bytes must stand")
    return data


def _pack_proxy(encoder: Encoder, value: types.MappingProxyType[Any, Any], link: Link) -> Row:
    (mapping,) = gc.get_referents(value)  # asking the proxy would ask the mapping
    if type(mapping) is not dict:
        raise RefusedPartError(link, "it is a mapping proxy of something that is no dict")
    return [encoder.put(mapping, link)]


def _build_proxy(decoder: Decoder, row: Row) -> Any:
    (mapping,) = decoder.values(row)
    if type(mapping) is not dict:
        raise FormatError("encoded value has a mapping proxy of something that is no dict")
    return types.MappingProxyType(mapping)


# Time zones, and times that have one


def _pack_fixed_zone(encoder: Encoder, value: dt.timezone, link: Link) -> Row:
    if value == dt.UTC and value.tzname(None) == "UTC":
        return []
    return [encoder.put(value.utcoffset(None), link), *_zone_name(encoder, value, link)]


def _zone_name(encoder: Encoder, value: dt.timezone, link: Link) -> Row:
    name = value.tzname(None)
    return [] if name == dt.timezone(value.utcoffset(None)).tzname(None) else [encoder.put(name, link)]


def _build_fixed_zone(_decoder: Decoder, row: Row) -> Any:
    return dt.timezone(*row) if row else dt.UTC


def _pack_named_zone(_encoder: Encoder, value: zoneinfo.ZoneInfo, link: Link) -> Row:
    if value.key is None:
        raise RefusedPartError(link, "it is a time zone read from a file without a name")
    return [value.key]


def _build_named_zone(_decoder: Decoder, row: Row) -> Any:
    (key,) = row
    try:
        return zoneinfo.ZoneInfo(key)
    except Exception as error:
        raise FormatError(f"encoded value needs time zone {key!r}: {error}; install tzdata") from None


def _pack_zoned(encoder: Encoder, value: Any, link: Link) -> Row:
    return [encoder.put(value.replace(tzinfo=None), link), encoder.put(value.tzinfo, (link, "attribute", "tzinfo"))]


def _build_zoned_time(decoder: Decoder, row: Row) -> Any:
    time, zone = decoder.values(row)
    return dt.time.replace(time, tzinfo=zone)


def _build_zoned_datetime(decoder: Decoder, row: Row) -> Any:
    moment, zone = decoder.values(row)
    return dt.datetime.replace(moment, tzinfo=zone)


register(
    Eager(Tag.RANGE, (range,), _pack_range, _build_range),
    Eager(Tag.SLICE, (slice,), _pack_slice, _build_slice),
    Eager(Tag.FRACTION, (Fraction,), _pack_fraction, _build_fraction),
    Eager(Tag.PATH, _PATHS, _pack_path, _build_path),
    Eager(Tag.IP, _IPS, _pack_ip, _build_ip),
    Eager(Tag.PATTERN, (re.Pattern,), _pack_pattern, _build_pattern),
    Eager(Tag.BYTEARRAY, (bytearray,), _pack_bytearray, _build_bytearray, is_shared_by_content=False),
    Eager(Tag.MEMORYVIEW, (memoryview,), _pack_memoryview, _build_memoryview, is_shared_by_content=False),
    Eager(Tag.ARRAY, (array.array,), _pack_array, _build_array, is_shared_by_content=False),
    Eager(Tag.PROXY, (types.MappingProxyType,), _pack_proxy, _build_proxy, is_shared_by_content=False),
    Eager(Tag.FIXED_ZONE, (dt.timezone,), _pack_fixed_zone, _build_fixed_zone),
    Eager(Tag.NAMED_ZONE, (zoneinfo.ZoneInfo,), _pack_named_zone, _build_named_zone),
    Eager(Tag.ZONED_TIME, (dt.time,), _pack_zoned, _build_zoned_time),
    Eager(Tag.ZONED_DATETIME, (dt.datetime,), _pack_zoned, _build_zoned_datetime),
)
