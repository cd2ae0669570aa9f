import type { KnownBlock } from '@slack/types';
import { movesSeen } from '../../domain/change/change.ts';
import { findEdit } from '../../domain/change/edit.ts';
import { changeAt, type Ramp, targetsAt } from '../../domain/ramp/ramp.ts';
import { isOver, liveStep, type RampState } from '../../domain/ramp/ramp-state.ts';
import { clusterAt, clustersOf, isSequence, madeAt } from '../../domain/ramp/sequence.ts';
import type { Stay } from '../../domain/ramp/steps.ts';
import { isSameTarget, type RampTargets } from '../../domain/ramp/targets.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import type { RampShown } from '../../workflow/ports/cards.ts';
import { moveBlocks, movesText, type NamedMove, ruleName } from '../words/move-text.ts';
import { code, fitted, foreign, markup, plain, user } from '../words/mrkdwn.ts';
import { context, type Message, quoted, section } from './card.ts';
import { rampButtons } from './ramp-buttons.ts';
import { rampChart } from './ramp-chart.ts';
import { nextLine, rampNotes } from './ramp-notes.ts';

const maxNote = 1_200;
const maxSpoken = 3_900;

/** The one message that shows a ramp through its life. */
export function rampCard(shown: RampShown): Message {
  const { ramp } = shown;
  const notes = rampNotes(shown);
  const buttons = rampButtons(shown);
  const next = nextLine(ramp);
  const chart = rampChart(ramp);
  return {
    text: spoken(shown, notes, next),
    blocks: [
      { type: 'header', block_id: ramp.id, text: plain(rampTitle(ramp), 140) },
      section(moveBlocks(movesOf(shown))),
      section(fitted(stepsLine(ramp, struck), maxNote)),
      ...(next === undefined ? [] : [section(next)]),
      context(markup(fitted([`*${stateWord(ramp.state)}*`, ...factsOf(ramp)].join(' · '), maxNote))),
      ...(ramp.reason === undefined ? [] : [context(plain(quoted(ramp.reason), 500))]),
      ...notes.map((note) => section(fitted(note, maxNote))),
      ...(chart === undefined ? [] : [chart]),
      ...(buttons.length > 0 ? [{ type: 'actions', elements: buttons } satisfies KnownBlock] : []),
    ],
  };
}

/** `reviews · ramp to v3, step 2 of 4` */
export function rampTitle(ramp: Ramp): string {
  const { name, version, steps } = ramp;
  const which = whichRules(ramp);
  const step = stepShown(ramp);
  const place = step === 0 ? `${steps.length} steps` : `step ${step} of ${steps.length}`;
  const where = isSequence(ramp) ? ` in ${clustersOf(ramp).join(', ')}` : '';
  return `${name.service}${which} · ramp to ${version}${where}, ${place}`;
}

/** Empty where it moves the one rule that needs no name. */
function whichRules({ before }: Ramp): string {
  const [{ rule, object }] = before;
  const count = before.filter((each) => each.object.cluster === object.cluster).length;
  if (count > 1) return ` (${count} rules)`;
  return rule === defaultRule ? '' : ` (${rule})`;
}

/** The step that is live or being made. */
function stepShown({ state, steps, changes }: Ramp): number {
  if ('step' in state) return state.step;
  return state.kind === 'finished' ? steps.length : (changes.findLast(({ step }) => step > 0)?.step ?? 0);
}

/** From what the step before left to what this one makes; on the way back and after it, from the last step to what was before. */
function movesOf({ ramp, change }: RampShown): readonly NamedMove[] {
  const { state } = ramp;
  const isBack = state.kind === 'going-back' || state.kind === 'back';
  const shown = Math.max(1, stepShown(ramp));
  const [from, to] = isBack ? [targetsAt(ramp, stepShown(ramp)), ramp.before] : [fromShown(ramp), madeAt(ramp, shown)];
  return to.map((target) => {
    const { object, rule, split } = target;
    const edit = change && findEdit(change.edits, object);
    const made = change && edit && movesSeen(change, edit).find((move) => move.rule === rule);
    const name = isSequence(ramp) ? `${code(object.cluster)}, ${ruleName(rule)}` : ruleName(rule);
    const was = from.find((each) => isSameTarget(each, target))?.split ?? {};
    return made === undefined ? { rule, name, from: was, to: split } : { ...made, name };
  });
}

/** What the step that is shown started from. */
function fromShown(ramp: Ramp): RampTargets {
  const { state } = ramp;
  return state.kind === 'stepping' ? state.from : targetsAt(ramp, Math.max(0, stepShown(ramp) - 1));
}

/** `10 % ✓ · 25 % now · 50 % · 100 %`; a step that was left out says so, as text that is read aloud must. */
export function stepsLine(ramp: Ramp, leftOut = (step: string) => `${step} left out`): string {
  if (!isSequence(ramp)) return stepsIn(ramp, undefined, leftOut);
  return clustersOf(ramp)
    .map((cluster) => `${code(cluster)}: ${stepsIn(ramp, cluster, leftOut)}`)
    .join('\n');
}

/** The steps that are made in a cluster. */
function stepsIn(ramp: Ramp, cluster: string | undefined, leftOut: (step: string) => string): string {
  const { state, steps } = ramp;
  const live = state.kind === 'finished' ? steps.length : liveStep(state);
  const isEnded = isOver(state) || state.kind === 'going-back';
  const text = steps.flatMap(({ percent, stay }, at) => {
    const number = at + 1;
    if (cluster !== undefined && clusterAt(ramp, number) !== cluster) return [];
    const wasMade = changeAt(ramp, number) !== undefined;
    if (state.kind === 'stepping' && number === state.step)
      return `*${percent} % being ${number === state.live ? 'put back' : 'made'}*`;
    if (number > live)
      return isEnded || (state.kind === 'stepping' && number < state.step)
        ? leftOut(`${percent} %`)
        : planned(percent, stay);
    if (number === live && !isEnded) return `*${percent} % now*${stay.kind === 'ask' ? ' (asks)' : ''}`;
    return wasMade ? `${percent} % ✓` : leftOut(`${percent} %`);
  });
  return text.length === 0 ? 'left out' : text.join(' · ');
}

function struck(step: string): string {
  return `~${step}~`;
}

function planned(percent: number, { kind }: Stay): string {
  return `${percent} %${kind === 'ask' ? ' (asks)' : ''}`;
}

function factsOf(ramp: Ramp): readonly string[] {
  const { by, id, name, named } = ramp;
  return [
    `asked by ${user(by)}`,
    ...(named === undefined ? [] : [foreign(named)]),
    id,
    foreign(`${name.namespace} @ ${clustersOf(ramp).join(', ')}`, 120),
  ];
}

function stateWord(state: RampState): string {
  if (state.kind === 'back') return state.why === 'aborted' ? 'Aborted' : 'Taken back';
  return stateWords[state.kind];
}

const stateWords: Record<Exclude<RampState['kind'], 'back'>, string> = {
  awaiting: 'Waits for approval',
  rejected: 'Rejected, not started',
  withdrawn: 'Withdrawn, not started',
  expired: 'Expired, not started',
  void: 'Void, not started',
  stepping: 'Running',
  running: 'Running',
  paused: 'Paused',
  held: 'Held',
  asking: 'Waits for a person',
  'going-back': 'Going back',
  finished: 'Finished',
  superseded: 'Over',
};

function spoken(shown: RampShown, notes: readonly string[], next: string | undefined): string {
  const { ramp } = shown;
  const moves = movesOf(shown);
  const facts = [stateWord(ramp.state), ...factsOf(ramp)].join(', ');
  const reason = ramp.reason === undefined ? [] : [foreign(quoted(ramp.reason), 500)];
  const all = [
    `${foreign(rampTitle(ramp))}: ${movesText(moves, 600)}.`,
    `${stepsLine(ramp)}.`,
    ...(next === undefined ? [] : [next]),
    `${[facts, ...reason].join(', ')}.`,
    ...notes,
  ];
  return fitted(all.join(' '), maxSpoken);
}
