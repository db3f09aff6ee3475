// Solves ALTCHA's challenges, version 2, of the one kind that Cygnet makes: one SHA-256 a try.
import { hashBlock } from "./sha256";

export interface Challenge {
  parameters: {
    algorithm: string;
    cost: number;
    nonce: string;
    salt: string;
    keyLength: number;
    /** Hex digits with which the hash must begin. */
    keyPrefix: string;
  };
}

export interface Solution {
  counter: number;
  derivedKey: string;
}

/** Looks for the counter in `from` … `to` - 1. */
export function search({ parameters }: Challenge, from: number, to: number): Solution | undefined {
  const message = bytes(parameters.salt + parameters.nonce);
  const known = parameters.algorithm === "SHA-256" && parameters.cost === 1 && parameters.keyLength === 32;
  // Salt, nonce and counter in one block, with the 9 bytes of padding; whole words, for speed.
  if (!known || message.length % 4 !== 0 || message.length > 48) throw new Error("an unknown kind of challenge");
  const words = new Int32Array(64);
  const last = message.length / 4;
  const view = new DataView(message.buffer);
  for (let i = 0; i < last; i += 1) words[i] = view.getInt32(4 * i);
  words[last + 1] = 0x80000000 | 0;
  words[15] = (message.length + 4) * 8;
  const hash = new Int32Array(8);
  const prefix = parameters.keyPrefix.toLowerCase();
  const quick = prefix.length >= 8 ? Number.parseInt(prefix.slice(0, 8), 16) | 0 : undefined;
  for (let counter = from; counter < to; counter += 1) {
    words[last] = counter;
    hashBlock(words, hash);
    if (quick !== undefined && hash[0] !== quick) continue;
    const derivedKey = hex(hash);
    if (derivedKey.startsWith(prefix)) return { counter, derivedKey };
  }
  return undefined;
}

function bytes(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function hex(words: Int32Array): string {
  return Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
