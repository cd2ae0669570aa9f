import { moveIn, movesIn } from '../../src/domain/routing/ledger.ts';
import { type ChangeId, isChangeId } from '../../src/domain/routing/names.ts';
import { objectKey, refText } from '../../src/domain/routing/object.ts';
import { card } from '../../src/slack/card/card.ts';
import { acceptedId, acceptedRamp, kindOf } from './answers.ts';
import { checkEffect } from './check-edit.ts';
import { checkOrder } from './check-order.ts';
import { checkRamps } from './check-ramps.ts';
import { checkRecords } from './check-told.ts';
import { type Effect, effectsOf } from './effects.ts';
import type { Evidence } from './evidence.ts';
import type { Findings, Notes, Report, Violation } from './findings.ts';
import { cardOf } from './slack-recorder.ts';

/** Checks the evidence of a run against what must always be true (I1 to I4 and I6). */
export function check(evidence: Evidence): Findings {
  return judged(evidence, checkRamps);
}

/** The same without the pace of ramps, for whoever moves their times. */
export function checkChanges(evidence: Evidence): Findings {
  return judged(evidence, () => {});
}

function judged(evidence: Evidence, ofRamps: typeof checkRamps): Findings {
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
  checkOrder(effects, evidence, report);
  checkRecords(evidence, byId, report);
  ofRamps(evidence, effects, report);
  noteUntold(effects, evidence, report);
  checkRequests(evidence, byId, report);
  checkCards(evidence, report);
  return { violations: found, notes };
}

function checkOnce(byId: ReadonlyMap<ChangeId, readonly Effect[]>, report: Report): void {
  for (const [id, effects] of byId) {
    for (const all of Map.groupBy(effects, ({ object }) => objectKey(object)).values()) {
      const [first] = all;
      if (first !== undefined && all.length > 1)
        report.violation('I1', `${id} took effect ${all.length} times on ${refText(first.object)}`, all);
    }
  }
}

/** A card mentions the next change of its rules. That is written in the background, and may get lost with the process. */
function noteUntold(effects: readonly Effect[], { records }: Evidence, report: Report): void {
  for (const { ledgerBefore, revision } of effects) {
    const rules = revision === undefined ? [] : movesIn(revision).map(({ rule }) => rule);
    const earlier = rules.map((rule) => ledgerBefore.revisions.find((each) => moveIn(each, rule) !== undefined)?.id);
    for (const id of new Set(earlier)) {
      const state = id === undefined ? undefined : records.get(id)?.state;
      if (state?.kind === 'applied' && state.later === undefined && state.rolledBack === undefined)
        report.note('cards that do not mention the next change');
    }
  }
}

function checkRequests(
  { requests, records, ramps }: Evidence,
  byId: ReadonlyMap<ChangeId, readonly Effect[]>,
  report: Report,
): void {
  const tokens = new Map([...byId.values()].flat().map((effect) => [effect.reason, effect]));
  for (const request of requests) {
    const kind = kindOf(request);
    report.note(`requests answered: ${kind}`);
    const { what, id, token, answer } = request;
    const named = acceptedId(answer);
    const ramp = acceptedRamp(answer);
    const isKept = ramp === undefined ? named !== undefined && records.has(named) : ramps.some(({ id }) => id === ramp);
    if (kind === 'accepted' && !isKept) {
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
  for (const id of owed)
    report.violation('I3', `the card of ${id} is still owed`, isChangeId(id) ? records.get(id) : undefined);
  for (const change of records.values()) {
    const own = cards.get(change.id) ?? [];
    if (change.ramp !== undefined) {
      if (own.length > 0) report.violation('I3', `${change.id} is shown by its ramp, and has a card`, { change, own });
      continue;
    }
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
