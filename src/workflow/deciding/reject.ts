import { moveTo } from '../../domain/change/change.ts';
import { isObjectGone, openWeights } from '../applying/open.ts';
import { replace } from '../asking/accept.ts';
import { heard } from '../audit.ts';
import type { Asker, Desk } from '../desk.ts';
import {
  type ApprovalAnswer,
  type Awaiting,
  type Deciding,
  decideOn,
  denied,
  end,
  hearings,
  toBeDecided,
} from './awaiting.ts';
import { footingOf } from './footing.ts';

/** Ends the change. A person who may approve may also say no. */
export function reject(desk: Desk, about: Deciding, asker: Asker, reason?: string): Promise<ApprovalAnswer> {
  return decideOn(desk, about, { asker, deed: 'reject' }, async (change) => {
    const objection = await mayNotReject(desk, change, asker);
    if (objection !== undefined) return objection;
    const next = moveTo(change, { kind: 'rejected', at: desk.now().toISOString(), by: asker.user, reason });
    return (await replace(desk, next, asker, { kind: 'rejected', deed: 'reject' }))
      ? { kind: 'rejected', change: next }
      : undefined;
  });
}

/** Why a person cannot reject it, to be told before they are asked for their reason; undefined if they can. */
export async function objectionToRejecting(
  desk: Desk,
  about: Deciding,
  asker: Asker,
): Promise<ApprovalAnswer | undefined> {
  const change = await toBeDecided(desk, about);
  const objection = 'answer' in change ? change.answer : await mayNotReject(desk, change, asker);
  return objection && heard(desk, { asker, deed: 'reject' }, objection, hearings);
}

async function mayNotReject(desk: Desk, change: Awaiting, asker: Asker): Promise<ApprovalAnswer | undefined> {
  const opened = await openWeights(desk.mesh, change);
  if (isObjectGone(opened)) {
    const footing = await footingOf(desk, change);
    return end(desk, change, footing.voided({ because: 'moved' }), { asker, deed: 'reject' });
  }
  const denial = await denied(desk, asker, { deed: 'reject', change, opened });
  return denial === undefined ? undefined : { kind: 'denied', change, denial };
}

/** A person who asked for the change takes it back. */
export function withdraw(desk: Desk, about: Deciding, asker: Asker): Promise<ApprovalAnswer> {
  return decideOn(desk, about, { asker, deed: 'withdraw' }, async (change) => {
    if (asker.user !== change.by && asker.user !== change.insistedBy) return { kind: 'not-yours', change };
    const next = moveTo(change, { kind: 'withdrawn', at: desk.now().toISOString(), by: asker.user });
    return (await replace(desk, next, asker, { kind: 'withdrawn', deed: 'withdraw' }))
      ? { kind: 'withdrawn', change: next }
      : undefined;
  });
}
