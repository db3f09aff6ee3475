"""The targets' pictures: those that come with Cygnet, and those in ConfigMaps."""

import base64
import binascii
import logging
from collections.abc import Awaitable, Callable

from cygnet.contest.document import builtin_picture, target_picture
from cygnet.contest.spec import TargetSpec
from cygnet.platform.errors import InvalidRequest
from cygnet.platform.images import TargetPicture
from cygnet_operator.model import Contest, Object

log = logging.getLogger(__name__)

ReadConfigMap = Callable[[str], Awaitable[Object | None]]
"""(name) -> the ConfigMap of the contest's namespace, or None."""


KEPT_S = 300.0
"""A picture from a ConfigMap is read again after so many seconds: changing one is rare, asking costs a request."""


class Pictures:
    """Reads the pictures of contests, and keeps them for a while."""

    def __init__(self, read: "ReadConfigMap", clock: Callable[[], float]) -> None:
        """`clock` returns seconds that only grow."""
        self._read, self._clock = read, clock
        self._kept: dict[str, tuple[tuple[str, int], float, list[TargetPicture]]] = {}

    async def of(self, contest: Contest) -> list[TargetPicture]:
        """Returns the pictures of all targets, in their order.

        Raises:
            PictureMissing: a target has none.
        """
        state = (contest.uid, contest.generation)
        kept_state, until, pictures = self._kept.get(contest.name, (None, 0.0, []))
        if kept_state != state or self._clock() > until:
            pictures = await target_pictures(contest, self._read)
            for target, picture in zip(contest.spec.targets, pictures, strict=True):
                if picture.changes:
                    log.info(
                        "a target was normalised",
                        extra={"contest": contest.name, "target": target.name, "picture": str(picture)},
                    )
            self._kept[contest.name] = (state, self._clock() + KEPT_S, pictures)
        return pictures

    def forget(self, name: str) -> None:
        """Drops what is kept of a contest that is gone."""
        self._kept.pop(name, None)


class PictureMissing(Exception):
    """A target has no picture; the text says which and what to do."""


async def target_pictures(contest: Contest, read: ReadConfigMap) -> list[TargetPicture]:
    """Returns the pictures of all targets, in their order.

    Raises:
        PictureMissing: a target has none.
    """
    return [await _picture(target, f"targets[{i}]", read) for i, target in enumerate(contest.spec.targets)]


async def _picture(target: TargetSpec, field: str, read: ReadConfigMap) -> TargetPicture:
    reference = target.image.config_map_key_ref
    if reference is None:
        try:
            return target_picture(builtin_picture(str(target.image.builtin)), field)
        except FileNotFoundError:
            raise PictureMissing(f"{field}: this installation has no picture called {target.image.builtin}") from None
    where = f"{field}: ConfigMap {reference.name}"
    config_map = await read(reference.name)
    if config_map is None:
        raise PictureMissing(f"{where} does not exist: kubectl create configmap {reference.name} --from-file=PICTURE")
    encoded = (config_map.get("binaryData") or {}).get(reference.key)
    if encoded is None:
        raise PictureMissing(f"{where} has no binary key {reference.key}: make it with --from-file={reference.key}")
    try:
        return target_picture(base64.b64decode(encoded, validate=True), reference.key)
    except (binascii.Error, InvalidRequest) as error:
        raise PictureMissing(f"{where}: {error}") from None
