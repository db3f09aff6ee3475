// The present moment for things that move by themselves: bars and countdowns.
import { useEffect, useState } from "preact/hooks";

/** The time in milliseconds, renewed every `everyMs` for as long as the component is shown and `running`. */
export function useNow(everyMs: number, running = true): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!running) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, running]);
  return now;
}
