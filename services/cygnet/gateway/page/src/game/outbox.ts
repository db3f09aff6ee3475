// Wishes that the server has not acknowledged yet. Each has a key of its own, so that two tabs never overwrite each
// other's, and its request_id is made before the first send, so that sending it twice draws it once.
import { type Memory, readJson } from "./storage";

export interface Wish {
  requestId: string;
  target: string;
  prompt: string;
  /** When it was made, in milliseconds of this phone's clock; only for order. */
  madeAt: number;
}

function isWish(value: unknown): value is Wish {
  const it = value as Partial<Wish> | null;
  return (
    typeof it?.requestId === "string" &&
    typeof it.target === "string" &&
    typeof it.prompt === "string" &&
    typeof it.madeAt === "number"
  );
}

export class Outbox {
  readonly #memory: Memory;
  readonly #prefix: string;

  constructor(memory: Memory, contest: string) {
    this.#memory = memory;
    this.#prefix = `cygnet.outbox.${contest}.`;
  }

  put(wish: Wish): void {
    this.#memory.set(this.#prefix + wish.requestId, JSON.stringify(wish));
  }

  remove(requestId: string): void {
    this.#memory.remove(this.#prefix + requestId);
  }

  /** Oldest first. */
  all(): Wish[] {
    return this.#memory
      .keys(this.#prefix)
      .map((key) => readJson(this.#memory, key, isWish))
      .filter((wish) => wish !== undefined)
      .sort((a, b) => a.madeAt - b.madeAt);
  }
}

/** 32 hex digits. Works without a secure context too, where crypto.randomUUID does not exist (a hall's http address). */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
