"""Whether what is there is what should be. Pure.

A child carries the hash of what was last applied, which catches fields that are no longer wanted; comparing field by
field catches what somebody else changed. What the API server adds (defaults) is nobody's drift.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from cygnet_operator.model import Object

HASH_ANNOTATION = "cygnet.dev/applied-hash"
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?")
_FACTORS = {
    "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** power for power, unit in enumerate(("k", "M", "G", "T", "P"), start=1)},
    **{unit: Decimal(1024) ** power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi"), start=1)},
}


def stamped(wanted: Object) -> dict[str, Any]:
    """Returns the object with the hash of itself among its annotations."""
    text = json.dumps(wanted, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    metadata = wanted["metadata"]
    annotations = {**metadata.get("annotations", {}), HASH_ANNOTATION: digest}
    return {**wanted, "metadata": {**metadata, "annotations": annotations}}


def drifted(wanted: Object, there: Object) -> bool:
    """Tells whether `there` lacks anything of `wanted`, or still has what was wanted before."""
    return not _holds(wanted, there)


def _holds(wanted: Any, there: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(_holds_field(value, there.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(there, list) and _holds_items(wanted, there)
    return bool(wanted == there) or _same_quantity(wanted, there)


def _holds_field(wanted: Any, there: Any) -> bool:
    # The API server leaves out what is empty, and a number that is 0. False it keeps: left out, it may mean true.
    empty = wanted in ({}, [], "", 0) and wanted is not False
    return (empty and there is None) or _holds(wanted, there)


def _holds_items(wanted: Sequence[Any], there: Sequence[Any]) -> bool:
    if wanted and all(isinstance(item, dict) and "name" in item for item in wanted):
        named = {item.get("name"): item for item in there if isinstance(item, dict)}
        return all(_holds(item, named.get(item["name"])) for item in wanted)
    return len(wanted) == len(there) and all(_holds(a, b) for a, b in zip(wanted, there, strict=True))


def _same_quantity(wanted: Any, there: Any) -> bool:
    a, b = _quantity(wanted), _quantity(there)
    return a is not None and a == b


def _quantity(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    match = _QUANTITY.fullmatch(str(value))
    return Decimal(match[1]) * _FACTORS.get(match[2], Decimal(1)) if match else None
