"""Whether a live object is as it is desired. Pure.

A child carries the hash of what was last applied, which catches fields that are no longer desired; comparing field by
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


def with_hash(desired: Object) -> dict[str, Any]:
    """Returns the object with the hash of itself among its annotations."""
    text = json.dumps(desired, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    metadata = desired["metadata"]
    annotations = {**metadata.get("annotations", {}), HASH_ANNOTATION: digest}
    return {**desired, "metadata": {**metadata, "annotations": annotations}}


def drifted(desired: Object, live: Object) -> bool:
    """Tells whether `live` lacks anything of `desired`, or still has what was desired before."""
    return not _holds(desired, live)


def _holds(desired: Any, live: Any) -> bool:
    if isinstance(desired, dict):
        return isinstance(live, dict) and all(_holds_field(value, live.get(name)) for name, value in desired.items())
    if isinstance(desired, list):
        return isinstance(live, list) and _holds_items(desired, live)
    return bool(desired == live) or _same_quantity(desired, live)


def _holds_field(desired: Any, live: Any) -> bool:
    # The API server leaves out what is empty, and a number that is 0. False it keeps: left out, it may mean true.
    empty = desired in ({}, [], "", 0) and desired is not False
    return (empty and live is None) or _holds(desired, live)


def _holds_items(desired: Sequence[Any], live: Sequence[Any]) -> bool:
    if desired and all(isinstance(item, dict) and "name" in item for item in desired):
        named = {item.get("name"): item for item in live if isinstance(item, dict)}
        return all(_holds(item, named.get(item["name"])) for item in desired)
    return len(desired) == len(live) and all(_holds(a, b) for a, b in zip(desired, live, strict=True))


def _same_quantity(desired: Any, live: Any) -> bool:
    a, b = _quantity(desired), _quantity(live)
    return a is not None and a == b


def _quantity(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    match = _QUANTITY.fullmatch(str(value))
    return Decimal(match[1]) * _FACTORS.get(match[2], Decimal(1)) if match else None
