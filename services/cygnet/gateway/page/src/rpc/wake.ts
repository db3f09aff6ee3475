// The moments at which waiting any longer is pointless: the network is back, the page is looked at again.

export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** Calls `listener` when the phone is unlocked, the tab is shown or the network returns. */
export function onWake(listener: () => void): () => void {
  const shown = () => {
    if (document.visibilityState === "visible") listener();
  };
  document.addEventListener("visibilitychange", shown);
  window.addEventListener("online", listener);
  window.addEventListener("pageshow", shown);
  return () => {
    document.removeEventListener("visibilitychange", shown);
    window.removeEventListener("online", listener);
    window.removeEventListener("pageshow", shown);
  };
}

/** Calls `listener` when nobody can see the page any more. */
export function onHide(listener: () => void): () => void {
  const hidden = () => {
    if (document.visibilityState === "hidden") listener();
  };
  document.addEventListener("visibilitychange", hidden);
  return () => document.removeEventListener("visibilitychange", hidden);
}

/** Resolves after `ms`, at the next wake, or when `signal` is aborted; never rejects. */
export const waitOrWake: Wait = (ms, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      unsubscribe();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    const unsubscribe = onWake(end);
    signal.addEventListener("abort", end);
  });

/**
 * Milliseconds before the next try after `failures` failed ones (1, 2, 3, …): doubling from a second up to `capMs`.
 * `random` in [0, 1) spreads a hall full of phones that lost the same access point over the upper half.
 */
export function backoffMs(failures: number, random: number, capMs = 30_000): number {
  const full = Math.min(capMs, 1000 * 2 ** Math.max(0, failures - 1));
  return full * (0.5 + random / 2);
}
