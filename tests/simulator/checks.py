"""What always holds on a simulated day, whatever fails: looked at while it happens, and once more at its end."""

import itertools
from collections import Counter
from fractions import Fraction

from cygnet.dedup import classes
from cygnet.dedup.values import Bucket
from cygnet.internal.v1 import dedup_pb2

from ..dedup.model import Tokens

SUBMIT, WORK = Bucket(500, 10), Bucket(2_000, 8)
MOST_LOST = 3


class Budget:
    """What a participant may ask for: two token buckets and a bound on what is unfinished, as textbooks have them."""

    def __init__(self, now: int, pending: int) -> None:
        self.submit = Tokens(SUBMIT, Fraction(SUBMIT.burst), now)
        self.work = Tokens(WORK, Fraction(WORK.burst), now)
        self.most_pending = pending
        self.pending = 0

    def refusal(self, now: int, *, new_work: bool) -> tuple[str, int | None]:
        """Returns the reason for which a submission is to be refused, and how long that holds; ("", 0) for none."""
        if wait := self.submit.wait_ms(now):
            return "SUBMIT_RATE", wait
        self.submit.tokens -= 1
        if new_work and self.pending >= self.most_pending:
            return "PENDING_LIMIT", None
        if new_work and (wait := self.work.wait_ms(now)):
            return "NEW_WORK_RATE", wait
        return "", 0

    def takes(self) -> None:
        self.work.tokens -= 1
        self.pending += 1

    def ends(self, now: int, *, failed: bool) -> None:
        self.pending -= 1
        if failed:
            self.work.wait_ms(now)
            self.work.tokens = min(Fraction(WORK.burst), self.work.tokens + 1)


class Turns:
    """Who was drawn while who waited, held against the theorem of docs/fairness.md."""

    def __init__(self) -> None:
        self.waiting: dict[str, tuple[str, int]] = {}
        """Owner and class of each waiting job."""
        self.moved: set[str] = set()
        """Jobs that came back to an old place, or changed theirs: while one waits its owner is promised nothing."""
        self.claims: list[tuple[tuple[str, int], frozenset[tuple[str, int]], frozenset[int]]] = []
        """Who was drawn, who waited then, and which classes did."""

    def claimed(self, fingerprint: str) -> None:
        drawn = self.waiting[fingerprint]
        without = {self.waiting[each][0] for each in self.moved & self.waiting.keys()}
        waited = frozenset(each for each in self.waiting.values() if each[0] not in without)
        self.claims.append((drawn, waited, frozenset(klass for _, klass in self.waiting.values())))
        del self.waiting[fingerprint]
        self.moved.discard(fingerprint)

    def check(self) -> None:
        """Two of one class who both wait differ by two drawings at most; regulars' classes get their shares."""
        for one, other in itertools.combinations(sorted({who for _, waited, _ in self.claims for who in waited}), 2):
            if one[1] != other[1]:
                continue
            least = most = ahead = 0
            for drawn, waited, _ in self.claims:
                if not {one, other} <= waited:
                    least = most = ahead = 0
                    continue
                ahead += (drawn == one) - (drawn == other)
                least, most = min(least, ahead), max(most, ahead)
                assert most - least <= 2, f"of two who wait one gets {most - least} drawings more"
        for klass in (0, 2):
            share, owed, worst = classes.SHARES[klass] / sum(classes.SHARES), 0.0, 0.0
            for (_, served), _, those_who_wait in self.claims:
                # What was promised less what there was: its largest rise in any stretch in which the class waits.
                owed = max(0.0, owed + share - (served == klass)) if klass in those_who_wait else 0.0
                worst = max(worst, owed)
            assert worst <= len(classes.CLASSES) * share + 1, f"class {klass} is {worst:.1f} drawings behind its share"


class Deliveries:
    """Which scores are on their way to the leaderboard: each once, and all of them."""

    @staticmethod
    def check(outbox: list[tuple[str, str]], due: set[tuple[str, str]]) -> None:
        """Both are participants and fingerprints."""
        twice = [each for each, times in Counter(outbox).items() if times > 1]
        assert not twice, f"{len(twice)} scores are delivered twice"
        assert set(outbox) == due, f"{len(due - set(outbox))} scores are lost, {len(set(outbox) - due)} are nobody's"


def same(one: dedup_pb2.Job | None, other: dedup_pb2.Job) -> bool:
    """Tells whether both are the same lease of the same job."""
    return one is not None and (one.fingerprint, one.fence) == (other.fingerprint, other.fence)
