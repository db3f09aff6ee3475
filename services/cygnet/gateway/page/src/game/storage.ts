// What a phone remembers. Private windows may forbid localStorage; the game then lasts as long as the page.

export interface Memory {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(prefix: string): string[];
}

export class MapMemory implements Memory {
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

class StorageMemory implements Memory {
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

export function phoneMemory(): Memory {
  try {
    const probe = "cygnet.probe";
    window.localStorage.setItem(probe, "1");
    window.localStorage.removeItem(probe);
    return new StorageMemory(window.localStorage);
  } catch {
    return new MapMemory();
  }
}

/** Parses what was stored; anything unreadable counts as not stored. */
export function readJson<T>(memory: Memory, key: string, isValid: (value: unknown) => value is T): T | undefined {
  const text = memory.get(key);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isValid(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
