// The languages there are, and the choice among them.
import { en, type Words } from "./en";
import { ko } from "./ko";

export const languages = { en, ko } satisfies Record<string, Words>;
export type Language = keyof typeof languages;

function isLanguage(tag: string | undefined): tag is Language {
  return tag !== undefined && Object.hasOwn(languages, tag);
}

/** What was chosen, else the first language of the reader's list that the page speaks, else English. */
export function preferred(chosen: string | undefined, wanted: readonly string[]): Language {
  if (isLanguage(chosen)) return chosen;
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}
