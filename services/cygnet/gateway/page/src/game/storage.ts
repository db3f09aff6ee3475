// What a browser stores between visits. Private windows may forbid localStorage: then it lasts as long as the page.

/** The part of the Web Storage API that the page uses. */
export type KeyValueStore = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

export class InMemoryStore implements KeyValueStore {
  readonly #values = new Map<string, string>();
  get length(): number {
    return this.#values.size;
  }
  key(index: number): string | null {
    return [...this.#values.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.#values.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.#values.set(key, value);
  }
  removeItem(key: string): void {
    this.#values.delete(key);
  }
}

/** Returns localStorage where it can be written, else a store in memory. */
export function openStore(): KeyValueStore {
  try {
    const probe = "cygnet.probe";
    window.localStorage.setItem(probe, "1");
    window.localStorage.removeItem(probe);
    return window.localStorage;
  } catch {
    return new InMemoryStore();
  }
}

/** Parses what was stored; anything unreadable counts as not stored. */
export function readJson<T>(store: KeyValueStore, key: string, isValid: (value: unknown) => value is T): T | undefined {
  try {
    const value: unknown = JSON.parse(store.getItem(key) ?? "");
    return isValid(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
