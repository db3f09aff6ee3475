"""Who plays on a simulated day: people who think between two drawings, and those who do not."""

from dataclasses import dataclass, field

from cygnet.platform.errors import Refused

from .day import Day

PAUSED_MS = 15_000
"""When to look again, says whoever refuses (submission's servicer)."""


@dataclass
class Person:
    """Asks for a drawing, thinks while it is made and afterwards, and comes back when a refusal says so."""

    day: Day
    who: int
    present: bool = True
    think_ms: float = 10_000
    impatient: float = 0.3
    """How often the next one is asked for while one is still waited for."""
    leaves_ms: int = 10**15
    pending: int = 2
    prompt: str = field(default="", init=False)

    def start(self) -> None:
        self.day.after(self.day.chance.uniform(0, self.think_ms), self.ask)

    def thinks_of(self) -> str:
        return f"prompt {next(self.day.numbers)} of {self.who}"

    async def ask(self) -> None:
        day = self.day
        if day.now >= self.leaves_ms:
            return
        if not day.open:
            day.after(PAUSED_MS, self.ask)
            return
        self.prompt = self.prompt or self.thinks_of()
        answer = await day.ask(self.who, self.prompt, present=self.present, pending=self.pending)
        if isinstance(answer, Refused):
            day.after(answer.retry_after_s * 1_000 + 1, self.ask)
            return
        asked = day.asked[answer.submission_id]
        self.prompt = ""
        if day.chance.random() < self.impatient:
            day.after(day.chance.expovariate(1 / self.think_ms), self.ask)
        else:
            asked.then = lambda: day.after(day.chance.expovariate(1 / self.think_ms), self.ask)


@dataclass
class Bot(Person):
    """Sends always, whatever it is told."""

    every_ms: float = 5_000

    def start(self) -> None:
        self.day.after(self.day.chance.uniform(0, self.every_ms), self.ask)

    async def ask(self) -> None:
        if self.day.now < self.leaves_ms and self.day.open:
            await self.day.ask(self.who, f"prompt {next(self.day.numbers)} of {self.who}", present=self.present)
            self.day.after(self.every_ms, self.ask)


class Copycat(Person):
    """Asks for what others ask for as well."""

    def thinks_of(self) -> str:
        return f"prompt {self.day.chance.randrange(30)} of everybody"
