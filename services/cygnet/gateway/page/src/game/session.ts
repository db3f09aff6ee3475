// Who plays on this phone. The token is the identity; the nickname only says how it is shown.
import { signal } from "@preact/signals";
import { type Memory, readJson } from "./storage";

export interface Session {
  participantId: string;
  nickname: string;
  token: string;
}

function isSession(value: unknown): value is Session {
  const it = value as Partial<Session> | null;
  return typeof it?.participantId === "string" && typeof it.nickname === "string" && typeof it.token === "string";
}

export class SessionKeeper {
  readonly current = signal<Session | undefined>(undefined);
  readonly #memory: Memory;
  readonly #key: string;
  readonly #nicknameKey: string;

  constructor(memory: Memory, contest: string) {
    this.#memory = memory;
    this.#key = `cygnet.session.${contest}`;
    this.#nicknameKey = `cygnet.nickname.${contest}`;
    this.current.value = this.#stored();
  }

  /** The nickname to offer when joining again. */
  get lastNickname(): string {
    return this.current.value?.nickname ?? this.#memory.get(this.#nicknameKey) ?? "";
  }

  keep(session: Session): void {
    this.#memory.set(this.#key, JSON.stringify(session));
    this.#memory.set(this.#nicknameKey, session.nickname);
    this.current.value = session;
  }

  /** Takes over what another tab joined meanwhile; true when that is a different session than `refused`. */
  adoptOther(refused: string | undefined): boolean {
    const stored = this.#stored();
    if (stored === undefined || stored.token === refused) return false;
    this.current.value = stored;
    return true;
  }

  /** Forgets a session that the server no longer accepts; the nickname is kept. */
  drop(): void {
    this.#memory.remove(this.#key);
    this.current.value = undefined;
  }

  #stored(): Session | undefined {
    return readJson(this.#memory, this.#key, isSession);
  }
}
