// One target's leaderboard, live.
import { signal } from "@preact/signals";
import type { Leaderboard } from "../gen/cygnet/v1/leaderboard_pb";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";
import { follow, type Link } from "../rpc/follow";
import type { PhaseTracker } from "./contestPhase";

const REOPEN_MS = 10_000;

export class Standings {
  readonly leaderboard = signal<Leaderboard | undefined>(undefined);
  readonly link = signal<Link>("connecting");
  #stop: (() => void) | undefined;

  constructor(
    private readonly clients: Clients,
    readonly contest: string,
    readonly target: string,
    private readonly limit: number,
    private readonly phase: PhaseTracker,
  ) {}

  start(): void {
    if (this.#stop === undefined) this.#follow();
  }

  #follow(): void {
    const request = { contest: this.contest, target: this.target, limit: this.limit };
    this.#stop = follow({
      // Always from the start: one small message, and a board outlives a store that was set back to nothing.
      open: (signal) => this.clients.leaderboard.watchLeaderboard({ ...request, afterRevision: 0n }, { signal }),
      receive: ({ event }) => {
        if (event.case === "goodbye") return "goodbye";
        if (event.case !== "leaderboard") return "heartbeat";
        this.#set(event.value);
        return "update";
      },
      poll: async (signal) => {
        const { leaderboard } = await this.clients.leaderboard.getLeaderboard(request, {
          signal,
          timeoutMs: CALL_TIMEOUT_MS,
        });
        if (leaderboard !== undefined) this.#set(leaderboard);
        return false;
      },
      onLink: (link) => {
        this.link.value = link;
      },
      onEnd: () => {
        this.link.value = "lost";
        // Nobody stands before a big screen to reload it: the stream is opened again even after an answer that sounds final.
        const timer = setTimeout(() => this.#follow(), REOPEN_MS);
        this.#stop = () => clearTimeout(timer);
      },
    });
  }

  #set(leaderboard: Leaderboard): void {
    this.leaderboard.value = leaderboard;
    this.phase.onStream(leaderboard);
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
