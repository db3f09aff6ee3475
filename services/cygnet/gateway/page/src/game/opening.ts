// Whether the contest takes prompts, and until when: told by the ranking's stream, and by every look at the contest.
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { computed, signal } from "@preact/signals";
import { type Contest, ContestPhase } from "../gen/cygnet/v1/contest_pb";
import { ServerClock } from "./progress";

interface Told {
  phase: ContestPhase;
  nextChange?: Timestamp | undefined;
}

export class Opening {
  readonly phase = signal(ContestPhase.UNSPECIFIED);
  /** When the phase next changes by itself, in milliseconds of the server's clock. */
  readonly nextChangeMs = signal<number | undefined>(undefined);
  readonly takesPrompts = computed(() => !CLOSED.includes(this.phase.value));
  /** Differs after every change. */
  readonly heard = computed(() => `${this.phase.value} ${this.nextChangeMs.value}`);
  readonly #clock = new ServerClock();
  #heardAt = Number.NEGATIVE_INFINITY;

  /** The ranking's stream says a change when it happens. */
  hear(told: Told): void {
    this.#heardAt = performance.now();
    this.#take(told);
  }

  /** A look at the contest that began at `askedAt` (performance.now()); what was heard since then is newer. */
  seen(told: Told & { now?: Timestamp | undefined }, askedAt: number): void {
    if (told.now !== undefined) this.#clock.witness(timestampMs(told.now), Date.now());
    if (askedAt > this.#heardAt) this.#take(told);
  }

  /** Milliseconds until the phase changes by itself; 0 when that moment is past, undefined when there is none. */
  leftMs(localMs: number): number | undefined {
    const at = this.nextChangeMs.value;
    return at === undefined ? undefined : this.#clock.until(at, localMs);
  }

  #take({ phase, nextChange }: Told): void {
    this.phase.value = phase;
    this.nextChangeMs.value = nextChange && timestampMs(nextChange);
  }
}

/** Open, with a ranking that moves: nothing to say about it. */
export function isOrdinary(phase: ContestPhase): boolean {
  return phase === ContestPhase.OPEN || phase === ContestPhase.UNSPECIFIED;
}

const CLOSED: readonly ContestPhase[] = [ContestPhase.CLOSED, ContestPhase.PAUSED, ContestPhase.FINISHED];

/** True before the first window: there is nothing yet that it could open again. */
export function isBeforeFirst(contest: Contest, opensMs: number | undefined): boolean {
  const first = contest.windows[0]?.opens;
  return first !== undefined && timestampMs(first) === opensMs;
}

/** When the ranking begins to stand still, and when all is shown; undefined where it never does. */
export function freezeOf({ windows, freezeBeforeMs }: Contest): { from: Date; until: Date } | undefined {
  const closes = windows.at(-1)?.closes;
  if (closes === undefined || freezeBeforeMs === 0n) return undefined;
  return { from: new Date(timestampMs(closes) - Number(freezeBeforeMs)), until: new Date(timestampMs(closes)) };
}

export interface Countdown {
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
}

/** Whole seconds, rounded up: it reads one second until the moment has come. */
export function countdown(leftMs: number): Countdown {
  const all = Math.ceil(Math.max(0, leftMs) / 1000);
  return {
    days: Math.floor(all / 86_400),
    hours: Math.floor(all / 3600) % 24,
    minutes: Math.floor(all / 60) % 60,
    seconds: all % 60,
  };
}
