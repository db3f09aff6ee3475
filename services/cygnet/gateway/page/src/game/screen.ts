// The big screen that organisers paired: it gets a presence code each turn, and never the key that makes them.
import { signal } from "@preact/signals";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";
import { follow } from "../rpc/follow";
import { problemOf } from "../rpc/problem";
import { backoffMs, waitOrWake } from "../rpc/wake";
import type { KeyValueStore } from "./storage";

/** A code can be exchanged for so long after its turn has ended. */
const HOLDS_ON_MS = 30_000;
const REOPEN_MS = 10_000;

export class PairedScreen {
  /** What people scan now; absent while this screen is not paired, or has not heard for too long. */
  readonly code = signal<string | undefined>(undefined);
  /** True: the pairing code that the organiser opened was used or over. */
  readonly pairingFailed = signal(false);
  #contest = "";
  #over: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly clients: Clients,
    private readonly store: KeyValueStore,
  ) {}

  get token(): string | undefined {
    return this.store.getItem(this.#key) ?? undefined;
  }

  /** Pairs the screen, where there is a pairing code; then shows codes, where it is paired. */
  async start(contest: string, pairingCode: string | undefined): Promise<void> {
    this.#contest = contest;
    if (pairingCode !== undefined) await this.#pair(pairingCode);
    if (this.token !== undefined) this.#follow();
  }

  get #key(): string {
    return `cygnet.screen.${this.#contest}`;
  }

  async #pair(pairingCode: string): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      try {
        const request = { contest: this.#contest, pairingCode };
        const { screenToken } = await this.clients.presence.pairScreen(request, { timeoutMs: CALL_TIMEOUT_MS });
        return this.store.setItem(this.#key, screenToken);
      } catch (thrown) {
        if (problemOf(thrown).kind !== "unreachable") {
          this.pairingFailed.value = true;
          return;
        }
        await waitOrWake(backoffMs(failures, Math.random(), 8_000), new AbortController().signal);
      }
    }
  }

  #follow(): void {
    follow({
      open: (signal) => this.clients.presence.watchCodes({ contest: this.#contest }, { signal }),
      receive: ({ code, nextInMs }) => {
        this.code.value = code === "" ? undefined : code;
        clearTimeout(this.#over);
        this.#over = setTimeout(() => {
          this.code.value = undefined;
        }, nextInMs + HOLDS_ON_MS);
        return "update";
      },
      // There is no other way to a code.
      poll: async () => false,
      onLink: () => undefined,
      onEnd: (problem) => {
        // Unpaired by the organiser; whatever else it is may pass.
        if (problem.kind !== "signedOut") setTimeout(() => this.#follow(), REOPEN_MS);
        else {
          this.store.removeItem(this.#key);
          this.code.value = undefined;
        }
      },
    });
  }
}
