import { roundedUp, upperBound } from '../../domain/guard/bound.ts';
import { batchesOf, totalOf } from '../../domain/guard/seen-so-far.ts';
import { areTooFew } from '../../domain/guard/too-few.ts';
import { guardKinds } from '../../domain/guard/verdict.ts';
import type { Confounded, Confounding, Sticky } from '../../domain/ramp/confounded.ts';
import { canaryOf } from '../../domain/ramp/direction.ts';
import { countsBy, type RampGuards } from '../../domain/ramp/guards.ts';
import { isOn, saidBy } from '../../domain/ramp/guards-say.ts';
import { type Ramp, targetsAt } from '../../domain/ramp/ramp.ts';
import { type GuardProof, isStanding, type Standing } from '../../domain/ramp/ramp-state.ts';
import { weightOf } from '../../domain/routing/split.ts';
import { code, foreign } from '../words/mrkdwn.ts';
import { asWritten, canaryName, countsText, number, proofText, shortly, tallyText } from './guard-text.ts';

/** What the guards say of the step that is live. Empty if no step is live. */
export function guardNotes(ramp: Ramp): readonly string[] {
  const { guards, state } = ramp;
  if (!isStanding(state) || state.step === 0) return [];
  if (guards === undefined) return ['No guard watches this ramp: it goes by time.'];
  return [...signs(ramp, guards, state), ...limitNotes(ramp, guards)];
}

/** What the guards cannot do here, or may not. `confounding`: what is in the way before the first look. */
export function limitNotes(
  ramp: Pick<Ramp, 'before' | 'steps'>,
  guards: RampGuards,
  confounding: Confounding | undefined = confoundingOf(guards),
): readonly string[] {
  const { sticky, rule, latency } = guards;
  const hasNoBound = rule.latency !== undefined && latency === undefined && sticky === undefined;
  return [
    ...(sticky === undefined ? [] : [`${stickyWords[sticky]} ${boundText(ramp, guards)}`]),
    ...(sticky === undefined && confounding !== undefined ? [confoundedText(confounding, guards)] : []),
    ...(hasNoBound ? ['From when on a request is slow was not known before the ramp, so latency is not watched.'] : []),
    ...(rule.act === 'tell' ? [`The guards only speak here, and stop nothing: policy says ${code('act: tell')}.`] : []),
  ];
}

/** `, unless v3 fails more often or is slower than v1`; empty if no guard may stop the ramp. */
export function unlessText({ guards, state, ...ramp }: Ramp): string {
  if (guards === undefined || !isStanding(state) || state.step === 0) return '';
  const { rule } = guards;
  const others = othersName(ramp, state.step);
  const worse = [
    ...(isOn(guards, 'errors') ? ['fails more often'] : []),
    ...(isOn(guards, 'latency') ? ['is slower'] : []),
  ];
  const all = [
    ...(others === '' || worse.length === 0 ? [] : [`${canaryName(ramp)} ${worse.join(' or ')} than ${others}`]),
    ...(isOn(guards, 'absolute') ? [`more than ${mayFail(guards)} of its requests fail`] : []),
  ];
  const own = rule.query?.act === 'tell' ? undefined : rule.query?.atMost;
  const told = [
    ...(rule.act === 'tell' ? [] : all),
    ...(own === undefined ? [] : [`the number that policy asks for is over ${asWritten.format(own)}`]),
  ];
  return told.length === 0 ? '' : `, unless ${told.join(', or ')}`;
}

/** The versions that the canary is compared with at a step. */
function othersName(ramp: Pick<Ramp, 'before' | 'steps'>, step: number): string {
  const canary = canaryOf(ramp);
  const versions = targetsAt(ramp, step).flatMap(({ split }) =>
    Object.keys(split).filter((version) => weightOf(split, version) > 0 && !canary.includes(version)),
  );
  return foreign([...new Set(versions)].join(' and '), 80);
}

function signs(ramp: Ramp, guards: RampGuards, state: Standing): readonly string[] {
  if (guards.sticky === 'connection') return [];
  if (guards.last?.step !== state.step) return ['The guards have not looked at this step yet.'];
  const told = state.kind === 'held' && state.hold.because === 'guard' ? state.hold.proof.guard : undefined;
  const worse = saidBy(guards, state.step).flatMap(({ guard, verdict }) =>
    'oneIn' in verdict && guard !== told
      ? [signText(ramp, { guard, oneIn: verdict.oneIn, ...countsBy(guards, guard) })]
      : [],
  );
  const isErrorTold = told === 'errors' || saidBy(guards, state.step).some(isSignOfErrors);
  return [...(isErrorTold ? [] : [stepText(ramp, guards, state.step)]), ...worse];
}

/** A sentence. It may begin with the name of a version, which stays as it is. */
function signText(ramp: Ramp, proof: GuardProof): string {
  const text = proofText(ramp, proof, 'hold');
  return proof.guard === 'follow' ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text;
}

function isSignOfErrors({ guard, verdict }: ReturnType<typeof saidBy>[number]): boolean {
  return guard === 'errors' && 'oneIn' in verdict;
}

/** What was counted in the step, without a sign that the canary fails more often. */
function stepText(ramp: Ramp, guards: RampGuards, step: number): string {
  const inStep = guards.seen.slice(step - 1, step);
  const batch = totalOf(inStep);
  const { canary, others } = batch;
  const name = canaryName(ramp);
  if (canary.requests === 0) return `Nothing was seen of ${name} in this step so far.`;
  if (!isOn(guards, 'errors')) return `${tallyText(canary)} requests to ${name} failed in this step.`;
  if (others.requests === 0) return `${name} fails ${tallyText(canary)}; there is nobody to compare it with.`;
  const acting = guardKinds.filter((guard) => isOn(guards, guard)).length;
  if (areTooFew({ batch, step, steps: guards.errors.length, guards: acting }))
    return `Too few requests to tell: ${number.format(canary.requests)} so far.`;
  const bound = upperBound(batchesOf(inStep));
  const most = bound === undefined ? '' : `; at most ${shortly(roundedUp(bound))} times as often (95 %)`;
  return `No sign that ${name} fails more often: ${countsText(batch)}${most}.`;
}

const stickyWords: Record<Sticky, string> = {
  session: 'Sessions stay with a version here. The versions serve different clients, so they are not compared.',
  cookie: 'A cookie keeps clients at a version here. The versions serve different clients, so they are not compared.',
  connection: 'This rule is about connections. Their outcome is not counted, so no guard can watch it.',
};

/** What still watches the ramp where nothing is compared. */
function boundText(ramp: Pick<Ramp, 'before' | 'steps'>, guards: RampGuards): string {
  if (isOn(guards, 'absolute'))
    return `Only the bound of policy watches ${canaryName(ramp)}: ${mayFail(guards)} may fail.`;
  return guards.sticky === 'connection' ? 'It goes by time.' : 'No bound is set in policy, so it goes by time.';
}

function mayFail({ rule }: RampGuards): string {
  return `${asWritten.format(100 * (rule.errors.atMost ?? 0))} %`;
}

function confoundingOf({ confounded, confoundedBy: by }: RampGuards): Confounding | undefined {
  return confounded && { because: confounded, by };
}

function confoundedText({ because, by }: Confounding, guards: RampGuards): string {
  const what = confoundedWords[because](by === undefined ? undefined : code(by, 200));
  if (guards.rule.act !== 'take-back') return what;
  const others = [
    ...(isOn(guards, 'absolute') ? [`the bound of policy (${mayFail(guards)})`] : []),
    ...(guards.rule.query?.act === 'take-back' ? ['the number that policy asks for'] : []),
  ];
  if (others.length === 0) return `${what} So the guards may hold it, and do not take it back.`;
  const take = others.length === 1 ? 'takes' : 'take';
  return `${what} So the guards that compare may hold it. Only ${others.join(' and ')} ${take} it back.`;
}

const confoundedWords: Record<Confounded, (by: string | undefined) => string> = {
  'other-rule': (by = 'of the object') => `Another rule (${by}) sends requests to these versions, too.`,
  'other-object': (by = 'Another object') => `${by} sends requests to these versions, too.`,
  'other-ramp': (by = 'in progress') => `Another ramp (${by}) moves requests of these versions, too.`,
  mirrored: (by) => `Requests are mirrored to these versions${by === undefined ? '' : ` (${by})`}.`,
  'nameless-caller': () => 'Some callers do not say who they are.',
};
