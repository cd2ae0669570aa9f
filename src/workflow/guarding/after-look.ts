import type { Change } from '../../domain/change/change.ts';
import { mostSevere } from '../../domain/guard/verdict.ts';
import { isBack } from '../../domain/ramp/direction.ts';
import { countsBy, type RampGuards } from '../../domain/ramp/guards.ts';
import { type Said, saidByOwn } from '../../domain/ramp/guards-say.ts';
import { leftOf } from '../../domain/ramp/next.ts';
import { type Ramp, targetsAt } from '../../domain/ramp/ramp.ts';
import {
  type GuardProof,
  isStanding,
  type Live,
  liveStep,
  type RampState,
  type RampStateOf,
  type Standing,
} from '../../domain/ramp/ramp-state.ts';
import type { Happened } from '../audit.ts';
import { leftBy } from '../ramping/as-left.ts';

/** The one who takes a ramp back without a person. */
export const guardUser = 'guard';

export interface Saying {
  readonly ramp: Ramp;
  readonly guards: RampGuards;
  readonly state: Live;
  readonly change: Change | undefined;
  readonly said: readonly Said[];
}

/** The state that the guards bring a ramp to; undefined if they leave it. */
export function afterSaying(saying: Saying, now: Date): RampState | undefined {
  const { ramp, guards, state, change } = saying;
  const proof = proofOf(saying);
  if (proof === undefined) return undefined;
  const at = now.toISOString();
  const step = liveStep(state);
  if (proof.act === 'take-back') {
    const seen = state.kind === 'stepping' ? state.from : leftBy(ramp, step, change);
    return { kind: 'going-back', why: 'taken-back', by: guardUser, at, step, seen, proof: proof.proof };
  }
  if (guards.silencedAt === step) return undefined;
  return isStanding(state) ? heldBy(state, proof.proof, now) : suspecting(ramp, state, proof.proof);
}

/**
 * A sign takes the place of a hold that the clock, policy or a step gave: who lets the ramp go on then is told of it. It does not take the
 * place of what somebody else moved, nor of a way back that failed.
 */
function heldBy(state: Standing, proof: GuardProof, now: Date): RampState | undefined {
  if (state.kind === 'held' && ['guard', 'moved', 'back-failed'].includes(state.hold.because)) return undefined;
  const { step, since } = state;
  const leftMs = leftOf(state, now);
  return { kind: 'held', step, since, at: now.toISOString(), leftMs, hold: { because: 'guard', proof } };
}

/** A sign stops steps up. A step that goes back is made all the same. */
function suspecting(ramp: Ramp, state: RampStateOf<'stepping'>, suspected: GuardProof): RampState | undefined {
  const goesBack = isBack(ramp.before, state.from, targetsAt(ramp, state.step));
  return goesBack || state.suspected !== undefined ? undefined : { ...state, suspected };
}

interface Proven {
  readonly act: 'take-back' | 'hold';
  readonly proof: GuardProof;
}

/** The gravest thing that the guards have to say, if it is grave enough to act: taking back goes before holding, whoever says it. */
function proofOf(saying: Saying): Proven | undefined {
  const proven = [byEvidence(saying), byOwnNumber(saying), byUnreached(saying)].filter((each) => each !== undefined);
  return proven.find(({ act }) => act === 'take-back') ?? proven[0];
}

function byEvidence({ guards, said }: Saying): Proven | undefined {
  const worst = mostSevere(said.map(({ guard, verdict }) => ({ ...verdict, guard })));
  if (worst?.kind !== 'take-back' && worst?.kind !== 'hold') return undefined;
  const { kind: act, guard, oneIn } = worst;
  return { act, proof: { guard, oneIn, ...countsBy(guards, guard) } };
}

function byOwnNumber({ guards }: Saying): Proven | undefined {
  const act = saidByOwn(guards);
  if (guards.last === undefined || (act !== 'take-back' && act !== 'hold')) return undefined;
  return { act, proof: { guard: 'own', ...guards.last.counted } };
}

function byUnreached({ guards: { rule, last } }: Saying): Proven | undefined {
  if (last === undefined || rule.act === 'tell') return undefined;
  const { unreached, counted } = last;
  const lost = Object.values(unreached).reduce((sum, requests) => sum + requests, 0);
  return lost > 0 ? { act: 'hold', proof: { guard: 'unreached', unreached, ...counted } } : undefined;
}

/** Each look's counts and evidence are kept for the audit, so that anyone can compute the decision anew. */
export function happenedBy(guards: RampGuards, said: readonly Said[], next: RampState | undefined): Happened {
  const { last } = guards;
  const acts = next?.kind === 'held' || next?.kind === 'going-back' ? next.kind : undefined;
  const kind = acts === undefined ? 'ramp-looked' : acts === 'held' ? 'ramp-stopped' : 'ramp-goes-back';
  const because = acts && 'guard';
  const evidence = said.map(
    ({ guard, verdict, logEvidence }) => `${guard} ${verdict.kind} lnE ${logEvidence.toFixed(4)}`,
  );
  const { canary, others } = last?.counted ?? { canary: { requests: 0, bad: 0 }, others: { requests: 0, bad: 0 } };
  const counts = `canary ${canary.bad}/${canary.requests} others ${others.bad}/${others.requests}`;
  return {
    kind,
    because,
    step: last?.step,
    detail: [`${last?.from ?? ''} to ${last?.until ?? ''}`, counts, ...evidence, ...limits(guards)].join('; '),
    ...(acts === 'going-back' && { by: { user: guardUser } }),
  };
}

/** Why the evidence is weighed as it is. */
function limits({ sticky, confounded, confoundedBy = '' }: RampGuards): readonly string[] {
  return [
    ...(sticky === undefined ? [] : [`not compared: ${sticky}`]),
    ...(confounded === undefined ? [] : [`in the way: ${confounded} ${confoundedBy}`.trimEnd()]),
  ];
}
