import { type Change, isWeightsOnly } from '../../domain/change/change.ts';
import { findEdit, type ObjectEdit } from '../../domain/change/edit.ts';
import type { HoldReason, MovedObject, StateOf } from '../../domain/change/state.ts';
import { type Split, sameShares } from '../../domain/routing/split.ts';
import { ruleName } from '../words/move-text.ts';
import { code, foreign } from '../words/mrkdwn.ts';
import { objectName } from '../words/object-text.ts';
import { splitText } from '../words/split-text.ts';

const maxListed = 12;
const maxRules = 4;

/** Why a change waits for a person: what stopped it first, and who wrote that. */
export function heldNote(change: Change, { because, found }: StateOf<'held'>): string {
  const [first] = found;
  const edit = first && findEdit(change.edits, first.object);
  if (edit?.kind === 'content' || !isWeightsOnly(change)) return heldObjectNote(because, first);
  const which = change.edits.length > 1 && first !== undefined ? `${objectName(first.object)}: ` : '';
  const facts = edit === undefined || first === undefined ? '' : ` ${splitFacts(edit, first, planned)}.`;
  return `${which}${weightsWords[because]}${facts} Nothing was changed.`;
}

const weightsWords: Record<HoldReason, string> = {
  moved: '*Somebody else moved the weights* since this was planned.',
  recreated: '*The object was deleted and made anew* since this was planned.',
  'ledger-lost':
    '*The object has lost its history* since this was planned: somebody removed the annotation, or an old copy was restored.',
  'predecessor-missing': '*The change it was planned after did not take effect.*',
};

function heldObjectNote(because: HoldReason, first: MovedObject | undefined): string {
  const which = first === undefined ? 'An object' : objectName(first.object);
  return `*${which} ${objectWords[because]}* since this was planned${writerText(first)}. Nothing was changed. *Apply anyway* makes of all objects what they were to be, whatever they are now.`;
}

const objectWords: Record<HoldReason, string> = {
  moved: 'was written by somebody else',
  recreated: 'was deleted and made anew',
  'ledger-lost': 'has lost its history',
  'predecessor-missing': 'is not as it was planned from',
};

/** Why the plan of a void change no longer holds. */
export function movedNote(change: Change, { moved }: StateOf<'void'>): string {
  const [first, ...more] = moved;
  const [edit, ...others] = change.edits;
  if (edit.kind === 'weights' && others.length === 0 && first?.how !== 'unreadable')
    return first === undefined ? behindText(edit) : splitFacts(edit, first, made);
  if (first === undefined)
    return 'Its objects are what it was made from, but something came in between or goes before it';
  const told = more.slice(0, maxListed - 1).map((each) => movedText(change, each));
  return [`${movedText(change, first)} since it was made${writerText(first)}`, ...told].join('; ');
}

/** Only the line has moved, not the object. We know the live split only if the change was not planned behind another one. */
function behindText({ moves, behind }: ObjectEdit): string {
  const [only, ...more] = moves;
  if (only === undefined || more.length > 0 || behind !== undefined)
    return 'Another change came in between or goes before it';
  const split = foreign(splitText(only.from));
  return `It was made from ${split}; ${made.same(split)}`;
}

interface Facts {
  readonly was: string;
  readonly gone: string;
  readonly same: (split: string) => string;
}

const planned: Facts = { was: 'was planned from', gone: 'that rule is gone', same: (split) => `live is now ${split}` };
const made: Facts = {
  was: 'was made from',
  gone: 'the object or its rule is gone',
  same: (split) => `live is ${split} all the same, but another change came in between or goes before it`,
};

/** The split that each rule was planned from, and the one it has now. If some rules differ, only those. */
function splitFacts({ moves }: ObjectEdit, found: MovedObject, facts: Facts): string {
  const rules = moves.map(({ rule, from }) => ({
    rule,
    from,
    live: found.live.find((each) => each.rule === rule)?.split,
  }));
  const moved = rules.filter(({ from, live }) => live === undefined || !sameShares(from, live));
  const told = (moved.length > 0 ? moved : rules).slice(0, maxRules);
  const sentences = told.map(({ rule, from, live }) => {
    const which = moves.length === 1 ? 'It' : ruleName(rule).replace(/^r/, 'R');
    return `${which} ${facts.was} ${foreign(splitText(from))}; ${liveText(from, live, facts)}`;
  });
  const isGone = told.every(({ live }) => live === undefined);
  return `${sentences.join('. ')}${isGone ? '' : writerText(found)}`;
}

function liveText(from: Split, live: Split | undefined, { gone, same }: Facts): string {
  if (live === undefined) return gone;
  const split = foreign(splitText(live));
  return sameShares(from, live) ? same(split) : `live is now ${split}`;
}

function writerText(found: MovedObject | undefined): string {
  return found?.lastWriter === undefined ? '' : `, last written by ${code(found.lastWriter)}`;
}

function movedText(change: Change, moved: MovedObject): string {
  return `${objectName(moved.object)} ${howText(moved, findEdit(change.edits, moved.object))}`;
}

function howText({ how, by, live, content }: MovedObject, edit: ObjectEdit | undefined): string {
  const unseen = edit?.kind === 'content' && content === undefined ? ' (too much to show)' : '';
  switch (how) {
    case 'written': {
      if (edit?.kind === 'weights') return `was moved by somebody else${splitsPart(live)}`;
      const wasThere = edit?.before !== undefined;
      return `was ${wasThere ? 'written' : 'created'} by somebody else${unseen}`;
    }
    case 'made-anew':
      return `was deleted and made anew${unseen}`;
    case 'gone':
      return 'was deleted';
    case 'ledger-lost':
      return 'has lost its history';
    case 'changed':
      return `was changed by ${by ?? 'another change'}${unseen}`;
    case 'unreadable':
      return 'has got a history that is not what shiftbot wrote';
  }
}

function splitsPart(live: MovedObject['live']): string {
  const [only, ...more] = live;
  return only === undefined || more.length > 0 ? '' : ` to ${foreign(splitText(only.split), 200)}`;
}
