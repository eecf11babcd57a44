"""How data is declared and compiled. Not one trading word."""

from holdfast.records.kernel import KernelError, compiled, inlined, kernel
from holdfast.records.naming import UnknownNameError, named, take_named
from holdfast.records.record import (
    Rows,
    as_dict,
    blank_array,
    clear_record,
    copy_record,
    digest,
    layout_digest,
    packed,
    packed_used,
    record,
    rows,
    unpack_into,
)

__all__ = [
    "KernelError",
    "Rows",
    "UnknownNameError",
    "as_dict",
    "blank_array",
    "clear_record",
    "compiled",
    "copy_record",
    "digest",
    "inlined",
    "kernel",
    "layout_digest",
    "named",
    "packed",
    "packed_used",
    "record",
    "rows",
    "take_named",
    "unpack_into",
]
