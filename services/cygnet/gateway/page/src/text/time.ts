// Times and waits as people say them, in the reader's own time zone.

export interface Countdown {
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
}

/** Whole seconds, rounded up: it reads one second until the moment has come. */
export function countdown(remainingMs: number): Countdown {
  const all = Math.ceil(Math.max(0, remainingMs) / 1000);
  return {
    days: Math.floor(all / 86_400),
    hours: Math.floor(all / 3600) % 24,
    minutes: Math.floor(all / 60) % 60,
    seconds: all % 60,
  };
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

function isToday(when: Date): boolean {
  return when.toDateString() === new Date().toDateString();
}

/** The time alone if it is today, else with its day. */
export function clockTime(language: string, when: Date): string {
  const day: Intl.DateTimeFormatOptions = { weekday: "long", month: "long", day: "numeric" };
  return when.toLocaleString(language, { ...(isToday(when) ? {} : day), hour: "numeric", minute: "2-digit" });
}

/** As above, with `today` before a time alone. */
export function dayAndTime(language: string, when: Date, today: string): string {
  return `${isToday(when) ? today : ""}${clockTime(language, when)}`;
}

/** The largest unit that is not zero, and the next smaller one. */
export function twoUnits(countdown: Countdown, units: Record<keyof Countdown, string>): string {
  const all = (["days", "hours", "minutes", "seconds"] as const).map((unit) => ({ unit, n: countdown[unit] }));
  const first = all.findIndex(({ n }) => n > 0);
  const shown = first < 0 ? all.slice(-1) : all.slice(first, first + 2);
  return shown.map(({ unit, n }) => `${n}${units[unit]}`).join(" ");
}
