import { setTimeout as delay } from 'node:timers/promises';
import { planShown } from '../../domain/change/change.ts';
import type { StateOf } from '../../domain/change/state.ts';
import type { Denial } from '../../domain/policy/judge.ts';
import { growthOfFirst } from '../../domain/policy/ramp-growth.ts';
import { askOfRamp } from '../../domain/policy/ramps/ask-of-ramp.ts';
import { hostsMoved } from '../../domain/policy/targets.ts';
import { objectsMoved, type Ramp, rampTo, rulesMoved } from '../../domain/ramp/ramp.ts';
import type { RampHold, RampStateOf } from '../../domain/ramp/ramp-state.ts';
import type { RampId } from '../../domain/routing/names.ts';
import { type Hearing, heard } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate, requestId } from '../desk.ts';
import { judgeChange, type PolicyNow } from '../judging/judge-change.ts';
import { judgeAll, judgeWhenOpen, type Wanted } from '../judging/judge-live.ts';
import { byDenial } from '../judging/void.ts';
import { untilHours } from './await-approval.ts';
import { makeStep, relabelled } from './make-step.ts';
import { moveRampFor } from './move-ramp.ts';
import { type AwaitingRamp as Awaiting, isAwaiting } from './void-ramp.ts';

/** The answer to a decision about a ramp that awaits approval. */
export type RampApproval =
  /** `missing`: how many more approvals are needed; with none the first step is in line. */
  | { readonly kind: 'approved' | 'approved-before'; readonly ramp: Ramp; readonly missing: number }
  | { readonly kind: 'rejected' | 'withdrawn' | 'voided'; readonly ramp: Ramp }
  /** It no longer awaits approval. */
  | { readonly kind: 'decided' | 'planned-anew' | 'not-yours'; readonly ramp: Ramp }
  | { readonly kind: 'denied'; readonly ramp: Ramp; readonly denial: Denial }
  | { readonly kind: 'cannot-tell'; readonly ramp: Ramp; readonly why: string }
  | { readonly kind: 'unknown-ramp'; readonly id: RampId };

const hearings: Readonly<Record<RampApproval['kind'], Hearing>> = {
  approved: 'stored',
  rejected: 'stored',
  withdrawn: 'stored',
  voided: 'stored',
  'approved-before': 'no',
  decided: 'no',
  'planned-anew': 'no',
  'not-yours': 'no',
  denied: 'no',
  'cannot-tell': 'no',
  'unknown-ramp': 'no',
};

export interface DecidingApproval {
  readonly id: RampId;
  /** The plan that the card showed (`planShown`), if one was clicked. */
  readonly seen?: string | undefined;
}

interface Gesture {
  readonly asker: Asker;
  readonly deed: 'approve' | 'reject' | 'withdraw';
}

const retryMs = 20;

/** Counts a person's approval of a whole ramp. The last one that is needed puts the first step in line. */
export function approveRamp(desk: Desk, about: DecidingApproval, asker: Asker): Promise<RampApproval> {
  return decideOn(desk, about, { asker, deed: 'approve' }, async (ramp) => {
    const denial = await denied(desk, ramp, { asker, deed: 'approve' });
    return denial === undefined ? count(desk, ramp, asker) : { kind: 'denied', ramp, denial };
  });
}

export function rejectRamp(desk: Desk, about: DecidingApproval, asker: Asker, reason?: string): Promise<RampApproval> {
  return decideOn(desk, about, { asker, deed: 'reject' }, async (ramp) => {
    const denial = await denied(desk, ramp, { asker, deed: 'reject' });
    if (denial !== undefined) return { kind: 'denied', ramp, denial };
    const at = desk.now().toISOString();
    return end(desk, ramp, { kind: 'rejected', at, by: asker.user, reason }, { asker, deed: 'reject' });
  });
}

/** Why a person cannot reject it, to be told before they are asked for their reason; undefined if they can. */
export async function objectionToRejectingRamp(
  desk: Desk,
  about: DecidingApproval,
  asker: Asker,
): Promise<RampApproval | undefined> {
  const ramp = await toBeDecided(desk, about);
  const denial = 'answer' in ramp ? undefined : await denied(desk, ramp, { asker, deed: 'reject' });
  const answer = 'answer' in ramp ? ramp.answer : denial && ({ kind: 'denied', ramp, denial } as const);
  return answer && heard(desk, { asker, deed: 'reject' }, answer, hearings);
}

export function withdrawRamp(desk: Desk, about: DecidingApproval, asker: Asker): Promise<RampApproval> {
  return decideOn(desk, about, { asker, deed: 'withdraw' }, async (ramp) => {
    if (asker.user !== ramp.by) return { kind: 'not-yours', ramp };
    const at = desk.now().toISOString();
    return end(desk, ramp, { kind: 'withdrawn', at, by: asker.user }, { asker, deed: 'withdraw' });
  });
}

async function decideOn(
  desk: Desk,
  about: DecidingApproval,
  gesture: Gesture,
  decide: (ramp: Awaiting) => Promise<RampApproval | undefined>,
): Promise<RampApproval> {
  for (;;) {
    const ramp = await toBeDecided(desk, about);
    refuseIfLate(desk, gesture.asker);
    const answer = 'answer' in ramp ? ramp.answer : await decide(ramp);
    if (answer !== undefined) return heard(desk, gesture, answer, hearings);
    await delay(retryMs * Math.random());
  }
}

async function toBeDecided(
  desk: Desk,
  { id, seen }: DecidingApproval,
): Promise<Awaiting | { readonly answer: RampApproval }> {
  const ramp = await desk.ramps.read(id);
  if (ramp === undefined) return { answer: { kind: 'unknown-ramp', id } };
  if (!isAwaiting(ramp) || desk.now().getTime() >= Date.parse(ramp.state.expiresAt))
    return { answer: { kind: 'decided', ramp } };
  return seen === undefined || seen === planShown(ramp.state) ? ramp : { answer: { kind: 'planned-anew', ramp } };
}

async function denied(desk: Desk, ramp: Ramp, { asker, deed }: Gesture): Promise<Denial | undefined> {
  if (deed === 'withdraw') return undefined;
  const { verdict } = await judgeAll(desk, asker, await wantedOfRamp(desk, ramp, deed));
  if (verdict.kind === 'refused') return verdict.denial;
  return deed === 'approve' && asker.user === ramp.by ? { reason: 'own-request' } : undefined;
}

/** What policy judges of a ramp: each object that it moves, by its hosts now. */
async function wantedOfRamp(
  desk: Desk,
  ramp: Ramp,
  deed: 'approve' | 'reject' | 'shift',
): Promise<readonly [Wanted, ...Wanted[]]> {
  const [first, ...more] = await Promise.all(
    objectsMoved(ramp).map(async (object) => {
      const { live } = await desk.mesh.open(object);
      const moved = rulesMoved(ramp, object).map((rule) => ({ rule }));
      const route = { object, ...hostsMoved(moved, live) };
      const growth = growthOfFirst(ramp, object);
      return { deed, route, growth, ramp: askOfRamp(ramp, object), requester: ramp.by };
    }),
  );
  if (first === undefined) throw new Error('a ramp moves at least one object');
  return [first, ...more];
}

async function count(desk: Desk, ramp: Awaiting, asker: Asker): Promise<RampApproval | undefined> {
  const { approvals: earlier = [], state } = ramp;
  const isKnown = earlier.some(({ by }) => by === asker.user);
  const approvals = isKnown ? earlier : [...earlier, { by: asker.user, at: desk.now().toISOString() }];
  const { judged: now, opens } = await judgeWhole(desk, { ...ramp, approvals });
  switch (now.kind) {
    case 'unknown':
      return { kind: 'cannot-tell', ramp, why: now.why };
    case 'denied':
      return voided(desk, ramp, asker, { because: 'denied', denied: byDenial(now.denial).denied });
    case 'may':
      return opens === undefined
        ? begin(desk, { ...ramp, approvals }, asker)
        : startLater(desk, { ...ramp, approvals }, asker, opens);
    case 'lacks': {
      const { missing, needs, lost } = now;
      if (isKnown && lost.length === 0) return { kind: 'approved-before', ramp, missing };
      const { rule } = needs;
      const counted = approvals.filter((approval) => !lost.includes(approval.by));
      const next = {
        ...rampTo(ramp, { ...state, needs: { ...needs, expiresMs: state.needs.expiresMs } }),
        approvals: counted,
      };
      const happened = { kind: 'approved', deed: 'approve', rule, missing } as const;
      return (await moveRampFor(desk, next, asker, happened)) ? { kind: 'approved', ramp: next, missing } : undefined;
    }
  }
}

/** What policy says of the whole ramp. Outside the hours for steps up it is asked for when they begin (`opens`): the ramp waits until then. */
async function judgeWhole(desk: Desk, ramp: Ramp): Promise<{ readonly judged: PolicyNow; readonly opens?: Date }> {
  const wanted = await wantedOfRamp(desk, ramp, 'shift');
  const judgeAt = (judging: Desk) => judgeChange(judging, ramp, wanted);
  return judgeWhenOpen(desk, judgeAt, (now) => (now.kind === 'denied' ? now.denial : undefined));
}

/** All approvals are there. The approved plan is for the splits that it was made from. */
async function begin(desk: Desk, ramp: Awaiting, asker: Asker): Promise<RampApproval | undefined> {
  const happened = { kind: 'approved', asker, deed: 'approve', missing: 0 } as const;
  const askedAs = requestId(asker.request);
  const made = await makeStep(desk, { ramp, step: 1, from: ramp.before, asker, askedAs, happened });
  switch (made.kind) {
    case 'made':
      return { kind: 'approved', ramp: made.ramp, missing: 0 };
    case 'superseded':
      return voided(desk, ramp, asker, { because: 'moved' });
    case 'held':
      return voided(
        desk,
        ramp,
        asker,
        made.hold.because === 'denied'
          ? { because: 'denied', denied: made.hold.denied }
          : { because: whyNoPlan(made.hold) },
      );
    case 'unknown':
      return { kind: 'cannot-tell', ramp, why: made.why };
    case 'waits':
      return startLater(desk, ramp, asker, made.until, made.waitsFor);
    case 'known':
    case 'moved':
      return undefined;
  }
}

function whyNoPlan(hold: RampHold): 'moved' | 'relabelled' {
  return hold.because === 'no-plan' && hold.refusal === relabelled ? relabelled : 'moved';
}

/** Approved, and begun when the hours for steps up begin. */
async function startLater(
  desk: Desk,
  ramp: Awaiting,
  asker: Asker,
  until: Date,
  waitsFor?: 'hours' | 'pace',
): Promise<RampApproval | undefined> {
  const next = rampTo(ramp, untilHours(desk, until, waitsFor));
  const isMoved = await moveRampFor(desk, next, asker, { kind: 'approved', deed: 'approve', missing: 0 });
  return isMoved ? { kind: 'approved', ramp: next, missing: 0 } : undefined;
}

async function voided(
  desk: Desk,
  ramp: Awaiting,
  asker: Asker,
  why: Pick<RampStateOf<'void'>, 'because' | 'denied'>,
): Promise<RampApproval | undefined> {
  const next = rampTo(ramp, { kind: 'void', at: desk.now().toISOString(), ...why });
  const happened = { kind: 'voided', deed: 'approve', because: why.denied ?? why.because } as const;
  return (await moveRampFor(desk, next, asker, happened)) ? { kind: 'voided', ramp: next } : undefined;
}

async function end(
  desk: Desk,
  ramp: Awaiting,
  state: StateOf<'rejected' | 'withdrawn'>,
  { asker, deed }: Gesture,
): Promise<RampApproval | undefined> {
  const next = rampTo(ramp, state);
  const isMoved = await moveRampFor(desk, next, asker, { kind: state.kind, deed });
  return isMoved ? { kind: state.kind, ramp: next } : undefined;
}
