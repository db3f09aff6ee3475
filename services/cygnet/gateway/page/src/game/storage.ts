// What a browser stores between visits. Private windows may forbid localStorage: then it lasts as long as the page.

export interface KeyValueStore {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(prefix: string): string[];
}

export class InMemoryStore implements KeyValueStore {
  readonly #values = new Map<string, string>();
  get(key: string): string | undefined {
    return this.#values.get(key);
  }
  set(key: string, value: string): void {
    this.#values.set(key, value);
  }
  remove(key: string): void {
    this.#values.delete(key);
  }
  keys(prefix: string): string[] {
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix));
  }
}

class LocalStore implements KeyValueStore {
  constructor(private readonly storage: Storage) {}
  get(key: string): string | undefined {
    return this.storage.getItem(key) ?? undefined;
  }
  set(key: string, value: string): void {
    this.storage.setItem(key, value);
  }
  remove(key: string): void {
    this.storage.removeItem(key);
  }
  keys(prefix: string): string[] {
    return Object.keys(this.storage).filter((key) => key.startsWith(prefix));
  }
}

/** Returns localStorage where it can be written, else a store in memory. */
export function openStore(): KeyValueStore {
  try {
    const probe = "cygnet.probe";
    window.localStorage.setItem(probe, "1");
    window.localStorage.removeItem(probe);
    return new LocalStore(window.localStorage);
  } catch {
    return new InMemoryStore();
  }
}

/** Parses what was stored; anything unreadable counts as not stored. */
export function readJson<T>(store: KeyValueStore, key: string, isValid: (value: unknown) => value is T): T | undefined {
  const text = store.get(key);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isValid(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
