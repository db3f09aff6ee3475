// The top of the pond: whose game this is, who plays, in which language.
import { useState } from "preact/hooks";
import type { Player } from "../game/player";
import { choose, language, words } from "../text/language";
import { type Language, languages } from "../text/languages";
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
        <Languages />
      </div>
      <h1>{title}</h1>
      {player?.session.current.value === undefined ? null : <Who player={player} />}
      <Reeds />
      <Waves />
    </header>
  );
}

function Languages() {
  return (
    <fieldset class="switch languages">
      <legend class="unseen">{words.value.switchLanguage}</legend>
      {Object.entries(languages).map(([tag, text]) => (
        <label key={tag} lang={tag}>
          <input
            type="radio"
            name="language"
            checked={tag === language.value}
            onChange={() => choose(tag as Language)}
          />
          <span>{text.language}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Who({ player }: { player: Player }) {
  const text = words.value;
  const [changing, setChanging] = useState(false);
  const close = () => {
    player.joinProblem.value = undefined;
    setChanging(false);
  };
  if (changing) {
    return (
      <div class="who-changing">
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
      <button type="button" class="quiet" aria-label={text.renameLabel} onClick={() => setChanging(true)}>
        {text.rename}
      </button>
    </p>
  );
}
