// The server's clock as a phone may know it, the progress of a drawing, and scores as they are shown.

/** Any time that the server has written down has passed there: the latest one bounds its clock from below. */
export class ServerClock {
  #aheadMs: number | undefined;

  observe(serverMs: number, localMs: number): void {
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

/** Rounded once, for display. */
export function scoreText(score: number, decimals: number): string {
  return score.toFixed(Math.min(20, decimals));
}
