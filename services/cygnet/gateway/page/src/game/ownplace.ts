// The player's own place, where it lies below what the ranking shows.
import { signal } from "@preact/signals";
import type { Standing } from "../gen/cygnet/v1/leaderboard_pb";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";

export interface Whose {
  contest: string;
  target: string;
  participantId: string;
}

/** Every result of anybody moves places; who is far down need not ask each time. */
const ASK_EVERY_MS = 20_000;
/** An own result reaches the ranking a moment after it reaches the player. */
const AFTER_RESULT_MS = [1_500, 6_000];

export class OwnPlace {
  readonly standing = signal<Standing | undefined>(undefined);
  #askedAt = 0;
  #timers: ReturnType<typeof setTimeout>[] = [];

  constructor(
    private readonly clients: Clients,
    /** Whose place to ask for; undefined while there is nobody, or the ranking shows it anyway. */
    private readonly whose: () => Whose | undefined,
  ) {}

  /** Looks again if it is time. */
  refresh(): void {
    if (this.whose() === undefined) this.standing.value = undefined;
    else if (Date.now() - this.#askedAt >= ASK_EVERY_MS) void this.#ask();
  }

  /** Looks again shortly: the player has a new result. */
  expectChange(): void {
    this.stop();
    this.#timers = AFTER_RESULT_MS.map((ms) => setTimeout(() => void this.#ask(), ms));
  }

  /** Forgets what is known: it is about another target or another player now. */
  forget(): void {
    this.stop();
    this.#askedAt = 0;
    this.standing.value = undefined;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #ask(): Promise<void> {
    const asked = this.whose();
    if (asked === undefined) return;
    this.#askedAt = Date.now();
    try {
      const { standing } = await this.clients.leaderboard.getStanding(asked, { timeoutMs: CALL_TIMEOUT_MS });
      const now = this.whose();
      if (now?.target === asked.target && now.participantId === asked.participantId) this.standing.value = standing;
    } catch {
      // Before the first score there is none, and a lost answer is asked for again.
    }
  }
}
