// Being in the hall: the code that was scanned, the ticket that it is exchanged for, and what a session lacks.
import { type ReadonlySignal, signal } from "@preact/signals";
import type { JoinResponse } from "../gen/cygnet/v1/submission_pb";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";
import { problemOf } from "../rpc/problem";
import { backoffMs, waitOrWake } from "../rpc/wake";
import { newRequestId } from "./outbox";
import { type KeyValueStore, readJson } from "./storage";

/** A code can be exchanged within its minute; after that, trying again is in vain. */
const CODE_HOLDS_MS = 65_000;
/** A hall's phones do not all come back in the moment of the draw. */
const AFTER_DRAW_MS = 3_000;

export type PresenceState =
  /** Nothing was scanned. */
  | "none"
  /** A code is being exchanged. */
  | "exchanging"
  /** There is a ticket to join with. */
  | "ticket"
  /** The code or the ticket does not hold any more: scan again. */
  | "old"
  /** More people scan than can wait: scan again in a moment. */
  | "full";

interface Ticket {
  ticket: string;
  expiresAt: number;
}

function isTicket(value: unknown): value is Ticket {
  const it = value as Partial<Ticket> | null;
  return typeof it?.ticket === "string" && typeof it.expiresAt === "number";
}

/** Takes what a scanned code put behind the "#" out of the address: who passes the address on passes no code on. */
export function takeFromAddress(name: string): string | undefined {
  const value = new RegExp(`^#${name}=([a-z2-7-]+)$`, "i").exec(window.location.hash)?.[1];
  if (value !== undefined) window.history.replaceState(null, "", window.location.pathname + window.location.search);
  return value?.toLowerCase();
}

export class Presence {
  readonly state = signal<PresenceState>("none");
  /** When a lot decides next whether the ticket's holder is present, by this browser's clock. */
  readonly nextDraw = signal<number | undefined>(undefined);
  readonly #key: string;
  readonly #device: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop = new AbortController();

  constructor(
    private readonly clients: Clients,
    private readonly contest: string,
    private readonly store: KeyValueStore,
    /** Whether there are screens to scan. */
    readonly codesShown: ReadonlySignal<boolean>,
  ) {
    this.#key = `cygnet.ticket.${contest}`;
    this.#device = store.getItem("cygnet.device") ?? newRequestId();
    store.setItem("cygnet.device", this.#device);
    if (this.#ticket() !== undefined) this.state.value = "ticket";
  }

  /** What Join takes: the ticket, if there is one that holds. */
  forJoin(): { ticket: string; device: string } {
    return { ticket: this.#ticket()?.ticket ?? "", device: this.#device };
  }

  /** Exchanges a code, again and again for as long as it can hold; true when there is a ticket now. */
  async exchange(code: string): Promise<boolean> {
    this.stop();
    const { signal } = this.#stop;
    const over = Date.now() + CODE_HOLDS_MS;
    this.state.value = "exchanging";
    for (let failures = 1; !signal.aborted && Date.now() < over; failures += 1) {
      try {
        const response = await this.clients.presence.exchangeCode(
          { contest: this.contest, code, device: this.#device },
          { timeoutMs: CALL_TIMEOUT_MS, signal },
        );
        const ticket = { ticket: response.ticket, expiresAt: Date.now() + response.holdsMs };
        this.store.setItem(this.#key, JSON.stringify(ticket));
        this.state.value = "ticket";
        return true;
      } catch (thrown) {
        const problem = problemOf(thrown);
        if (problem.kind !== "unreachable") {
          this.state.value = problem.kind === "refused" ? "full" : "old";
          return false;
        }
        await waitOrWake(backoffMs(failures, Math.random(), 8_000), signal);
      }
    }
    if (!signal.aborted) this.state.value = "old";
    return false;
  }

  /** Notes what a Join with the ticket came to; `again` is called when it is worth joining again. */
  onJoined({ present, nextDrawInMs }: JoinResponse, again: () => void): void {
    clearTimeout(this.#timer);
    this.nextDraw.value = undefined;
    if (present) this.#forget("none");
    else if (nextDrawInMs > 0) this.waitForDraw(nextDrawInMs, again);
  }

  /** Calls `again` a moment after the next lot. */
  waitForDraw(inMs: number, again: () => void): void {
    this.nextDraw.value = Date.now() + inMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(again, inMs + AFTER_DRAW_MS * Math.random());
  }

  /** The server takes the ticket no more. */
  onTicketOld(): void {
    this.nextDraw.value = undefined;
    this.#forget("old");
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  #forget(state: PresenceState): void {
    this.store.removeItem(this.#key);
    this.state.value = state;
  }

  #ticket(): Ticket | undefined {
    const ticket = readJson(this.store, this.#key, isTicket);
    return ticket !== undefined && ticket.expiresAt > Date.now() ? ticket : undefined;
  }
}
