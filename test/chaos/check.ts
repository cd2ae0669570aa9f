import { isDeepStrictEqual } from 'node:util';
import { type Change, isWaiting } from '../../src/domain/change/change.ts';
import { refText } from '../../src/domain/change/edit.ts';
import { findRevision, type Revision } from '../../src/domain/routing/ledger.ts';
import { type ChangeId, isChangeId } from '../../src/domain/routing/names.ts';
import { card } from '../../src/slack/card/card.ts';
import { checkEdit, checkTold, isOfObjects, refOfLive } from './check-objects.ts';
import { checkWeights, sameWeights } from './check-weights.ts';
import { type Effect, effectsOf } from './effects.ts';
import type { Evidence } from './evidence.ts';
import type { LiveObject } from './history.ts';
import type { Request } from './people.ts';
import { cardOf } from './slack-recorder.ts';

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I6';

export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
  readonly evidence: unknown;
}

/** Things that are allowed but worth knowing, counted. */
export type Notes = Map<string, number>;

export interface Findings {
  readonly violations: readonly Violation[];
  readonly notes: Notes;
}

/** Checks the evidence of a run against what must always be true (I1 to I4 and I6). */
export function check(evidence: Evidence): Findings {
  const found: Violation[] = [];
  const notes: Notes = new Map();
  const report: Report = {
    violation: (invariant, what, shown) => found.push({ invariant, what, evidence: shown }),
    note: (what) => notes.set(what, (notes.get(what) ?? 0) + 1),
  };

  const effects = [...evidence.history.values()].flatMap((events) => effectsOf(events, evidence, report));
  for (const effect of effects) checkEffect(effect, evidence, report);
  const byId = Map.groupBy(effects, ({ id }) => id);
  checkOnce(byId, report);
  checkRecords(evidence, byId, report);
  noteUntold(effects, evidence, report);
  checkRequests(evidence, byId, report);
  checkCards(evidence, report);
  return { violations: found, notes };
}

export interface Report {
  violation(invariant: Invariant, what: string, evidence: unknown): void;
  note(what: string): void;
}

function checkEffect(effect: Effect, { records }: Evidence, report: Report): void {
  if (effect.revision !== undefined) checkLedger(effect, effect.revision, report);
  const change = records.get(effect.id);
  if (isOfObjects(change)) checkEdit(change, effect, report);
  else checkWeights(effect, report);
}

function checkLedger({ id, before, after, ledgerBefore, ledger }: Effect, revision: Revision, report: Report): void {
  const shown = { before, after };
  if (ledger.seq !== ledgerBefore.seq + 1) {
    report.violation('I1', `${id} took seq from ${ledgerBefore.seq} to ${ledger.seq}`, shown);
  }
  const kept = ledger.revisions.slice(1);
  if (!isDeepStrictEqual(kept, ledgerBefore.revisions.slice(0, kept.length))) {
    report.violation('I1', `${id} rewrote the history before it`, shown);
  }
  if (findRevision(ledgerBefore, revision.id) !== undefined) report.violation('I1', `${id} overwrote itself`, shown);
}

function checkOnce(byId: ReadonlyMap<ChangeId, readonly Effect[]>, report: Report): void {
  for (const [id, effects] of byId) {
    const byObject = Map.groupBy(effects, ({ before, after }) => nameOf(after ?? before));
    for (const [name, all] of byObject) {
      const where = effects.length > all.length ? ` on ${name}` : '';
      if (all.length > 1) report.violation('I1', `${id} took effect ${all.length} times${where}`, all);
    }
  }
}

/** Records and history agree: an applied change is in the history exactly once, and any other change is not. */
function checkRecords(evidence: Evidence, byId: ReadonlyMap<ChangeId, readonly Effect[]>, report: Report): void {
  const { records } = evidence;
  for (const [id, effects] of byId) {
    if (!records.has(id)) report.violation('I4', `${id} took effect but has no record`, effects);
  }
  for (const change of records.values()) {
    const effect = byId.get(change.id)?.[0];
    if (isWaiting(change)) report.violation('I6', `${change.id} is ${change.state.kind} forever`, { change, effect });
    else if (isOfObjects(change)) checkTold(change, byId.get(change.id) ?? [], evidence, report);
    else if (change.state.kind === 'applied') checkApplied(change, effect, report);
    else if (effect !== undefined && change.state.kind === 'failed' && change.state.because === 'unreachable') {
      report.note('changes that took effect although their card says that this is unknown');
    } else if (effect !== undefined) {
      report.violation('I1', `${change.id} is ${change.state.kind} but took effect`, { change, effect });
    }
  }
}

function checkApplied(change: Change, effect: Effect | undefined, report: Report): void {
  const { id, state, base, object } = change;
  if (effect === undefined) {
    report.violation('I4', `${id} is applied but never took effect`, change);
    return;
  }
  const { revision, ledger, ledgerBefore, before } = effect;
  if (revision === undefined || before === undefined) return; // already reported
  const shown = { change, effect };
  if (before.metadata.name !== object.name) report.violation('I1', `${id} took effect on another object`, shown);
  if (!sameWeights(revision.to, change.to) || revision.by !== change.by || revision.reason !== change.reason) {
    report.violation('I1', `the record of ${id} is not what was accepted`, shown);
  }
  if (state.kind === 'applied' && state.seq !== ledger.seq) {
    report.violation('I3', `${id} says that it is number ${state.seq}, but it is ${ledger.seq}`, shown);
  }
  if (base.uid !== before.metadata.uid || base.seq !== ledgerBefore.seq) {
    report.violation('I2', `${id} was planned on number ${base.seq} but written after ${ledgerBefore.seq}`, shown);
  }
}

/** A card mentions the next change of its rule. That is written in the background, and may get lost with the process. */
function noteUntold(effects: readonly Effect[], { records }: Evidence, report: Report): void {
  for (const { ledgerBefore, revision } of effects) {
    const earlier = ledgerBefore.revisions.find(({ rule }) => rule === revision?.rule);
    const state = earlier && records.get(earlier.id)?.state;
    if (state?.kind === 'applied' && state.later === undefined && state.rolledBack === undefined)
      report.note('cards that do not mention the next change');
  }
}

function checkRequests(
  { requests, records }: Evidence,
  byId: ReadonlyMap<ChangeId, readonly Effect[]>,
  report: Report,
): void {
  const tokens = new Map([...byId.values()].flat().map((effect) => [effect.reason, effect]));
  for (const request of requests) {
    const kind = kindOf(request);
    report.note(`requests answered: ${kind}`);
    const { what, id, token, answer } = request;
    const named = acceptedId(answer);
    if (kind === 'accepted' && (named === undefined || !records.has(named))) {
      report.violation('I4', `"${what}" was accepted, but has no record`, request);
    }
    const effect = (id && byId.get(id)?.[0]) ?? (token === undefined ? undefined : tokens.get(token));
    const record = id === undefined ? undefined : records.get(id);
    if (kind === 'not accepted' && (effect !== undefined || record !== undefined)) {
      report.violation('I1', `"${what}" was not accepted, but happened`, { request, effect, record });
    }
    if (kind === 'refused' && id !== undefined && (effect !== undefined || record !== undefined)) {
      report.violation('I1', `"${what}" was refused, but happened`, { request, effect, record });
    }
    if (kind === 'none' && record !== undefined) report.note('requests without an answer that have a card');
  }
}

/** Each record has one card, and the card shows the record's last state. */
function checkCards({ records, messages, owed, unknownPosts }: Evidence, report: Report): void {
  const cards = Map.groupBy(
    messages.filter(({ subtype }) => subtype !== 'ephemeral'),
    ({ blocks }) => cardOf(blocks),
  );
  for (const id of owed) report.violation('I3', `the card of ${id} is still owed`, records.get(id));
  for (const change of records.values()) {
    const own = cards.get(change.id) ?? [];
    const right = own.filter((message) => message.text === card(change).text);
    if (own.length === 0) report.violation('I3', `${change.id} has no card`, change);
    else if (right.length === 0) {
      report.violation('I3', `the card of ${change.id} does not say what its record says`, { change, own });
    }
    if (own.length > 1) {
      report.note('cards posted twice because the outcome of the first post was unknown');
      if (right.length < own.length) report.note('cards posted twice, one of them outdated');
    }
    if (own.length > (unknownPosts.has(change.id) ? 2 : 1)) {
      report.violation('I3', `${change.id} has ${own.length} cards`, { change, own });
    }
  }
  for (const [id, own] of cards) {
    if (id !== undefined && !records.has(id)) report.violation('I3', `a card shows ${id}, which has no record`, own);
  }
}

type AnswerKind = 'accepted' | 'not accepted' | 'refused' | 'none';

export function kindOf({ answer }: Pick<Request, 'answer'>): AnswerKind {
  if (answer === undefined || answer.includes('cannot tell whether it was accepted')) return 'none';
  if (answer.includes('Not accepted:')) return 'not accepted';
  return acceptedId(answer) === undefined ? 'refused' : 'accepted';
}

/** The change that an answer promises. */
function acceptedId(answer: string | undefined): ChangeId | undefined {
  const id = /^(?:Accepted: |Already asked for by \S+ )(c-\w{8})/.exec(answer ?? '')?.[1];
  return id !== undefined && isChangeId(id) ? id : undefined;
}

function nameOf(object: LiveObject | undefined): string {
  return object === undefined ? '' : refText(refOfLive(object));
}
