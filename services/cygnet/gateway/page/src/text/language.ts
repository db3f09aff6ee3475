// Which language the reader reads, and its words.
import { computed, effect, signal } from "@preact/signals";
import { phoneMemory } from "../game/storage";
import { en, type Words } from "./en";
import { ko } from "./ko";

export const languages = { en, ko } satisfies Record<string, Words>;
export type Language = keyof typeof languages;

const KEY = "cygnet.language";
const memory = phoneMemory();
/** A big screen has nobody to touch a switch: its address may say the language ("/board?lang=ko"). */
const asked = new URLSearchParams(window.location.search).get("lang") ?? undefined;

function isLanguage(tag: string | undefined): tag is Language {
  return tag !== undefined && tag in languages;
}

/** The first language of the reader's list that the page speaks. */
export function preferred(stored: string | undefined, wanted: readonly string[]): Language {
  if (isLanguage(stored)) return stored;
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}

export const language = signal<Language>(
  preferred(asked ?? memory.get(KEY), navigator.languages ?? [navigator.language]),
);
export const words = computed<Words>(() => languages[language.value]);

effect(() => {
  document.documentElement.lang = language.value;
});

export function choose(chosen: Language): void {
  memory.set(KEY, chosen);
  language.value = chosen;
}
