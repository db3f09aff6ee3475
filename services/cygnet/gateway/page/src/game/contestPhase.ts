// The contest's phase and when it changes, as the services computed it: from the leaderboard's stream and from GetContest.
import { type Timestamp, timestampDate, timestampMs } from "@bufbuild/protobuf/wkt";
import { computed, signal } from "@preact/signals";
import { ContestPhase, type GetContestResponse } from "../gen/cygnet/v1/contest_pb";
import { ServerClock } from "./progress";

interface PhaseUpdate {
  phase: ContestPhase;
  nextChange?: Timestamp | undefined;
}

export interface Freeze {
  from: Date;
  until: Date;
}

export class PhaseTracker {
  readonly current = signal(ContestPhase.UNSPECIFIED);
  /** When the phase next changes by itself, in milliseconds of the server's clock. */
  readonly nextChangeMs = signal<number | undefined>(undefined);
  /** False before the first window: there is nothing yet that it could open again. */
  readonly openedBefore = signal(false);
  /** When the leaderboard begins to stand still, and when all is shown; undefined where it never does. */
  readonly freeze = signal<Freeze | undefined>(undefined);
  readonly acceptsPrompts = computed(() => !CLOSED.includes(this.current.value));
  /** Differs after every change. */
  readonly version = computed(() => `${this.current.value} ${this.nextChangeMs.value}`);
  readonly #clock = new ServerClock();
  #streamedAt = Number.NEGATIVE_INFINITY;

  /** Takes what the leaderboard's stream sent: it reports a change when it happens. */
  onStream(update: PhaseUpdate): void {
    this.#streamedAt = performance.now();
    this.#set(update);
  }

  /** Takes an answer to a call that began at `requestedAt` (performance.now()); what was streamed since is newer. */
  onResponse(response: GetContestResponse, requestedAt: number): void {
    const { now, openedBefore, frozenFrom, frozenUntil } = response;
    if (now !== undefined) this.#clock.observe(timestampMs(now), Date.now());
    this.openedBefore.value = openedBefore;
    this.freeze.value = frozenFrom &&
      frozenUntil && { from: timestampDate(frozenFrom), until: timestampDate(frozenUntil) };
    if (requestedAt > this.#streamedAt) this.#set(response);
  }

  /** Milliseconds until the phase changes by itself; 0 when that moment is past, undefined when there is none. */
  remainingMs(localMs: number): number | undefined {
    const at = this.nextChangeMs.value;
    return at === undefined ? undefined : this.#clock.until(at, localMs);
  }

  #set({ phase, nextChange }: PhaseUpdate): void {
    this.current.value = phase;
    this.nextChangeMs.value = nextChange && timestampMs(nextChange);
  }
}

const CLOSED: readonly ContestPhase[] = [ContestPhase.CLOSED, ContestPhase.PAUSED, ContestPhase.FINISHED];

/** Whether there is anything to say about a phase: not while the contest is open and its leaderboard moves. */
export function needsNotice(phase: ContestPhase): boolean {
  return phase !== ContestPhase.OPEN && phase !== ContestPhase.UNSPECIFIED;
}
