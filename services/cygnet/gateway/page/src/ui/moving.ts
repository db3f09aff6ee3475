// Where the reader's eyes and keys are taken, and when not.

const PROMPT_ID = "prompt";

/** Takes the reader to the prompt box, after its text was filled in. */
export function goToPrompt(): void {
  document.getElementById(PROMPT_ID)?.focus();
}

/** As above, where a keyboard is at hand: on a phone it would cover what is to be drawn. */
export function goToPromptIfKeyboard(): void {
  if (window.matchMedia("(hover: hover)").matches) goToPrompt();
}

/** Shows what has just finished, unless the reader is busy writing. */
export function bringIntoView(element: Element | null): void {
  if (document.activeElement?.id === PROMPT_ID) return;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  element?.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
}
