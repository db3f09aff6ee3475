"""Wires and runs the submission service."""

import time
from collections.abc import Sequence

import aiohttp

from cygnet.contest.admin import ContestAdminServicer
from cygnet.contest.retention import keep_forgetting
from cygnet.contest.store import ContestStore
from cygnet.internal.v1 import dedup_pb2_grpc
from cygnet.platform.clock import now_ms
from cygnet.platform.grpc.callers import Callers
from cygnet.platform.grpc.client import channel
from cygnet.platform.grpc.server import MAX_ADMIN_REQUEST_BYTES, Endpoint, Lifetime, run
from cygnet.platform.grpc.workloads import SUBMISSION, InstallationKeys, Workload
from cygnet.platform.pictures import PictureStore
from cygnet.platform.redis import connected
from cygnet.platform.signing_keys import parse_keys
from cygnet.submission.clients.servicer import ClientAdminServicer
from cygnet.submission.clients.store import ClientStore
from cygnet.submission.clients.watch import ClientNames, Clients
from cygnet.submission.feed import SubmissionFeed
from cygnet.submission.presence.codes import PresenceCodes
from cygnet.submission.presence.servicer import BoardAdminServicer, PairedScreens, Presence, PresenceServicer
from cygnet.submission.presence.store import PresenceStore
from cygnet.submission.presence.tickets import Tickets
from cygnet.submission.proof.challenges import Challenges
from cygnet.submission.proof.price import Price
from cygnet.submission.proof.siteverify import MOST_AT_ONCE, Siteverify
from cygnet.submission.proof.store import ProofStore
from cygnet.submission.recorder import Recorder
from cygnet.submission.retention import Retention
from cygnet.submission.seeds import SeedAdminServicer, Seeds
from cygnet.submission.servicer import ContestServicer, SubmissionServicer
from cygnet.submission.sessions import SessionKeys
from cygnet.submission.settings import SubmissionSettings, parse_secrets
from cygnet.submission.signing import derived
from cygnet.submission.targets import TargetAdminServicer
from cygnet.submission.telemetry import Telemetry
from cygnet.submission.vocabularies import Vocabularies


async def wire(settings: SubmissionSettings, lifetime: Lifetime) -> Sequence[Endpoint]:
    """Builds the service; returns what it serves on its public and its admin port."""
    redis = await lifetime.resources.enter_async_context(connected(settings.redis_url.get_secret_value()))
    installation = InstallationKeys(settings.installation_keys.get_secret_value())
    dedup = dedup_pb2_grpc.DedupServiceStub(
        await lifetime.resources.enter_async_context(
            channel(settings.dedup_address, token=installation.tokens_of(Workload(SUBMISSION)))
        )
    )
    telemetry = Telemetry()
    contests = ContestStore(redis, "sub", telemetry.document)
    await contests.load()
    vocabularies = Vocabularies(contests, dedup)
    feed = SubmissionFeed(dedup, lifetime.stopping)
    lifetime.spawn(contests.follow(), "the contests' documents")
    lifetime.spawn(vocabularies.follow(), "the models' words")
    lifetime.spawn(feed.follow(), "the feed of changes")
    lifetime.spawn(feed.refresh(), "the refresh of what is watched")
    keys = parse_keys(settings.session_keys.get_secret_value())
    presence = Presence(
        codes=PresenceCodes(derived(keys, "presence code"), now_ms),
        tickets=Tickets(derived(keys, "presence ticket"), now_ms),
        store=PresenceStore(redis),
        clock=now_ms,
    )
    clients = Clients(ClientNames(derived(keys, "client name")), ClientStore(redis), telemetry, now_ms)
    lifetime.spawn(clients.follow(contests), "what clients do")
    http = await lifetime.resources.enter_async_context(
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=MOST_AT_ONCE))
    )
    secrets = parse_secrets(settings.captcha_secrets.get_secret_value())
    siteverify = Siteverify(secrets, http, time.monotonic, telemetry.captcha)
    submissions = SubmissionServicer(
        contests=contests,
        sessions=SessionKeys(keys, now_ms),
        presence=presence,
        price=Price(Challenges(derived(keys, "proof of work"), now_ms), siteverify, ProofStore(redis), now_ms),
        clients=clients,
        dedup=dedup,
        vocabularies=vocabularies,
        feed=feed,
        telemetry=telemetry,
        recorder=Recorder(settings.record_socket),
        clock=now_ms,
    )
    pictures = PictureStore(settings.pictures_url)
    retention = Retention(contests, dedup, pictures, presence.store)
    lifetime.spawn(keep_forgetting(contests, now_ms, retention.forget), "the end of what has expired")
    seeds = Seeds(contests, dedup, vocabularies, now_ms)
    lifetime.spawn(seeds.follow(), "the seeds of targets")
    return [
        Endpoint(
            settings.listen,
            [
                submissions,
                ContestServicer(contests, vocabularies, seeds, PairedScreens(presence), now_ms),
                PresenceServicer(contests, presence, lifetime.stopping),
            ],
        ),
        Endpoint(
            settings.admin_listen,
            [
                ContestAdminServicer(contests, pictures),
                BoardAdminServicer(contests, presence.store),
                ClientAdminServicer(contests, clients.store, dedup, now_ms),
                SeedAdminServicer(contests, seeds, now_ms),
                TargetAdminServicer(contests, dedup),
                retention,
            ],
            Callers(installation, settings.admin_token.get_secret_value()),
            admin=True,
            max_request_bytes=MAX_ADMIN_REQUEST_BYTES,
        ),
    ]


if __name__ == "__main__":
    settings = SubmissionSettings()
    run("submission", settings, lambda lifetime: wire(settings, lifetime))
