// What is to be imitated, and how the player stands on it.
import type { Player } from "../game/player";
import { scoreText } from "../game/progress";
import { words } from "../text/language";
import { Picture } from "./Picture";
import { WithFinder } from "./Ranking";

export function TargetPanel({ player }: { player: Player }) {
  const text = words.value;
  const contest = player.contest.value;
  const chosen = contest.targets.find((it) => it.name === player.target.value);
  if (chosen === undefined) return <p class="hint">{text.targetMissing}</p>;
  const best = player.ownBest.value;
  const standing = player.ownStanding.value;
  return (
    <section class="target" aria-labelledby="target-title">
      <Picture sha256={chosen.pictureSha256} alt={text.targetAlt(chosen.name)} size={256} class="target-picture" />
      <div class="target-words">
        <h2 id="target-title" class="title">
          {text.target}
        </h2>
        {contest.targets.length > 1 ? <TargetSwitch player={player} /> : null}
        <dl class="facts">
          <div>
            <dt>{text.yourBest}</dt>
            <dd>{best === undefined ? text.noBest : scoreText(best, contest.decimals)}</dd>
          </div>
          {standing === undefined ? null : (
            <div>
              <dt>{text.yourRank}</dt>
              <dd>{standing.rank}</dd>
            </div>
          )}
        </dl>
        {standing?.finder === undefined ? null : <WithFinder finder={standing.finder} />}
      </div>
    </section>
  );
}

function TargetSwitch({ player }: { player: Player }) {
  return (
    <fieldset class="switch">
      <legend class="visually-hidden">{words.value.chooseTarget}</legend>
      {player.contest.value.targets.map(({ name }) => (
        <label key={name}>
          <input
            type="radio"
            name="target"
            value={name}
            checked={name === player.target.value}
            onChange={() => player.chooseTarget(name)}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
