// Rows that change places are seen to move: first, last, invert, play.
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

const MOVE: KeyframeAnimationOptions = { duration: 600, easing: "cubic-bezier(.3, 1.3, .5, 1)" };

/** Animates the children of `list` that carry a data-key whenever their places differ from the last render. */
export function useFlip(list: RefObject<HTMLElement | null>): void {
  const places = useRef<ReadonlyMap<string, number>>(new Map());
  useLayoutEffect(() => {
    const before = places.current;
    const after = new Map<string, number>();
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (const row of list.current?.querySelectorAll<HTMLElement>("[data-key]") ?? []) {
      const key = row.dataset.key ?? "";
      after.set(key, row.offsetTop);
      if (still || before.size === 0) continue;
      const was = before.get(key);
      if (was === undefined) row.animate([{ opacity: 0, transform: "scale(.9)" }, {}], MOVE);
      else if (was !== row.offsetTop) row.animate([{ transform: `translateY(${was - row.offsetTop}px)` }, {}], MOVE);
    }
    places.current = after;
  });
}
