import type { ContextBlock, KnownBlock, SectionBlock } from '@slack/types';
import { type Change, placeOf } from '../../domain/change/change.ts';
import type { State } from '../../domain/change/state.ts';
import { truncate } from '../../domain/text/typed-text.ts';
import type { CardId } from '../../workflow/ports/cards.ts';
import { code, fitted, foreign, markup, plain, user } from '../words/mrkdwn.ts';
import { title } from '../words/title.ts';
import { isDecision } from './approval.ts';
import { buttonsOf } from './buttons.ts';
import { notesOf } from './notes.ts';
import type { ChartBlock } from './ramp-chart.ts';
import { differences, rowsOf, spokenRows } from './rows.ts';

export interface Message {
  /** Says all of it in one sentence, for screen readers and notifications. */
  readonly text: string;
  readonly blocks: (KnownBlock | ChartBlock)[];
}

/** With at most five notes, a card stays under 13,000 characters. Slack refuses longer ones. */
const maxNote = 1_200;
/** A notification's text: Slack asks for less than 4,000 characters. */
const maxSpoken = 3_900;

/** The one message that shows a change through its life. */
export function card(change: Change): Message {
  const { id, reason } = change;
  const notes = notesOf(change);
  const buttons = buttonsOf(change);
  return {
    text: spoken(change, notes),
    blocks: [
      { type: 'header', block_id: id, text: plain(title(change), 140) },
      section(rowsOf(change)),
      ...differences(change),
      context(markup(fitted([`*${stateWord(change.state)}*`, ...factsOf(change)].join(' · '), maxNote))),
      ...(reason === undefined ? [] : [context(plain(quoted(reason), 500))]),
      ...notes.map((note) => section(fitted(note, maxNote))),
      ...(buttons.length > 0 ? [{ type: 'actions', elements: buttons } satisfies KnownBlock] : []),
    ],
  };
}

/** Replaces a card whose record cannot be trusted: the card may not show what was accepted. */
export function disownedCard(id: CardId): Message {
  const text = `The record of ${id} cannot be trusted: it was altered, or signed with another key (RECORD_KEY). I do nothing more with it. What was applied stands in the history of the object, which ${code('/shift history')} shows.`;
  return { text, blocks: [{ ...section(text), block_id: id }] };
}

function spoken(change: Change, notes: readonly string[]): string {
  const reason = change.reason === undefined ? [] : [foreign(quoted(change.reason), 500)];
  const facts = [stateWord(change.state), ...factsOf(change), ...reason].join(', ');
  const all = [`${foreign(title(change))}: ${spokenRows(change)}.`, `${facts}.`, ...notes];
  return fitted(all.join(' '), maxSpoken);
}

function factsOf(change: Change): readonly string[] {
  const { by, id, insistedBy, reverts } = change;
  const { namespace, cluster } = placeOf(change);
  return [
    `asked by ${user(by)}`,
    ...(insistedBy === undefined ? [] : [`${insistedWord(change)} by ${user(insistedBy)}`]),
    ...(reverts === undefined ? [] : [`takes back ${reverts}`]),
    id,
    foreign(`${namespace} @ ${cluster}`),
  ];
}

/** A change that is applied anyway needs no approval. */
function insistedWord({ state, approvals }: Change): string {
  return approvals !== undefined || isDecision(state) ? 'planned again' : 'applied anyway';
}

function stateWord(state: State): string {
  return state.kind === 'applied' ? `Applied in ${duration(state.tookMs)}` : stateWords[state.kind];
}

const stateWords: Record<Exclude<State['kind'], 'applied'>, string> = {
  queued: 'Queued',
  applying: 'Applying',
  held: 'Held, not applied',
  superseded: 'Superseded, not applied',
  discarded: 'Discarded, not applied',
  failed: 'Not applied',
  awaiting: 'Waits for approval',
  rejected: 'Rejected, not applied',
  withdrawn: 'Withdrawn, not applied',
  expired: 'Expired, not applied',
  void: 'Void, not applied',
};

export function section(text: string): SectionBlock {
  return { type: 'section', text: markup(text) };
}

export function context(element: ContextBlock['elements'][number]): ContextBlock {
  return { type: 'context', elements: [element] };
}

export function quoted(reason: string): string {
  return `“${truncate(reason, 400)}”`;
}

function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}
