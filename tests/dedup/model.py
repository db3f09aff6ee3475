"""What the scripts should do, in plain Python, written from the design and not from the scripts: its token bucket holds
tokens (the scripts hold a time), its queue is sorted anew whenever it is looked at."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from cygnet.dedup.admission import identity
from cygnet.dedup.values import (
    Answer,
    Bucket,
    Delivery,
    Failure,
    Lease,
    Model,
    Order,
    Policy,
    Record,
    Result,
    State,
    Target,
    Wish,
)  # fmt: skip

CONTEST = "model"
PARTICIPANTS = [letter * 26 for letter in "abc"]
PROMPTS = [f"prompt {number}" for number in range(8)]
MODELS = [Model("builtin://tiny", 4, 256, "builtin://clip"), Model("hf://big", 1, 512, "builtin://clip")]
SEED = 2**62 + 12345
LEASE_MS = 10_000
MOST_LOST = 2
SUBMIT = Bucket(every_ms=300, burst=8)


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
    tag: tuple[int, int]
    on_account_of: str
    model: Model
    state: State = State.QUEUED
    waiters: list[str] = field(default_factory=list)
    lost: int = 0
    deadline: int = 0
    started: int = 0
    claimed_before: bool = False
    overtaken_by: Counter[str] = field(default_factory=Counter)
    first_of_account: bool = False
    failure: Failure | None = None
    result: Result | None = None


@dataclass
class Asked:
    """A submission and the run that it belongs to."""

    record: Record
    nickname: str
    drawing: Drawing


def order(participant: str, nickname: str, prompt: str, request: int, policy: Policy, max_queue: int) -> Order:
    """Returns what dedup would make of a request; every other prompt asks for the other model."""
    wish = Wish(
        contest=CONTEST,
        participant_id=participant,
        nickname=nickname,
        request_id=f"request-number-{request:05}",
        target=Target("duck", "0" * 64),
        prompt=prompt,
        model=MODELS[int(prompt[-1]) % 2],
        policy=policy,
    )
    return Order(
        wish=wish,
        submission_id=identity.submission_id(CONTEST, participant, wish.request_id),
        fingerprint=identity.fingerprint(wish, prompt),
        canonical_prompt=prompt,
        seed=SEED,
        max_queue=max_queue,
    )


class Expected:
    """A contest as it should be."""

    def __init__(self, policy: Policy, now: int) -> None:
        self.policy = policy
        work = Bucket(policy.every_ms, policy.burst)
        self.submit = {name: Tokens(SUBMIT, Fraction(SUBMIT.burst), now) for name in PARTICIPANTS}
        self.work = {name: Tokens(work, Fraction(work.burst), now) for name in PARTICIPANTS}
        self.virtual, self.sequence = 0, 0
        self.finish: dict[str, int] = {}
        self.asked: dict[str, Asked] = {}
        self.drawings: dict[str, Drawing] = {}
        self.fences: dict[str, int] = {}
        self.outbox: list[tuple[str, str, int]] = []
        self.credited: set[tuple[str, str]] = set()
        self.named: dict[str, str] = {}
        self.changed = False

    @property
    def queue(self) -> list[str]:
        waiting = [print_ for print_, drawing in self.drawings.items() if drawing.state is State.QUEUED]
        return sorted(waiting, key=lambda print_: self.drawings[print_].tag)

    def pending(self, participant: str) -> int:
        unfinished = (State.QUEUED, State.DRAWING)
        return sum(each.owner == participant and each.state in unfinished for each in self.drawings.values())

    def held(self, lease: Lease) -> Drawing | None:
        return self.drawings[lease.fingerprint] if lease.fence == self.fences[lease.fingerprint] else None

    def admit(self, wanted: Order, now: int) -> tuple[str, int]:
        """Returns the outcome of a submission, and how long a bucket makes it wait."""
        who, print_ = wanted.wish.participant_id, wanted.fingerprint
        known = self.asked.get(wanted.submission_id)
        if known is not None:
            return ("known" if known.record.prompt == wanted.wish.prompt else "REQUEST_ID_REUSED"), 0
        if wait := self.submit[who].wait_ms(now):
            return "SUBMIT_RATE", wait
        self.submit[who].tokens -= 1
        drawing = self.drawings.get(print_)
        if drawing is None or drawing.state is State.FAILED:
            if self.pending(who) >= self.policy.pending:
                return "PENDING_LIMIT", 0
            if wait := self.work[who].wait_ms(now):
                return "NEW_WORK_RATE", wait
            if len(self.queue) >= wanted.max_queue:
                return "QUEUE_FULL", 0
            self.work[who].tokens -= 1
            self.sequence += 1
            first = who not in self.finish
            tag = self.next_tag(who)
            drawing = self.drawings[print_] = Drawing(who, tag, who, wanted.wish.model, first_of_account=first)
            self.finish[who] = tag[0] + 1
            answer = Answer.ACCEPTED
        elif drawing.state is State.DONE:
            self.sequence += 1
            answer = Answer.REPEATED
            nickname = wanted.wish.nickname
            if (print_, who) not in self.credited or self.named[who] != nickname:
                self._credit(print_, who, nickname)
                self.outbox.append((wanted.submission_id, who, now))
        else:
            self.sequence += 1
            answer = Answer.COALESCED
            tag = self.next_tag(who)
            if drawing.state is State.QUEUED and tag < drawing.tag:
                drawing.tag, drawing.on_account_of = tag, who
                drawing.overtaken_by.clear()
                drawing.first_of_account = who not in self.finish
                self.finish[who] = tag[0] + 1
        if answer is not Answer.REPEATED:
            drawing.waiters.append(wanted.submission_id)
        record = Record(
            wanted.submission_id, who, 0, "duck", wanted.wish.prompt, State.QUEUED, answer, now, 7, 0, 0, None, None
        )
        self.asked[wanted.submission_id] = Asked(record, wanted.wish.nickname, drawing)
        self.changed = True
        return answer.value, 0

    def next_tag(self, who: str) -> tuple[int, int]:
        return max(self.virtual, self.finish.get(who, 0)), self.sequence

    def claimable(self, model: Model | None) -> list[str]:
        """Returns what a worker with this model (None: any) may be given, first things first."""
        return [each for each in self.queue if model in (None, self.drawings[each].model)]

    def claim(self, waiting: Sequence[str], now: int) -> Drawing:
        """Leases the first of what is claimable."""
        head, *others = waiting
        drawing = self.drawings[head]
        self.fences[head] = self.fences.get(head, 0) + 1
        if not drawing.claimed_before:
            for other in others:
                self.drawings[other].overtaken_by[drawing.on_account_of] += 1
        drawing.state, drawing.started, drawing.deadline = State.DRAWING, now, now + LEASE_MS
        drawing.claimed_before = True
        self.virtual = max(self.virtual, drawing.tag[0])
        self.changed = True
        return drawing

    def complete(self, print_: str, result: Result, deliveries: Sequence[Delivery], now: int) -> None:
        """Ends a drawing, and checks who got the score. Waiters are in a hash: their order is not fixed."""
        drawing = self.drawings[print_]
        drawing.state, drawing.result = State.DONE, result
        ids = [each.submission_id for each in deliveries]
        assert len(set(ids)) == len(ids)
        assert set(ids) <= set(drawing.waiters)
        for who in {self.asked[waiter].record.participant_id for waiter in drawing.waiters}:
            names = {self.asked[each].nickname for each in drawing.waiters if self._by(each, who)}
            told = [each.nickname for each in deliveries if each.participant_id == who]
            # Each name at least once, and none twice in a row.
            assert set(told) == names
            assert all(one != other for one, other in zip(told, told[1:], strict=False))
            self._credit(print_, who, told[-1])
        self.outbox += [(each.submission_id, each.participant_id, now) for each in deliveries]
        self.changed = True

    def end_lease(self, drawing: Drawing, failure: Failure | None, now: int) -> None:
        """Puts a drawing back, or fails it: then its token goes back."""
        drawing.state = State.QUEUED if failure is None else State.FAILED
        drawing.failure = failure
        if failure is not None:
            tokens = self.work[drawing.owner]
            tokens.wait_ms(now)
            tokens.tokens = min(Fraction(tokens.bucket.burst), tokens.tokens + 1)
        self.changed = True

    def _by(self, submission_id: str, who: str) -> bool:
        return self.asked[submission_id].record.participant_id == who

    def _credit(self, print_: str, who: str, nickname: str) -> None:
        self.credited.add((print_, who))
        self.named[who] = nickname
