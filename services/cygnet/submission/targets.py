"""What an organiser should know about the targets of a contest: dedup has it from the workers."""

from typing import TYPE_CHECKING

from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc, dedup_pb2
from cygnet.platform.grpc.interceptors import AioContext

if TYPE_CHECKING:
    from cygnet.internal.v1.dedup_pb2_grpc import DedupServiceAsyncStub


class TargetAdminServicer(admin_pb2_grpc.TargetAdminServiceServicer):
    """Tells organisers."""

    def __init__(self, contests: ContestStore, dedup: "DedupServiceAsyncStub") -> None:
        self._contests = contests
        self._dedup = dedup

    async def ExamineTargets(
        self, request: admin_pb2.ExamineTargetsRequest, context: AioContext
    ) -> admin_pb2.ExamineTargetsResponse:
        document = self._contests.get(request.contest)
        wanted = dedup_pb2.GetTargetReportsRequest(
            contest=document.contest.name,
            scorer_source=document.model.scorer_source,
            picture_sha256s=[target.picture_sha256 for target in document.contest.targets],
        )
        reports = (await self._dedup.GetTargetReports(wanted)).reports
        return admin_pb2.ExamineTargetsResponse(
            reports={
                target.name: report
                for target in document.contest.targets
                for report in reports
                if report.picture_sha256 == target.picture_sha256
            }
        )
