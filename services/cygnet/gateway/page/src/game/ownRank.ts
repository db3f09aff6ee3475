// The player's own standing, where the leaderboard does not show it: it lies below, or somebody else had found the picture.
import { signal } from "@preact/signals";
import type { GetStandingResponse } from "../gen/cygnet/v1/leaderboard_pb";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";

export interface StandingQuery {
  contest: string;
  target: string;
  participantId: string;
}

/** Every result of anybody moves ranks; a player far down need not load each move. */
const REFRESH_MS = 20_000;
/** An own result reaches the leaderboard a moment after it reaches the player. */
const AFTER_RESULT_MS = [1_500, 6_000];

export class OwnRank {
  readonly stands = signal<GetStandingResponse | undefined>(undefined);
  #loadedAt = 0;
  #timers: ReturnType<typeof setTimeout>[] = [];

  constructor(
    private readonly clients: Clients,
    /** What to load; undefined while there is nobody, or the leaderboard shows the player anyway. */
    private readonly query: () => StandingQuery | undefined,
  ) {}

  /** Loads the standing again if it is time. */
  refresh(): void {
    if (this.query() === undefined) this.stands.value = undefined;
    else if (Date.now() - this.#loadedAt >= REFRESH_MS) void this.#load();
  }

  /** Loads the standing again shortly: the player has a new result. */
  refreshSoon(): void {
    this.stop();
    this.#timers = AFTER_RESULT_MS.map((ms) => setTimeout(() => void this.#load(), ms));
  }

  /** Forgets what is known: it is about another target or another player now. */
  reset(): void {
    this.stop();
    this.#loadedAt = 0;
    this.stands.value = undefined;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #load(): Promise<void> {
    const query = this.query();
    if (query === undefined) return;
    this.#loadedAt = Date.now();
    try {
      const stands = await this.clients.leaderboard.getStanding(query, { timeoutMs: CALL_TIMEOUT_MS });
      const now = this.query();
      if (now?.target === query.target && now.participantId === query.participantId) this.stands.value = stands;
    } catch {
      // Before the first score there is none, and a lost answer is requested again.
    }
  }
}
