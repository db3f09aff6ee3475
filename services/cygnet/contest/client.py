"""The admin APIs of a running installation: how a contest gets into its services, and what is in force there."""

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cygnet.contest.document import numbered
from cygnet.internal.v1 import admin_pb2, admin_pb2_grpc, document_pb2
from cygnet.platform.grpc.client import channel
from cygnet.v1 import leaderboard_pb2, leaderboard_pb2_grpc

if TYPE_CHECKING:
    from cygnet.internal.v1.admin_pb2_grpc import (
        BoardAdminServiceAsyncStub,
        ClientAdminServiceAsyncStub,
        ContestAdminServiceAsyncStub,
        RetentionAdminServiceAsyncStub,
        SeedAdminServiceAsyncStub,
        TargetAdminServiceAsyncStub,
    )
    from cygnet.v1.leaderboard_pb2_grpc import LeaderboardServiceAsyncStub


@dataclass(frozen=True)
class Applied:
    """What became of a document: whether anything changed, and the generation now in force."""

    name: str
    generation: int
    changed: bool

    def __str__(self) -> str:
        what = "unchanged" if not self.changed else "created" if self.generation == 1 else "configured"
        return f"contest/{self.name} {what} (generation {self.generation})"


@dataclass(frozen=True)
class AdminApis:
    """Where the admin APIs are, as host:port, and the token that they ask for."""

    submission: str
    leaderboard: str
    token: str

    async def apply(
        self, document: document_pb2.ContestDocument, pictures: list[bytes], *, dry_run: bool = False
    ) -> Applied:
        """Puts a document in force. Raises DomainError for what a service refuses.

        The submission service comes first: it numbers the generations. Safe to repeat; where the second step failed,
        applying the same document again heals it.
        """
        request = admin_pb2.ApplyContestRequest(document=document, target_pictures=pictures, dry_run=dry_run)
        answer = await self._apply(self.submission, request)
        same = admin_pb2.ApplyContestRequest(document=numbered(document, answer.generation), dry_run=dry_run)
        await self._apply(self.leaderboard, same)
        return Applied(document.contest.name, answer.generation, answer.changed)

    async def publish_again(self, document: document_pb2.ContestDocument) -> None:
        """Sends the leaderboard what is in force in the submission service, in case it missed it."""
        await self._apply(self.leaderboard, admin_pb2.ApplyContestRequest(document=document))

    async def get(self, name: str) -> document_pb2.ContestDocument:
        """Returns the document in force; an empty name means the only contest there is. Raises NotFound."""
        request = admin_pb2.GetContestDocumentRequest(contest=name)
        async with channel(self.submission, token=lambda: self.token) as connection:
            stub: ContestAdminServiceAsyncStub = admin_pb2_grpc.ContestAdminServiceStub(connection)
            return (await stub.GetContestDocument(request)).document

    async def reveal(self, name: str) -> admin_pb2.RevealSeedsResponse:
        """Publishes the secret that a contest's seeds follow from. Raises DomainError before its end."""
        async with channel(self.submission, token=lambda: self.token) as connection:
            stub: SeedAdminServiceAsyncStub = admin_pb2_grpc.SeedAdminServiceStub(connection)
            return await stub.RevealSeeds(admin_pb2.RevealSeedsRequest(contest=name))

    async def preview_expiry(self, name: str) -> admin_pb2.PreviewExpiryResponse:
        """Returns when a contest's data will be deleted, and how much there is of them. Raises DomainError."""
        async with channel(self.submission, token=lambda: self.token) as connection:
            stub: RetentionAdminServiceAsyncStub = admin_pb2_grpc.RetentionAdminServiceStub(connection)
            return await stub.PreviewExpiry(admin_pb2.PreviewExpiryRequest(contest=name))

    async def pair_board(self, name: str) -> admin_pb2.PairBoardResponse:
        """Makes a pairing code for one screen of a contest. Raises DomainError."""
        async with channel(self.submission, token=lambda: self.token) as connection:
            stub: BoardAdminServiceAsyncStub = admin_pb2_grpc.BoardAdminServiceStub(connection)
            return await stub.PairBoard(admin_pb2.PairBoardRequest(contest=name))

    async def unpair_boards(self, name: str) -> admin_pb2.UnpairBoardsResponse:
        """Forgets the paired screens of a contest. Raises DomainError."""
        async with channel(self.submission, token=lambda: self.token) as connection:
            stub: BoardAdminServiceAsyncStub = admin_pb2_grpc.BoardAdminServiceStub(connection)
            return await stub.UnpairBoards(admin_pb2.UnpairBoardsRequest(contest=name))

    async def make_pass(self, name: str) -> admin_pb2.MakePassResponse:
        """Makes a presence code for one person. Raises DomainError."""
        async with channel(self.submission, token=lambda: self.token) as connection:
            stub: BoardAdminServiceAsyncStub = admin_pb2_grpc.BoardAdminServiceStub(connection)
            return await stub.MakePass(admin_pb2.MakePassRequest(contest=name))

    async def list_clients(self, name: str) -> admin_pb2.ListClientsResponse:
        """Returns who joined and submitted lately; an empty name: to the only contest there is. Raises DomainError."""
        async with channel(self.submission, token=lambda: self.token) as connection:
            stub: ClientAdminServiceAsyncStub = admin_pb2_grpc.ClientAdminServiceStub(connection)
            return await stub.ListClients(admin_pb2.ListClientsRequest(contest=name))

    async def end_client(self, contest: str, client: str, *, dry_run: bool) -> admin_pb2.EndClientResponse:
        """Ends what a client does from outside, or only says what that would do. Raises DomainError."""
        async with channel(self.submission, token=lambda: self.token) as connection:
            stub: ClientAdminServiceAsyncStub = admin_pb2_grpc.ClientAdminServiceStub(connection)
            return await stub.EndClient(admin_pb2.EndClientRequest(contest=contest, client=client, dry_run=dry_run))

    async def allow_client(self, contest: str, client: str) -> bool:
        """Lets a client play again; False where it was not ended. Raises DomainError."""
        async with channel(self.submission, token=lambda: self.token) as connection:
            stub: ClientAdminServiceAsyncStub = admin_pb2_grpc.ClientAdminServiceStub(connection)
            return (await stub.AllowClient(admin_pb2.AllowClientRequest(contest=contest, client=client))).changed

    async def examine_targets(
        self, document: document_pb2.ContestDocument, patience_s: float = 0.0
    ) -> dict[str, document_pb2.TargetReport]:
        """Returns what a quick look at each target found, by its name; a target that nobody looked at is not there.

        Waits so long for a worker to look at all of them; without any patience, says what is known. Raises DomainError.
        """
        request = admin_pb2.ExamineTargetsRequest(contest=document.contest.name)
        deadline = time.monotonic() + patience_s
        async with channel(self.submission, token=lambda: self.token) as connection:
            stub: TargetAdminServiceAsyncStub = admin_pb2_grpc.TargetAdminServiceStub(connection)
            while True:
                reports = dict((await stub.ExamineTargets(request)).reports)
                if len(reports) == len(document.contest.targets) or time.monotonic() >= deadline:
                    return reports
                await asyncio.sleep(min(1.0, patience_s))

    async def board(self, contest: str, target: str, limit: int) -> leaderboard_pb2.Leaderboard:
        """Returns the ranking as it is, also while players see one that stands still. Raises DomainError."""
        request = leaderboard_pb2.GetLeaderboardRequest(contest=contest, target=target, limit=limit)
        async with channel(self.leaderboard, token=lambda: self.token) as connection:
            stub: LeaderboardServiceAsyncStub = leaderboard_pb2_grpc.LeaderboardServiceStub(connection)
            return (await stub.GetLeaderboard(request)).leaderboard

    async def _apply(self, address: str, request: admin_pb2.ApplyContestRequest) -> admin_pb2.ApplyContestResponse:
        async with channel(address, token=lambda: self.token) as connection:
            stub: ContestAdminServiceAsyncStub = admin_pb2_grpc.ContestAdminServiceStub(connection)
            return await stub.ApplyContest(request)
