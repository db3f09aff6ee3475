// The language the reader reads, and its words.
import { computed, effect, signal } from "@preact/signals";
import { phoneMemory } from "../game/storage";
import type { Words } from "./en";
import { type Language, languages, preferred } from "./languages";

const KEY = "cygnet.language";
const memory = phoneMemory();
/** A big screen has nobody to touch a switch: its address may say the language ("/board?lang=ko"). */
const asked = new URLSearchParams(window.location.search).get("lang") ?? undefined;

export const language = signal<Language>(preferred(asked ?? memory.get(KEY), navigator.languages));
export const words = computed<Words>(() => languages[language.value]);

effect(() => {
  document.documentElement.lang = language.value;
});

export function choose(chosen: Language): void {
  memory.set(KEY, chosen);
  language.value = chosen;
}
