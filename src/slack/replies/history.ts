import { movesIn, type Revision } from '../../domain/routing/ledger.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import type { HistoryAnswer } from '../../workflow/looking/look-up.ts';
import { movesText, ruleName } from '../words/move-text.ts';
import { code, foreign, user } from '../words/mrkdwn.ts';
import { type Reply, says } from '../words/reply.ts';
import { when } from '../words/when.ts';
import { within } from './blocks.ts';
import { notFoundText } from './refusals.ts';

/** Characters for the lines of a history. This leaves room for the line below them. */
const maxListed = 2_500;

/** Who changed an object's splits, when and why, newest first. */
export function historyReply(answer: HistoryAnswer, now: Date): Reply {
  if (answer.kind === 'not-found') return says(notFoundText(answer.name, answer.found));
  const { name, route } = answer;
  const { seq, revisions } = route.ledger;
  if (revisions.length === 0) return says(`shiftbot has not changed ${code(name.service)} yet.`);
  const lines = within(revisions, maxListed, (revision) => revisionLine(revision, now));
  const older = seq - lines.length;
  const more = older > 0 ? [`… +${older} older`] : [];
  const notes = revisions.slice(0, lines.length).some(({ isUnsigned }) => isUnsigned) ? [unsignedText] : [];
  return says([`*${foreign(name.service)}*, newest first`, ...lines, ...more, ...notes].join('\n'));
}

const unsignedText =
  '_Not by shiftbot_: no signature fits it, and no stored record says the same. Somebody may have written it into the object. To go back to before it, or to it, counts as a shift.';

function revisionLine(revision: Revision, now: Date): string {
  const { id, at, by, reason, reverts, rule, does, ramp, isUnsigned } = revision;
  const moves = movesIn(revision).map((move) => ({ ...move, name: ruleName(move.rule) }));
  const why = reason === undefined ? '' : ` · “${foreign(reason, 80)}”`;
  const back = reverts === undefined ? '' : ` · takes back ${reverts}`;
  const where = rule === defaultRule || moves.length > 1 ? '' : ` · rule ${code(rule)}`;
  const step =
    ramp === undefined ? '' : ` · ${ramp.step === 0 ? 'back' : `step ${ramp.step} of ${ramp.of}`} of ${ramp.id}`;
  const more = does === undefined ? '' : ` · ${code(does, 80)}`;
  const who = isUnsigned ? `_not by shiftbot_ (it names ${user(by)})` : user(by);
  return `${id} · ${when(at, now)} · ${who} · ${movesText(moves, 400)}${more}${where}${step}${back}${why}`;
}
