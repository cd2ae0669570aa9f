import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { RampStateOf } from '../../domain/ramp/ramp-state.ts';
import { percentages, weightOf } from '../../domain/routing/split.ts';
import type { RampShown } from '../../workflow/ports/cards.ts';
import { code, foreign } from '../words/mrkdwn.ts';
import { splitText } from '../words/split-text.ts';
import { clock, momentText } from '../words/time-text.ts';

/** That a ramp has come to its end, what stays, and whether somebody moved it since. */
export function finishedNotes(
  ramp: Ramp,
  { at }: RampStateOf<'finished'>,
  change: RampShown['change'],
): readonly string[] {
  const moved = movedSince(change);
  const ended = `*Finished* at ${momentText(at)} after ${tookText(Date.parse(at) - Date.parse(beganAt(ramp)))}. Nothing more happens by itself, and nobody needs to look any more.`;
  return [moved.length === 0 ? [ended, ...keptText(ramp)].join(' ') : ended, ...moved];
}

/** A ramp that was approved began with its approval. */
function beganAt({ acceptedAt, approvals = [] }: Ramp): string {
  return approvals.reduce((latest, { at }) => (at > latest ? at : latest), acceptedAt);
}

/** `45 s`, `25 min`, `3 h 5 min`, `2 d 4 h` */
export function tookText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const minutes = Math.round(seconds / 60);
  if (seconds < 60) return `${seconds} s`;
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const [large, small] =
    hours < 48
      ? [`${hours} h`, minutes % 60 > 0 ? `${minutes % 60} min` : '']
      : [`${Math.floor(hours / 24)} d`, hours % 24 > 0 ? `${hours % 24} h` : ''];
  return [large, small].filter((part) => part !== '').join(' ');
}

/** The versions that the ramp left without traffic. They stay in the object. */
function keptText({ before, steps }: Ramp): readonly string[] {
  const left = before.flatMap(({ split }, at) => {
    const now = percentages(steps.at(-1)?.to[at]?.split ?? {});
    const had = percentages(split);
    return Object.keys(had).filter((version) => weightOf(had, version) > 0 && weightOf(now, version) === 0);
  });
  const versions = [...new Set(left)];
  if (versions.length === 0) return [];
  return [
    `${foreign(versions.join(' and '), 120)} ${versions.length === 1 ? 'keeps its' : 'keep their'} place at 0 %.`,
  ];
}

/** After the end the card still tells if somebody else moves what the ramp made. */
function movedSince(change: RampShown['change']): readonly string[] {
  if (change?.state.kind !== 'applied') return [];
  const { movedAway: away, later, rolledBack } = change.state;
  const by = rolledBack?.change ?? later;
  if (by !== undefined) return [`The split was changed since, by ${by}.`];
  if (away === undefined) return [];
  const writer = away.manager === undefined ? 'somebody else' : code(away.manager);
  return [`*Moved away* by ${writer} at ${clock(away.at)}. Live is now ${foreign(splitText(away.live))}.`];
}
