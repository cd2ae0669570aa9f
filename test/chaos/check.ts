import { isDeepStrictEqual } from 'node:util';
import { type Change, isWaiting } from '../../src/domain/change.ts';
import { findRevision, type Ledger, ledgerAnnotation, type Revision, readLedger } from '../../src/domain/ledger.ts';
import { type ChangeId, isChangeId } from '../../src/domain/names.ts';
import { card } from '../../src/slack/card.ts';
import type { Evidence } from './evidence.ts';
import { type LiveService, type ObjectEvent, untouchable, type Weights, weightsOf } from './history.ts';
import type { Request } from './people.ts';
import { cardOf } from './slack-recorder.ts';

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I6';

export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
  readonly evidence: unknown;
}

/** What is allowed and worth knowing, counted. */
export type Notes = Map<string, number>;

export interface Findings {
  readonly violations: readonly Violation[];
  readonly notes: Notes;
}

/** One write of ours: the object before and after it, and the revision it recorded. */
export interface Effect {
  readonly before: LiveService;
  readonly after: LiveService;
  readonly ledgerBefore: Ledger;
  readonly ledger: Ledger;
  readonly revision: Revision;
  readonly atMs: number;
}

/** Holds what was recorded of a run against what must always be true (I1 to I4 and I6). */
export function check(evidence: Evidence): Findings {
  const found: Violation[] = [];
  const notes: Notes = new Map();
  const report: Report = {
    violation: (invariant, what, shown) => found.push({ invariant, what, evidence: shown }),
    note: (what) => notes.set(what, (notes.get(what) ?? 0) + 1),
  };

  const effects = [...evidence.history.values()].flatMap((events) => effectsOf(events, evidence.foreign, report));
  for (const effect of effects) checkEffect(effect, report);
  const byId = Map.groupBy(effects, ({ revision }) => revision.id);
  checkOnce(byId, report);
  checkRecords(evidence, byId, report);
  noteUntold(effects, evidence, report);
  checkRequests(evidence, byId, report);
  checkCards(evidence, report);
  return { violations: found, notes };
}

interface Report {
  violation(invariant: Invariant, what: string, evidence: unknown): void;
  note(what: string): void;
}

/** Our writes among an object's events. Of the others it is only asked that they are not ours in disguise. */
function effectsOf(events: readonly ObjectEvent[], foreign: ReadonlySet<string>, report: Report): readonly Effect[] {
  return events.flatMap((event, at) => {
    const before = events[at - 1]?.object;
    const after = event.object;
    if (before === undefined) return [];
    if (event.type !== 'MODIFIED') {
      report.violation('I2', `${after.metadata.name} was ${event.type}`, event);
      return [];
    }
    const [ledgerBefore, ledger] = [ledgerIn(before), ledgerIn(after)];
    if (foreign.has(after.metadata.resourceVersion)) return [];
    const [revision] = ledger.revisions;
    if (revision === undefined || ledger.seq === ledgerBefore.seq) {
      report.violation('I1', `a write to ${after.metadata.name} left nothing in the ledger`, { before, after });
      return [];
    }
    return [{ before, after, ledgerBefore, ledger, revision, atMs: event.atMs }];
  });
}

function checkEffect({ before, after, ledgerBefore, ledger, revision }: Effect, report: Report): void {
  const { id, rule, from, to } = revision;
  const shown = { before, after };
  if (ledger.seq !== ledgerBefore.seq + 1) {
    report.violation('I1', `${id} took seq from ${ledgerBefore.seq} to ${ledger.seq}`, shown);
  }
  const kept = ledger.revisions.slice(1);
  if (!isDeepStrictEqual(kept, ledgerBefore.revisions.slice(0, kept.length))) {
    report.violation('I1', `${id} rewrote the history before it`, shown);
  }
  if (findRevision(ledgerBefore, id) !== undefined) report.violation('I1', `${id} was written over itself`, shown);

  const weights = weightsOf(before, rule) ?? {};
  if (sameWeights(weights, to)) report.note('writes that found their target live already');
  else if (!sameWeights(weights, from)) {
    report.violation('I2', `${id} was planned from ${said(from)} and wrote over ${said(weights)}`, shown);
  }
  if (!sameWeights(weightsOf(after, rule) ?? {}, to)) {
    report.violation('I1', `${id} says ${said(to)} and made ${said(weightsOf(after, rule) ?? {})}`, shown);
  }
  if (!isDeepStrictEqual(untouchable(before, before), untouchable(after, before)) || !onlyRule(before, after, rule)) {
    report.violation('I2', `${id} changed more than the weights of its rule`, shown);
  }
}

function checkOnce(byId: ReadonlyMap<ChangeId, readonly Effect[]>, report: Report): void {
  for (const [id, effects] of byId) {
    if (effects.length > 1) report.violation('I1', `${id} took effect ${effects.length} times`, effects);
  }
}

/** Record and history tell the same: applied is in it exactly once, anything else is not. */
function checkRecords({ records }: Evidence, byId: ReadonlyMap<ChangeId, readonly Effect[]>, report: Report): void {
  for (const [id, effects] of byId) {
    if (!records.has(id)) report.violation('I4', `${id} took effect and has no record`, effects);
  }
  for (const change of records.values()) {
    const effect = byId.get(change.id)?.[0];
    if (isWaiting(change)) report.violation('I6', `${change.id} is ${change.state.kind} for ever`, { change, effect });
    else if (change.state.kind === 'applied') checkApplied(change, effect, report);
    else if (effect !== undefined && change.state.kind === 'failed' && change.state.because === 'unreachable') {
      report.note('changes that took effect and whose card says that nobody knows');
    } else if (effect !== undefined) {
      report.violation('I1', `${change.id} is ${change.state.kind} and took effect`, { change, effect });
    }
  }
}

function checkApplied(change: Change, effect: Effect | undefined, report: Report): void {
  const { id, state, base, object } = change;
  if (effect === undefined) {
    report.violation('I4', `${id} is applied and never took effect`, change);
    return;
  }
  const { revision, ledger, ledgerBefore, before } = effect;
  const shown = { change, effect };
  if (before.metadata.name !== object.name) report.violation('I1', `${id} took effect on another object`, shown);
  if (!sameWeights(revision.to, change.to) || revision.by !== change.by || revision.reason !== change.reason) {
    report.violation('I1', `what ${id} recorded is not what was accepted`, shown);
  }
  if (state.kind === 'applied' && state.seq !== ledger.seq) {
    report.violation('I3', `${id} says it was number ${state.seq}, and it was ${ledger.seq}`, shown);
  }
  if (base.uid !== before.metadata.uid || base.seq !== ledgerBefore.seq) {
    report.violation('I2', `${id} was planned on number ${base.seq} and written after ${ledgerBefore.seq}`, shown);
  }
}

/** A change says on its card what came after it on its rule; that is told aside, and may get lost with the process that tells it. */
function noteUntold(effects: readonly Effect[], { records }: Evidence, report: Report): void {
  for (const { before, revision } of effects) {
    const earlier = ledgerIn(before).revisions.find(({ rule }) => rule === revision.rule);
    const state = earlier && records.get(earlier.id)?.state;
    if (state?.kind === 'applied' && state.later === undefined && state.rolledBack === undefined)
      report.note('cards that do not say what came after their change');
  }
}

function checkRequests(
  { requests, records }: Evidence,
  byId: ReadonlyMap<ChangeId, readonly Effect[]>,
  report: Report,
): void {
  const tokens = new Map([...byId.values()].flat().map((effect) => [effect.revision.reason, effect]));
  for (const request of requests) {
    const kind = kindOf(request);
    report.note(`requests answered: ${kind}`);
    const { what, id, token, answer } = request;
    const named = acceptedId(answer);
    if (kind === 'accepted' && (named === undefined || !records.has(named))) {
      report.violation('I4', `"${what}" was accepted, and there is no record of it`, request);
    }
    const effect = (id && byId.get(id)?.[0]) ?? (token === undefined ? undefined : tokens.get(token));
    const record = id === undefined ? undefined : records.get(id);
    if (kind === 'not accepted' && (effect !== undefined || record !== undefined)) {
      report.violation('I1', `"${what}" was not accepted, and happened`, { request, effect, record });
    }
    if (kind === 'refused' && id !== undefined && (effect !== undefined || record !== undefined)) {
      report.violation('I1', `"${what}" was refused, and happened`, { request, effect, record });
    }
    if (kind === 'none' && record !== undefined) report.note('requests without an answer that have a card');
  }
}

/** One card for each record, whose last words are the record's. */
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
      report.note('cards posted twice, where the outcome of the first post was unknown');
      if (right.length < own.length) report.note('cards posted twice of which one lags behind');
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

function ledgerIn({ metadata }: LiveService): Ledger {
  const reading = readLedger(metadata.annotations?.[ledgerAnnotation]);
  if (reading.kind === 'unreadable') throw new Error(`a ledger that cannot be read: ${reading.why}`);
  return reading.ledger;
}

/** All rules but one are as they were, weights included. */
function onlyRule(before: LiveService, after: LiveService, rule: string): boolean {
  const isRule = ({ match, name }: LiveService['spec']['http'][number]) =>
    rule === 'default' ? match === undefined : name === rule;
  return isDeepStrictEqual(
    before.spec.http.filter((each) => !isRule(each)),
    after.spec.http.filter((each) => !isRule(each)),
  );
}

/** A version without a place and one with 0 are the same to traffic. */
function sameWeights(a: Weights, b: Weights): boolean {
  const versions = new Set([...Object.keys(a), ...Object.keys(b)]);
  const totals = [a, b].map((weights) => Object.values(weights).reduce((sum, weight) => sum + weight, 0) || 1);
  const [totalA = 1, totalB = 1] = totals;
  return [...versions].every((version) => (a[version] ?? 0) * totalB === (b[version] ?? 0) * totalA);
}

function said(weights: Weights): string {
  return Object.entries(weights)
    .map(([version, weight]) => `${version}=${weight}`)
    .join(' ');
}
