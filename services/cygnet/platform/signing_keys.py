"""Keys that sign and verify, with ids by which they can be changed while they are used."""

import re


def parse_keys(text: str) -> dict[str, bytes]:
    """Returns the secrets of "kid:secret[,kid:secret]" by their ids, in their order: the first signs, all verify.

    Raises:
        ValueError: the text is something else; it says how they are written.
    """
    pairs = [pair.partition(":") for pair in text.split(",") if pair]
    if not pairs or not all(
        re.fullmatch(r"[\w-]{1,32}", kid) and len(secret.encode()) >= 32 for kid, _, secret in pairs
    ):
        raise ValueError('signing keys are "kid:secret[,kid:secret]", each secret of 32 characters or more')
    return {kid: secret.encode() for kid, _, secret in pairs}
