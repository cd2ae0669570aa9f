import type { AuditEvent } from '../../src/domain/change/audit.ts';
import type { Change } from '../../src/domain/change/change.ts';
import type { Ramp } from '../../src/domain/ramp/ramp.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import { doneWords } from '../../src/slack/replies/ramps/gestures.ts';
import { kindOf } from '../chaos/answers.ts';
import { checkChanges } from '../chaos/check.ts';
import { checkSequence } from '../chaos/check-sequence.ts';
import { effectsOf } from '../chaos/effects.ts';
import type { Evidence } from '../chaos/evidence.ts';
import type { Report, Violation } from '../chaos/findings.ts';
import type { Request } from '../chaos/people.ts';
import { auditedOnce } from './audited.ts';
import { wayOf } from './cases.ts';
import { isKill, type Strike } from './faults.ts';
import { checkLooks } from './looks.ts';
import { checkRamps } from './ramps.ts';
import { rampsAudited } from './ramps-audited.ts';
import { type Scenario, wasTaken } from './scenarios.ts';
import { type Asked, isOfStage } from './stage.ts';

/** What a case has left behind. */
export interface Left extends Pick<Evidence, 'history' | 'foreign' | 'owed' | 'messages'> {
  readonly records: ReadonlyMap<ChangeId, Change>;
  /** What the audit has of the case. */
  readonly events: readonly AuditEvent[];
  readonly ramps: readonly Ramp[];
  readonly asked: Asked;
  /** What only the person saw, beside the acknowledgement. */
  readonly told: readonly string[];
  readonly strike: Strike | undefined;
}

/** The checker of the chaos runs, and what one person was told about the one thing that they asked for. */
export function judge(left: Left, scenario: Scenario): readonly Violation[] {
  const { asked, told } = left;
  const answers = asked.answer === undefined ? told : [asked.answer, ...told];
  const requests = (answers.length === 0 ? [undefined] : answers).map((answer) => requestOf(asked, answer));
  const unknownPosts = new Set(isPostDoubled(left.strike) ? left.records.keys() : []);
  const evidence = { ...left, audit: left.events, unknownPosts, requests };
  const { violations } = checkChanges(evidence); // a stage moves the times of ramps, so they are judged here
  return [
    ...violations,
    ...checkRamps(left, scenario),
    ...checkSequences(evidence),
    ...left.ramps.flatMap((ramp) => checkLooks(ramp, left.events, scenario.traffic)),
    ...left.ramps.flatMap((ramp) => rampsAudited(ramp, left.events, answers)),
    ...requests.flatMap((request) => toldRightly(request, left, scenario)),
    ...auditedOnce(left.events, left.records.values(), ({ request }) => !isOfStage(request)),
  ];
}

/** Every write of a ramp of several clusters in its place. */
function checkSequences(evidence: Evidence): readonly Violation[] {
  const found: Violation[] = [];
  const quiet: Report = { violation: () => {}, note: () => {} }; // what each write is, is judged already
  const report: Report = {
    ...quiet,
    violation: (invariant, what, shown) => found.push({ invariant, what, evidence: shown }),
  };
  const effects = [...evidence.history.values()].flatMap((events) => effectsOf(events, evidence, quiet));
  for (const ramp of evidence.ramps) {
    const own = effects.filter(({ id }) => evidence.records.get(id)?.ramp?.id === ramp.id);
    checkSequence(ramp, own, evidence, report);
  }
  return found;
}

/** What makes Slack post twice posts twice: there is nothing by which Slack would know the second for the first. */
function isPostDoubled(strike: Strike | undefined): boolean {
  return strike?.fault === 'twice' && wayOf(strike.at).includes('desk.chat.post(');
}

function requestOf({ what, token, makes }: Asked, answer: string | undefined): Request {
  return { what, by: '', token, id: makes, answer, atMs: 0 };
}

function isBackward(kind: Ramp['state']['kind']): boolean {
  return kind === 'back' || kind === 'going-back';
}

/** What begins so promises that it was taken. */
const promises = ['Accepted', 'Discarded', 'Approved', 'Your approval', 'Rejected', ...Object.values(doneWords)];

export function isPromise(answer: string): boolean {
  return promises.some((words) => answer.startsWith(words));
}

function toldRightly(request: Request, left: Left, scenario: Scenario): readonly Violation[] {
  const isIn = wasTaken(scenario, left);
  const { answer = '' } = request;
  const shown = { request, records: [...left.records.values()], ramps: left.ramps };
  const isAborted = left.ramps.every(({ state }) => state.kind === 'back');
  if (scenario.isAborted === true && answer.startsWith(doneWords.abort) && !isAborted)
    return [{ invariant: 'I4', what: 'a ramp was aborted and goes on', evidence: shown }];
  if (isPromise(answer) && !isIn)
    return [{ invariant: 'I4', what: 'what was promised was not taken', evidence: shown }];
  // Of an abort within a step, the step counts as taken, too; it was pressed before.
  const isWhatWasAsked = scenario.isAborted === true ? left.ramps.some(({ state }) => isBackward(state.kind)) : isIn;
  if (kindOf(request) === 'not accepted' && isWhatWasAsked && scenario.isPressedOften !== true)
    return [{ invariant: 'I1', what: 'what was not accepted was taken', evidence: shown }];
  // Whoever was killed can tell nobody.
  const isSilent = request.answer === undefined && left.asked.delivered && !isIn && !isKill(left.strike);
  return isSilent ? [{ invariant: 'I6', what: 'nothing happened and nobody was told', evidence: shown }] : [];
}
