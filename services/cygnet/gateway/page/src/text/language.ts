// The languages there are, the one the reader reads, and its words.
import { computed, effect, signal } from "@preact/signals";
import { openStore } from "../game/storage";
import { en, type Words } from "./en";
import { ko } from "./ko";

export const languages = { en, ko } satisfies Record<string, Words>;
export type Language = keyof typeof languages;

const KEY = "cygnet.language";
const store = openStore();

export const language = signal<Language>("en");
export const words = computed<Words>(() => languages[language.value]);

/** Sets the reader's language; each page calls it once, before it renders. */
export function initLanguage(): void {
  // A big screen has nobody to touch a switch: its address may say the language ("/board?lang=ko").
  const requested = new URLSearchParams(window.location.search).get("lang");
  language.value = preferredLanguage(requested ?? store.getItem(KEY), navigator.languages);
  effect(() => {
    document.documentElement.lang = language.value;
  });
}

export function chooseLanguage(chosen: Language): void {
  store.setItem(KEY, chosen);
  language.value = chosen;
}

/** What was chosen, else the first language of the reader's list that the page speaks, else English. */
export function preferredLanguage(chosen: string | null, wanted: readonly string[]): Language {
  if (isLanguage(chosen)) return chosen;
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}

function isLanguage(tag: string | null): tag is Language {
  return tag !== null && Object.hasOwn(languages, tag);
}
