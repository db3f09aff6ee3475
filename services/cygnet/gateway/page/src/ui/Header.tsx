// The top of the page: the contest's title, the player's nickname, the language.
import { useState } from "preact/hooks";
import type { Player } from "../game/player";
import { chooseLanguage, type Language, language, languages, words } from "../text/language";
import { Cygnet, Reeds, Waves } from "./art";
import { NicknameForm } from "./Join";

export function Header({ title, player }: { title: string; player?: Player | undefined }) {
  return (
    <header class="pond">
      <div class="pond-top">
        <p class="brand">
          <Cygnet class="brand-cygnet" />
          <span>Cygnet</span>
        </p>
        <LanguageSwitch />
      </div>
      <h1>{title}</h1>
      {player?.session.current.value === undefined ? null : <PlayerName player={player} />}
      <Reeds />
      <Waves />
    </header>
  );
}

function LanguageSwitch() {
  return (
    <fieldset class="switch languages">
      <legend class="visually-hidden">{words.value.switchLanguage}</legend>
      {Object.entries(languages).map(([tag, text]) => (
        <label key={tag} lang={tag}>
          <input
            type="radio"
            name="language"
            checked={tag === language.value}
            onChange={() => chooseLanguage(tag as Language)}
          />
          <span>{text.language}</span>
        </label>
      ))}
    </fieldset>
  );
}

function PlayerName({ player }: { player: Player }) {
  const text = words.value;
  const [renaming, setRenaming] = useState(false);
  const close = () => {
    player.joinProblem.value = undefined;
    setRenaming(false);
  };
  if (renaming) {
    return (
      <div class="renaming">
        <NicknameForm
          player={player}
          action={player.joining.value ? text.saving : text.save}
          onJoined={close}
          onCancel={close}
        />
      </div>
    );
  }
  return (
    <p class="playing">
      <span>{text.playingAs}</span> <bdi class="nickname">{player.session.current.value?.nickname}</bdi>{" "}
      {player.session.current.value?.present === true ? <span class="present">{text.present}</span> : null}{" "}
      <button type="button" class="quiet" aria-label={text.renameLabel} onClick={() => setRenaming(true)}>
        {text.rename}
      </button>
    </p>
  );
}
