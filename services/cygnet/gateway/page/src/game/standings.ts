// One target's ranking, live.
import { signal } from "@preact/signals";
import type { Leaderboard } from "../gen/cygnet/v1/leaderboard_pb";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";
import { follow, type Link } from "../rpc/follow";
import type { Opening } from "./opening";

const AGAIN_MS = 10_000;

export class Standings {
  readonly leaderboard = signal<Leaderboard | undefined>(undefined);
  readonly link = signal<Link>("connecting");
  #stop: (() => void) | undefined;

  constructor(
    private readonly clients: Clients,
    readonly contest: string,
    readonly target: string,
    private readonly limit: number,
    private readonly opening: Opening,
  ) {}

  start(): void {
    if (this.#stop === undefined) this.#follow();
  }

  #follow(): void {
    const which = { contest: this.contest, target: this.target, limit: this.limit };
    this.#stop = follow({
      // Always from the start: one small message, and a board outlives a store that was set back to nothing.
      open: (signal) => this.clients.leaderboard.watchLeaderboard({ ...which, afterRevision: 0n }, { signal }),
      hear: ({ event }) => {
        if (event.case === "goodbye") return "goodbye";
        if (event.case !== "leaderboard") return "alive";
        this.#take(event.value);
        return "news";
      },
      poll: async (signal) => {
        const answer = await this.clients.leaderboard.getLeaderboard(which, { signal, timeoutMs: CALL_TIMEOUT_MS });
        if (answer.leaderboard !== undefined) this.#take(answer.leaderboard);
        return false;
      },
      onLink: (link) => {
        this.link.value = link;
      },
      onEnd: () => {
        this.link.value = "lost";
        // Nobody stands before a big screen to reload it: even an answer that sounds final is asked for again.
        const timer = setTimeout(() => this.#follow(), AGAIN_MS);
        this.#stop = () => clearTimeout(timer);
      },
    });
  }

  #take(leaderboard: Leaderboard): void {
    this.leaderboard.value = leaderboard;
    this.opening.hear(leaderboard);
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
