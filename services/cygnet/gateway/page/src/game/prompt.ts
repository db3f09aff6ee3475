// A prompt as the server takes it: one line, counted in code points, with something to see.

/** One line without blanks at its ends; a line break is a control character, and those are refused. */
export function toOneLine(prompt: string): string {
  return prompt.replace(/[\p{Cc}\s]+/gu, " ").trim();
}

/** Characters as the server counts them: code points, not UTF-16 units. */
export function promptLength(prompt: string): number {
  return Array.from(prompt).length;
}

/** Whether anything of it can be seen: format characters and the blank Hangul and Braille letters cannot. */
export function hasVisibleText(prompt: string): boolean {
  return prompt.replace(/[\p{Cf}\p{Cc}\s\u115f\u1160\u3164\uffa0\u2800]/gu, "") !== "";
}
