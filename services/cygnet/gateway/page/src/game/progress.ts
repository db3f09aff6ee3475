// How far a drawing is, told honestly.

/** Any time that the server has written down has passed there: the latest one bounds its clock from below. */
export class ServerClock {
  #aheadMs: number | undefined;

  witness(serverMs: number, localMs: number): void {
    const ahead = serverMs - localMs;
    if (this.#aheadMs === undefined || ahead > this.#aheadMs) this.#aheadMs = ahead;
  }

  /** Milliseconds since `serverMs`, at least; phones with wrong clocks neither jump nor run backwards. */
  since(serverMs: number, localMs: number): number {
    return Math.max(0, localMs + (this.#aheadMs ?? 0) - serverMs);
  }

  /** Milliseconds until `serverMs`, at most; 0 once it is past. */
  until(serverMs: number, localMs: number): number {
    return Math.max(0, serverMs - localMs - (this.#aheadMs ?? 0));
  }
}

const TURNING_POINT = 0.8;

/**
 * The share of the bar to fill, 0 to under 1: linear at first, then ever slower, since a drawing that takes longer
 * than usual has no known end. Undefined where nothing is known about the usual time.
 */
export function drawnShare(elapsedMs: number, typicalMs: number): number | undefined {
  if (typicalMs <= 0) return undefined;
  const linear = Math.max(0, elapsedMs) / typicalMs;
  if (linear <= TURNING_POINT) return linear;
  const rest = 1 - TURNING_POINT;
  return Math.min(0.98, 1 - rest * Math.exp(-(linear - TURNING_POINT) / rest));
}

export interface WaitRange {
  from: number;
  to: number;
  unit: "seconds" | "minutes";
}

/** A range of milliseconds in numbers that people say: steps of 5 s up to a minute and a half, then minutes. */
export function waitRange(p50Ms: number, p90Ms: number): WaitRange {
  const low = Math.max(0, Math.min(p50Ms, p90Ms)) / 1000;
  const high = Math.max(p50Ms, p90Ms) / 1000;
  if (high <= 10) return { from: Math.max(1, Math.floor(low)), to: Math.max(1, Math.ceil(high)), unit: "seconds" };
  if (high <= 90) return { from: Math.floor(low / 5) * 5 || 1, to: Math.ceil(high / 5) * 5, unit: "seconds" };
  return { from: Math.max(1, Math.floor(low / 60)), to: Math.ceil(high / 60), unit: "minutes" };
}

/** Rounded once, for display. */
export function scoreText(score: number, decimals: number): string {
  return score.toFixed(Math.min(20, decimals));
}
