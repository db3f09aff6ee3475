"""The end of an expired contest's data outside of the leaderboard: pictures, submissions, who was present."""

from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp

from cygnet.contest.retention import expires_ms
from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc, dedup_pb2
from cygnet.platform.grpc.interceptors import AioContext
from cygnet.platform.pictures import PictureStore
from cygnet.submission.presence.store import PresenceStore

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub


class Retention(admin_pb2_grpc.RetentionAdminServiceServicer):
    """Forgets contests, and tells organisers beforehand."""

    def __init__(
        self, contests: ContestStore, dedup: "DedupServiceAsyncStub", pictures: PictureStore, presence: PresenceStore
    ) -> None:
        self._contests = contests
        self._dedup = dedup
        self._pictures = pictures
        self._presence = presence

    async def forget(self, contest: str) -> int:
        """Deletes a contest's data; returns how many entries dedup had.

        Raises:
            Unavailable: dedup, Redis or the picture store does not answer.
        """
        # Pictures come first: which they are says dedup alone.
        for picture in await self._drawn(contest):
            await self._pictures.delete(picture)
        await self._presence.forget(contest)
        return int((await self._dedup.ForgetContest(dedup_pb2.ForgetContestRequest(contest=contest))).entries)

    async def PreviewExpiry(
        self, request: admin_pb2.PreviewExpiryRequest, context: AioContext
    ) -> admin_pb2.PreviewExpiryResponse:
        document = self._contests.get(request.contest)
        name, expires = document.contest.name, expires_ms(document)
        there = await self._dedup.GetStatistics(dedup_pb2.GetStatisticsRequest(contest=name))
        preview = admin_pb2.PreviewExpiryResponse(
            contest=name,
            submissions=there.submissions,
            participants=there.participants,
            pictures=len(await self._drawn(name)),
        )
        if expires is not None:
            preview.expires.CopyFrom(Timestamp(seconds=expires // 1000))
        return preview

    async def _drawn(self, contest: str) -> set[str]:
        """Returns the pictures that were drawn in a contest, and that are no contest's target."""
        drawn: set[str] = set()
        async for page in self._dedup.ListPictures(dedup_pb2.ListPicturesRequest(contest=contest)):
            drawn.update(page.picture_sha256s)
        targets = (target for name in self._contests.names for target in self._contests.get(name).contest.targets)
        return drawn - {target.picture_sha256 for target in targets}
