// Moments and waits as people say them, in the reader's own time zone.
import type { Countdown } from "../game/opening";

function isToday(when: Date): boolean {
  return when.toDateString() === new Date().toDateString();
}

/** The time alone if it is today, else with its day. */
export function clockTime(language: string, when: Date): string {
  const day: Intl.DateTimeFormatOptions = { weekday: "long", month: "long", day: "numeric" };
  return when.toLocaleString(language, { ...(isToday(when) ? {} : day), hour: "numeric", minute: "2-digit" });
}

/** `today` before a time alone. */
export function moment(language: string, when: Date, today: string): string {
  return `${isToday(when) ? today : ""}${clockTime(language, when)}`;
}

/** The largest unit that there is, and the next one. */
export function twoUnits(left: Countdown, units: Record<keyof Countdown, string>): string {
  const all = (["days", "hours", "minutes", "seconds"] as const).map((unit) => ({ unit, n: left[unit] }));
  const first = all.findIndex(({ n }) => n > 0);
  const said = first < 0 ? all.slice(-1) : all.slice(first, first + 2);
  return said.map(({ unit, n }) => `${n}${units[unit]}`).join(" ");
}
