// SHA-256 (FIPS 180-4) of one block. WebCrypto does not exist where the page came by plain http, and asks for a promise
// a hash, which makes it slower than this for millions of short messages.

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const K = new Int32Array(64);
/** The same of the square roots of the first 8. */
const INITIAL = new Int32Array(8);

function fraction(root: number): number {
  return ((root - Math.floor(root)) * 2 ** 32) | 0;
}

for (let candidate = 2, found = 0; found < 64; candidate += 1) {
  let prime = true;
  for (let factor = 2; factor * factor <= candidate; factor += 1) prime &&= candidate % factor !== 0;
  if (!prime) continue;
  K[found] = fraction(candidate ** (1 / 3));
  if (found < 8) INITIAL[found] = fraction(candidate ** (1 / 2));
  found += 1;
}

/** Hashes one padded block: `words` holds its 16 words and 48 more for the schedule; the hash goes to `out`. */
export function hashBlock(words: Int32Array, out: Int32Array): void {
  for (let i = 16; i < 64; i += 1) {
    const x = words[i - 15] as number;
    const y = words[i - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[i] = ((words[i - 16] as number) + s0 + (words[i - 7] as number) + s1) | 0;
  }
  // One by one: destructuring goes through an iterator, and takes as long as the rounds.
  let a = INITIAL[0] as number;
  let b = INITIAL[1] as number;
  let c = INITIAL[2] as number;
  let d = INITIAL[3] as number;
  let e = INITIAL[4] as number;
  let f = INITIAL[5] as number;
  let g = INITIAL[6] as number;
  let h = INITIAL[7] as number;
  for (let i = 0; i < 64; i += 1) {
    const S1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + S1 + ((e & f) ^ (~e & g)) + (K[i] as number) + (words[i] as number)) | 0;
    const S0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (S0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  out[0] = (INITIAL[0] as number) + a;
  out[1] = (INITIAL[1] as number) + b;
  out[2] = (INITIAL[2] as number) + c;
  out[3] = (INITIAL[3] as number) + d;
  out[4] = (INITIAL[4] as number) + e;
  out[5] = (INITIAL[5] as number) + f;
  out[6] = (INITIAL[6] as number) + g;
  out[7] = (INITIAL[7] as number) + h;
}
