"""What the scripts should do, in plain Python, written from the design and not from the scripts: its token bucket holds
tokens (the scripts hold a time), its queue is sorted anew whenever it is looked at, class after class as they would be
served (the scripts have a formula)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from google.protobuf.timestamp_pb2 import Timestamp

from cygnet.dedup.queue import eta
from cygnet.dedup.values import Admission, Bucket, Lease
from cygnet.internal.v1 import dedup_pb2
from cygnet.internal.v1.document_pb2 import Model
from cygnet.internal.v1.results_pb2 import DeliveredResult
from cygnet.v1 import submission_pb2
from cygnet.v1.submission_pb2 import Failure, Result

from .environment import CLIP, admission_of, admit_request

CONTEST = "model"
PARTICIPANTS = [letter * 26 for letter in "abc"]
PROMPTS = [f"prompt {number}" for number in range(8)]
MODELS = [
    Model(generator_source="builtin://tiny", steps=4, size=256, scorer_source=CLIP),
    Model(generator_source="hf://big", steps=1, size=512, scorer_source=CLIP),
]
QUEUED, DRAWING, DONE, FAILED = "QUEUED", "DRAWING", "DONE", "FAILED"
LEASE_MS = 10_000
TICKET_MS = 120_000
MOST_WAIT_MS = 5_000
MOST_LOST = 2
SUBMIT = Bucket(every_ms=300, burst=8)
SHARES = (8, 4, 3, 1)
"""Of present regulars, of new ones who are present, of regulars from outside, of new ones from outside."""
REGULAR_AFTER = 2
"""Drawings. Fewer than in the service, so that chance gets there."""


@dataclass
class Tokens:
    """A token bucket as the textbooks have it."""

    bucket: Bucket
    tokens: Fraction
    at_ms: int

    def wait_ms(self, now: int) -> int:
        """Returns how long until there is a whole token."""
        grown = self.tokens + Fraction(now - self.at_ms, self.bucket.every_ms)
        self.tokens, self.at_ms = min(Fraction(self.bucket.burst), grown), now
        missing = 1 - self.tokens
        return 0 if missing <= 0 else int(missing * self.bucket.every_ms)


@dataclass
class Drawing:
    """A job's current run."""

    owner: str
    klass: int
    tag: tuple[int, int]
    on_account_of: str
    model: Model
    admitted: int
    state: str = QUEUED
    waiters: list[str] = field(default_factory=list)
    lost: int = 0
    deadline: int = 0
    started: int = 0
    claimed_before: bool = False
    overtaken_by: Counter[str] = field(default_factory=Counter)
    first_of_account: bool = False
    ever_first: bool = False
    failure: Failure | None = None
    result: Result | None = None


@dataclass
class Submitted:
    """A submission and the run that it belongs to."""

    request: dedup_pb2.AdmitRequest
    submission_id: str
    outcome: str
    at_ms: int
    drawing: Drawing


def make_admission(
    participant: str,
    nickname: str,
    prompt: str,
    request: int,
    limits: Mapping[str, int],
    max_queue: int,
    present: bool = False,
) -> Admission:
    """Returns what dedup would make of a request; every other prompt asks for the other model."""
    wanted = admit_request(
        prompt,
        request_id=f"request-number-{request:05}",
        contest=CONTEST,
        model=MODELS[int(prompt[-1]) % 2],
        **limits,
        max_predicted_wait_ms=MOST_WAIT_MS,
    )
    wanted.participant_id, wanted.nickname, wanted.present = participant, nickname, present
    return admission_of(wanted, max_queue=max_queue)


class Expected:
    """A contest as it should be."""

    def __init__(self, limits: Mapping[str, int], now: int) -> None:
        self.limits = limits
        work = Bucket(limits["every_ms"], limits["burst"])
        self.submit = {name: Tokens(SUBMIT, Fraction(SUBMIT.burst), now) for name in PARTICIPANTS}
        self.work = {name: Tokens(work, Fraction(work.burst), now) for name in PARTICIPANTS}
        self.virtual, self.sequence = 0, 0
        self.class_last = [0 for _ in SHARES]
        self.class_virtual = [0 for _ in SHARES]
        self.finish: dict[tuple[int, str], int] = {}
        self.drawn: Counter[str] = Counter()
        self.tickets: dict[tuple[int, str], tuple[tuple[int, int], int]] = {}
        """Places in line, and when they go."""
        self.submitted: dict[str, Submitted] = {}
        self.drawings: dict[str, Drawing] = {}
        self.fences: dict[str, int] = {}
        self.outbox: list[tuple[str, str, int]] = []
        self.scored: set[tuple[str, str]] = set()
        self.last_nickname: dict[str, str] = {}
        self.changed = False

    @property
    def queue(self) -> list[str]:
        waiting = {print_: drawing for print_, drawing in self.drawings.items() if drawing.state == QUEUED}
        return self.served(waiting)

    def served(self, waiting: Mapping[str, Drawing]) -> list[str]:
        """Returns jobs in the order in which they would be claimed."""
        lines = [
            sorted((each.tag, print_) for print_, each in waiting.items() if each.klass == klass)
            for klass in range(len(SHARES))
        ]
        virtual, last, order = self.virtual, list(self.class_last), []
        costs = self.costs()
        while any(lines):
            virtual, klass = min(
                (max(virtual, last[klass] + costs[klass]), klass) for klass, line in enumerate(lines) if line
            )
            last[klass] = virtual
            order.append(lines[klass].pop(0)[1])
        return order

    def costs(self) -> list[int]:
        """Returns what a drawing costs each class now, in 288ths of what one costs the last class at least."""
        waiting = Counter(each.klass for each in self.drawings.values() if each.state == QUEUED)
        found = []
        for klass, share in enumerate(SHARES):
            regulars = [other for other in range(klass) if klass in (1, 3) and other in (0, 2)]
            # Its own share, or what gives each of its drawings as much as each of theirs.
            weights = [
                Fraction(SHARES[other] * max(1, waiting[klass]), waiting[other]) for other in regulars if waiting[other]
            ]
            found.append(int(288 / min([Fraction(share), *weights])))
        return found

    def placed(self, drawing: Drawing) -> int:
        """Returns how many jobs would come before another one."""
        waiting = {print_: each for print_, each in self.drawings.items() if each.state == QUEUED}
        return self.served({**waiting, "another": drawing}).index("another")

    def pending(self, participant: str) -> int:
        return sum(each.owner == participant and each.state in (QUEUED, DRAWING) for each in self.drawings.values())

    def held(self, lease: Lease) -> Drawing | None:
        return self.drawings[lease.fingerprint] if lease.fence == self.fences[lease.fingerprint] else None

    def admit(self, wanted: Admission, now: int) -> tuple[str, int]:
        """Returns the outcome of a submission, and how long a bucket makes it wait."""
        request, print_ = wanted.request, wanted.fingerprint
        who = request.participant_id
        known = self.submitted.get(wanted.submission_id)
        if known is not None:
            return ("known" if known.request.prompt == request.prompt else "REQUEST_ID_REUSED"), 0
        if wait := self.submit[who].wait_ms(now):
            return "SUBMIT_RATE", wait
        self.submit[who].tokens -= 1
        drawing = self.drawings.get(print_)
        klass = (0 if request.present else 2) + (0 if self.drawn[who] >= REGULAR_AFTER else 1)
        finish = self.finish.get((klass, who), 0)
        tag = max(self.class_virtual[klass], finish), self.sequence + 1
        first = (klass, who) not in self.finish
        ever_first = self.drawn[who] == 0 and finish <= self.class_virtual[klass]
        kept = [place for place, ends in [self.tickets.get((klass, who), (tag, 0))] if ends > now]
        new = Drawing(
            who, klass, min([tag, *kept]), who, wanted.model, now, first_of_account=first, ever_first=ever_first
        )
        if drawing is None or drawing.state == FAILED:
            if self.pending(who) >= self.limits["pending"]:
                return "PENDING_LIMIT", 0
            if wait := self.work[who].wait_ms(now):
                return "NEW_WORK_RATE", wait
            too_many = self.placed(new) - wanted.max_queue + 1
            if too_many > 0:
                self.sequence += 1
                held = {key: ticket for key, ticket in self.tickets.items() if ticket[1] > now}
                earlier = sum(its_class == klass and tag < new.tag for (its_class, _), (tag, _) in held.items())
                each = eta.ASSUMED_DRAWING_MS
                wait = too_many * each + min(MOST_WAIT_MS, earlier * each)
                self.tickets = {**held, (klass, who): (new.tag, now + wait + TICKET_MS)}
                return "QUEUE_FULL", wait
            self.work[who].tokens -= 1
            self.sequence += 1
            drawing = self.drawings[print_] = new
            self.take_place(new, who, tag)
            outcome = "accepted"
        elif drawing.state == DONE:
            self.sequence += 1
            outcome = "repeated"
            if (print_, who) not in self.scored or self.last_nickname[who] != request.nickname:
                self._score(print_, who, request.nickname)
                self.outbox.append((wanted.submission_id, who, now))
        else:
            self.sequence += 1
            outcome = "coalesced"
            if drawing.state == QUEUED and self.placed(new) <= self.queue.index(print_):
                drawing.klass, drawing.tag, drawing.on_account_of = klass, new.tag, who
                drawing.overtaken_by.clear()
                drawing.first_of_account, drawing.ever_first = first, ever_first
                self.take_place(new, who, tag)
        if outcome != "repeated":
            drawing.waiters.append(wanted.submission_id)
        self.submitted[wanted.submission_id] = Submitted(request, wanted.submission_id, outcome, now, drawing)
        self.changed = True
        return outcome, 0

    def take_place(self, drawing: Drawing, who: str, tag: tuple[int, int]) -> None:
        self.finish[drawing.klass, who] = tag[0] + 1
        self.tickets.pop((drawing.klass, who), None)

    def stands(self, of: Submitted, revision: int) -> dedup_pb2.OwnedSubmission:
        """Returns how a submission should stand at this moment."""
        drawing = of.drawing
        submission = submission_pb2.Submission(
            submission_id=of.submission_id,
            revision=revision,
            target="duck",
            prompt=of.request.prompt,
            state=f"SUBMISSION_STATE_{drawing.state}",
            outcome=f"ADMISSION_OUTCOME_{of.outcome.upper()}",
            created_at=moment(of.at_ms),
            policy_generation=5,
            result=drawing.result,
            failure=drawing.failure,
        )
        if drawing.state == QUEUED:
            prints = [print_ for print_, each in self.drawings.items() if each is drawing]
            submission.queue.position = self.queue.index(prints[0])
            submission.queue.SetInParent()
        elif drawing.state == DRAWING:
            submission.drawing.started_at.CopyFrom(moment(drawing.started))
        return dedup_pb2.OwnedSubmission(submission=submission, participant_id=of.request.participant_id)

    def claimable(self, model: Model | None) -> list[str]:
        """Returns what a worker with this model (None: any) may be given, first things first."""
        waiting = {print_: self.drawings[print_] for print_ in self.queue}
        return self.served({print_: each for print_, each in waiting.items() if model in (None, each.model)})

    def claim(self, waiting: Sequence[str], now: int) -> Drawing:
        """Leases the first of what is claimable."""
        head, *others = waiting
        drawing, costs = self.drawings[head], self.costs()
        self.fences[head] = self.fences.get(head, 0) + 1
        if not drawing.claimed_before:
            for other in others:
                if self.drawings[other].klass == drawing.klass:
                    self.drawings[other].overtaken_by[drawing.on_account_of] += 1
        drawing.state, drawing.started, drawing.deadline = DRAWING, now, now + LEASE_MS
        drawing.claimed_before = True
        self.virtual = max(self.virtual, self.class_last[drawing.klass] + costs[drawing.klass])
        self.class_last[drawing.klass] = self.virtual
        reached = drawing.tag[0] + (1 if drawing.ever_first else 0)
        self.class_virtual[drawing.klass] = max(self.class_virtual[drawing.klass], reached)
        self.changed = True
        return drawing

    def renew(self, drawing: Drawing, now: int) -> None:
        """Keeps a lease; silence that was longer than one is no part of the drawing."""
        silent = now - drawing.deadline + LEASE_MS
        drawing.started += silent if silent > LEASE_MS else 0
        drawing.deadline = now + LEASE_MS

    def complete(self, print_: str, result: Result, deliveries: Sequence[DeliveredResult], now: int) -> None:
        """Ends a drawing, and checks who got the score. Waiters are in a hash: their order is not fixed."""
        drawing = self.drawings[print_]
        drawing.state, drawing.result = DONE, result
        self.drawn[drawing.owner] += 1
        ids = [each.delivery_id for each in deliveries]
        assert len(set(ids)) == len(ids)
        assert set(ids) <= set(drawing.waiters)
        requests = [self.submitted[waiter].request for waiter in drawing.waiters]
        for who in {request.participant_id for request in requests}:
            names = {request.nickname for request in requests if request.participant_id == who}
            sent = [each.nickname for each in deliveries if each.participant_id == who]
            # Each name at least once, and none twice in a row.
            assert set(sent) == names
            assert all(one != other for one, other in zip(sent, sent[1:], strict=False))
            self._score(print_, who, sent[-1])
        self.outbox += [(each.delivery_id, each.participant_id, now) for each in deliveries]
        self.changed = True

    def end_lease(self, drawing: Drawing, failure: Failure | None, now: int) -> None:
        """Puts a drawing back, or fails it: then its token goes back."""
        drawing.state = QUEUED if failure is None else FAILED
        drawing.failure = failure
        if failure is not None:
            tokens = self.work[drawing.owner]
            tokens.wait_ms(now)
            tokens.tokens = min(Fraction(tokens.bucket.burst), tokens.tokens + 1)
        self.changed = True

    def _score(self, print_: str, who: str, nickname: str) -> None:
        self.scored.add((print_, who))
        self.last_nickname[who] = nickname


def moment(ms: int) -> Timestamp:
    stamp = Timestamp()
    stamp.FromMilliseconds(ms)
    return stamp
