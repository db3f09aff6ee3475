// What the model reads of a prompt: the draft's while it is written, and a prompt cut into words that count or do not.
import { signal } from "@preact/signals";
import type { Reading } from "../gen/cygnet/v1/submission_pb";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";

/** Pause after the last key before the draft is read. */
export const PAUSE_MS = 350;
/** While an input method composes: half a syllable is no word yet, but a Korean one stays open until the next begins. */
export const COMPOSING_PAUSE_MS = 900;
/** A model without a vocabulary may get one: it is looked for again after so long. */
export const NO_VOCABULARY_MS = 60_000;

export interface DraftReading {
  prompt: string;
  reading: Reading;
}

export class DraftReader {
  /** Of the draft as it was a moment ago; undefined where nothing is written, or the model has no vocabulary. */
  readonly latest = signal<DraftReading | undefined>(undefined);
  composing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #call = new AbortController();
  #silentUntil = 0;

  constructor(
    private readonly clients: Clients,
    private readonly contest: string,
  ) {}

  /** Takes the draft after each change; undefined where there is nothing that may be read. */
  update(prompt: string | undefined): void {
    this.stop();
    if (prompt === undefined) this.latest.value = undefined;
    else if (prompt !== this.latest.peek()?.prompt && Date.now() >= this.#silentUntil) {
      this.#timer = setTimeout(() => void this.#read(prompt), this.composing ? COMPOSING_PAUSE_MS : PAUSE_MS);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#call.abort();
  }

  async #read(prompt: string): Promise<void> {
    const call = new AbortController();
    this.#call = call;
    try {
      const { reading } = await this.clients.submission.readPrompt(
        { contest: this.contest, prompt },
        { signal: call.signal, timeoutMs: CALL_TIMEOUT_MS },
      );
      if (call.signal.aborted) return;
      if (reading === undefined) this.#silentUntil = Date.now() + NO_VOCABULARY_MS;
      this.latest.value = reading && { prompt, reading };
    } catch {
      // It is a help while writing: without an answer there is none, and sending says what is wrong.
    }
  }
}

export interface Segment {
  text: string;
  /** Undefined for what means nothing by itself: spaces, commas, "the". */
  read: boolean | undefined;
}

/** The whole prompt in its order, cut at its words. The server counts in code points. */
export function segments(prompt: string, { spans }: Reading): Segment[] {
  const characters = Array.from(prompt);
  const cut: Segment[] = [];
  let at = 0;
  const push = (end: number, read: boolean | undefined) => {
    const text = characters.slice(at, end).join("");
    if (text !== "") cut.push({ text, read });
    at = Math.max(at, end);
  };
  for (const { start, end, read } of spans) {
    push(start, undefined);
    push(end, read);
  }
  push(characters.length, undefined);
  return cut;
}
