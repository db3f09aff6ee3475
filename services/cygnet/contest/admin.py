"""The admin API of every service that keeps contest documents."""

import hashlib

from cygnet.contest.document import check_normalised
from cygnet.contest.spec import MAX_TARGETS
from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc
from cygnet.platform.errors import FieldViolation, InvalidRequest
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.pictures import PictureStore
from cygnet.v1 import contest_pb2


class ContestAdminServicer(admin_pb2_grpc.ContestAdminServiceServicer):
    """Receives documents; the service that owns the pictures also stores the targets'."""

    def __init__(self, contests: ContestStore, pictures: PictureStore | None) -> None:
        """`pictures` is None in a service that has no use for the targets' pictures."""
        self._contests = contests
        self._pictures = pictures

    async def ApplyContest(
        self, request: admin_pb2.ApplyContestRequest, context: AioContext
    ) -> admin_pb2.ApplyContestResponse:
        if self._pictures is not None:
            # A document that is refused leaves no picture behind.
            await self._contests.apply(request.document, dry_run=True)
            await self._keep_pictures(self._pictures, request)
        generation, changed = await self._contests.apply(request.document, dry_run=request.dry_run)
        return admin_pb2.ApplyContestResponse(generation=generation, changed=changed)

    async def GetContestDocument(
        self, request: admin_pb2.GetContestDocumentRequest, context: AioContext
    ) -> admin_pb2.GetContestDocumentResponse:
        return admin_pb2.GetContestDocumentResponse(document=self._contests.get(request.contest))

    async def _keep_pictures(self, store: PictureStore, request: admin_pb2.ApplyContestRequest) -> None:
        if len(request.target_pictures) > MAX_TARGETS:
            raise InvalidRequest(FieldViolation("target_pictures", f"at most {MAX_TARGETS}"))
        sent = {hashlib.sha256(picture).hexdigest(): picture for picture in request.target_pictures}
        for i, picture in enumerate(request.target_pictures):
            check_normalised(picture, f"target_pictures.{i}")
        for i, target in enumerate(request.document.contest.targets):
            await self._keep_picture(store, target, sent.get(target.picture_sha256), i, request.dry_run)

    async def _keep_picture(
        self, store: PictureStore, target: contest_pb2.Target, picture: bytes | None, i: int, dry_run: bool
    ) -> None:
        if picture is None:
            if not await store.exists(target.picture_sha256):
                raise InvalidRequest(
                    FieldViolation(f"spec.targets.{i}.image", "its picture is neither sent nor stored already")
                )
        elif not dry_run:
            await store.put(picture)
