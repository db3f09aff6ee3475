// Submissions that the server has not acknowledged yet. Each has a key of its own, so that two tabs never overwrite
// each other's, and its request_id is made before the first send, so that sending it twice draws it once.
import { type KeyValueStore, readJson } from "./storage";

export interface PendingSubmission {
  requestId: string;
  target: string;
  prompt: string;
  /** When it was made, in milliseconds of this browser's clock; only for order. */
  madeAt: number;
  /** The queue was full: since when it stands in line, and when it is worth sending again; by this browser's clock. */
  line?: { since: number; retryAt: number };
}

function isPendingSubmission(value: unknown): value is PendingSubmission {
  const it = value as Partial<PendingSubmission> | null;
  return (
    typeof it?.requestId === "string" &&
    typeof it.target === "string" &&
    typeof it.prompt === "string" &&
    typeof it.madeAt === "number" &&
    (it.line === undefined || (typeof it.line?.since === "number" && typeof it.line.retryAt === "number"))
  );
}

export class Outbox {
  readonly #prefix: string;

  constructor(
    private readonly store: KeyValueStore,
    contest: string,
  ) {
    this.#prefix = `cygnet.outbox.${contest}.`;
  }

  put(pending: PendingSubmission): void {
    this.store.setItem(this.#prefix + pending.requestId, JSON.stringify(pending));
  }

  remove(requestId: string): void {
    this.store.removeItem(this.#prefix + requestId);
  }

  /** Oldest first. */
  all(): PendingSubmission[] {
    return Array.from({ length: this.store.length }, (_, index) => this.store.key(index) ?? "")
      .filter((key) => key.startsWith(this.#prefix))
      .map((key) => readJson(this.store, key, isPendingSubmission))
      .filter((pending) => pending !== undefined)
      .sort((a, b) => a.madeAt - b.madeAt);
  }
}

/** 32 hex digits. Works without a secure context too, where crypto.randomUUID does not exist (a hall's http address). */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
