// Who plays in this browser. The token is the identity; the nickname only says how it is shown.
import { signal } from "@preact/signals";
import { type KeyValueStore, readJson } from "./storage";

export interface Session {
  participantId: string;
  nickname: string;
  token: string;
  /** Was in the hall; absent in sessions from before there was presence. */
  present?: boolean;
}

function isSession(value: unknown): value is Session {
  const it = value as Partial<Session> | null;
  return typeof it?.participantId === "string" && typeof it.nickname === "string" && typeof it.token === "string";
}

export class SessionStore {
  readonly current = signal<Session | undefined>(undefined);
  readonly #key: string;
  readonly #nicknameKey: string;

  constructor(
    private readonly store: KeyValueStore,
    contest: string,
  ) {
    this.#key = `cygnet.session.${contest}`;
    this.#nicknameKey = `cygnet.nickname.${contest}`;
    this.current.value = this.#read();
  }

  /** The nickname to offer when joining again. */
  get lastNickname(): string {
    return this.current.value?.nickname ?? this.store.getItem(this.#nicknameKey) ?? "";
  }

  save(session: Session): void {
    this.store.setItem(this.#key, JSON.stringify(session));
    this.store.setItem(this.#nicknameKey, session.nickname);
    this.current.value = session;
  }

  /** Takes over what another tab joined meanwhile; true when that is a different session than `refused`. */
  adoptOtherTab(refused: string | undefined): boolean {
    const stored = this.#read();
    if (stored === undefined || stored.token === refused) return false;
    this.current.value = stored;
    return true;
  }

  /** Forgets a session that the server no longer accepts; the nickname is kept. */
  clear(): void {
    this.store.removeItem(this.#key);
    this.current.value = undefined;
  }

  #read(): Session | undefined {
    return readJson(this.store, this.#key, isSession);
  }
}
