// Where keyboard focus and scrolling go after an action, and when they stay.
import type { Player } from "../game/player";
import { prefersReducedMotion } from "./hooks";

const PROMPT_ID = "prompt";

/** Puts an earlier prompt into the box, to be changed and sent again. */
export function editPrompt(player: Player, prompt: string): void {
  player.setDraft(prompt);
  focusPrompt();
}

/** Focuses the prompt box where a keyboard is at hand: on a phone it would cover what is to be drawn. */
export function focusPromptIfKeyboard(): void {
  if (window.matchMedia("(hover: hover)").matches) focusPrompt();
}

function focusPrompt(): void {
  document.getElementById(PROMPT_ID)?.focus();
}

/** Scrolls to what has just finished, unless the player is writing. */
export function scrollIntoView(element: Element | null): void {
  if (document.activeElement?.id === PROMPT_ID) return;
  element?.scrollIntoView({ block: "nearest", behavior: prefersReducedMotion() ? "auto" : "smooth" });
}
