// Hooks for what changes beside the game: the time, the network, the language, and rows that change places.
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { textIn } from "../game/contest";
import type { Player } from "../game/player";
import { language } from "../text/language";

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

/** Prompts that the contest's model can draw, in the reader's language. */
export function useExamples(player: Player): string[] {
  return player.examples.value.flatMap(({ prompt }) => textIn(prompt, language.value) ?? []);
}

/** Whether the browser believes to have a network. */
export function useOnline(): boolean {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const update = () => setOnline(navigator.onLine);
    window.addEventListener("online", update);
    window.addEventListener("offline", update);
    return () => {
      window.removeEventListener("online", update);
      window.removeEventListener("offline", update);
    };
  }, []);
  return online;
}

const FLIP: KeyframeAnimationOptions = { duration: 600, easing: "cubic-bezier(.3, 1.3, .5, 1)" };

/**
 * Animates the children of `list` that carry a data-key whenever their positions differ from the last render, by FLIP:
 * first, last, invert, play (Lewis, 2015).
 */
export function useFlip(list: RefObject<HTMLElement | null>): void {
  const positions = useRef<ReadonlyMap<string, number>>(new Map());
  useLayoutEffect(() => {
    const before = positions.current;
    const after = new Map<string, number>();
    const reducedMotion = prefersReducedMotion();
    for (const row of list.current?.querySelectorAll<HTMLElement>("[data-key]") ?? []) {
      const key = row.dataset.key ?? "";
      after.set(key, row.offsetTop);
      if (reducedMotion || before.size === 0) continue;
      const was = before.get(key);
      if (was === undefined) row.animate([{ opacity: 0, transform: "scale(.9)" }, {}], FLIP);
      else if (was !== row.offsetTop) row.animate([{ transform: `translateY(${was - row.offsetTop}px)` }, {}], FLIP);
    }
    positions.current = after;
  });
}

export function prefersReducedMotion(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
