import type { AuditEvent } from '../../domain/change/audit.ts';
import { resolveEnd } from '../../domain/language/end.ts';
import type { Hold } from '../../domain/policy/freeze.ts';
import { readScope, type Scope } from '../../domain/policy/scope.ts';
import { hookOwner, isPersons, keyOfHold, mostFreezes, type SetHold, spans } from '../../domain/policy/set-hold.ts';
import { gestureId, holdFacts, note, tellLog } from '../audit.ts';
import type { Desk } from '../desk.ts';
import { requestId } from '../desk.ts';
import type { HoldsFound } from '../ports/holds.ts';

/** What an incident tool asks for. */
export type HookOrder =
  | {
      readonly action: 'freeze';
      /** The incident's id. The same name is the same freeze, no matter how often it is sent. */
      readonly name: string;
      readonly target: string;
      readonly reason: string;
      readonly end: { readonly forMs: number } | { readonly until: Date } | undefined;
    }
  | { readonly action: 'thaw'; readonly name: string };

export type HookAnswer =
  | { readonly kind: 'frozen' | 'thawed'; readonly hold: SetHold }
  | { readonly kind: 'nothing-to-thaw' }
  | { readonly kind: 'no-scope'; readonly scope: Exclude<Scope, { kind: 'covers' }> }
  /** A person set the freeze of that name. */
  | { readonly kind: 'not-the-hooks' }
  | { readonly kind: 'wrong-end'; readonly because: 'over' | 'too-long' }
  | { readonly kind: 'too-many' }
  /** What stands under that name cannot be read. */
  | { readonly kind: 'unreadable' };

export interface HookDesk extends Pick<Desk, 'holds' | 'audit' | 'aside' | 'log' | 'now'> {
  readonly mesh: Pick<Desk['mesh'], 'clusters'>;
}

const maxTries = 5;

/** Freezes and thaws for a tool with the hook's token. Policy is not asked: handing out the token was the decision. */
export async function orderByHook(desk: HookDesk, order: HookOrder, request: string): Promise<HookAnswer> {
  const answer = await carryOut(desk, order, request);
  if (!('hold' in answer) && answer.kind !== 'nothing-to-thaw') note(desk, refusedEvent(desk, order, request, answer));
  return answer;
}

async function carryOut(desk: HookDesk, order: HookOrder, request: string): Promise<HookAnswer> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const { holds: freezes } = await freezesInForce(desk);
    const standing = freezes.find((hold) => keyOfHold(hold) === order.name.toLowerCase());
    if (standing !== undefined && !standing.by.startsWith(hookOwner)) return { kind: 'not-the-hooks' };
    if (order.action === 'thaw' && standing === undefined) return { kind: 'nothing-to-thaw' };
    if (standing === undefined && freezes.filter((hold) => !isPersons(hold)).length >= mostFreezes)
      return { kind: 'too-many' };
    const answer =
      order.action === 'thaw'
        ? await thawByHook(desk, standing)
        : await freezeByHook(desk, { order, standing, request: `${request}:${tries}` });
    if (answer !== undefined) return answer;
  }
  throw new Error(`the freeze ${order.name} changed during each of ${maxTries} tries`);
}

/** All freezes that people and the hook set and that are in force, and what cannot be read. */
export async function freezesInForce({ holds, now }: Pick<HookDesk, 'holds' | 'now'>): Promise<HoldsFound> {
  const { holds: set, unreadable } = await holds.all(now());
  const isFreeze = ({ kind }: Hold) => kind === 'freeze';
  return { holds: set.filter(isFreeze), unreadable: unreadable.filter(isFreeze) };
}

interface Freezing {
  readonly order: Extract<HookOrder, { action: 'freeze' }>;
  readonly standing: SetHold | undefined;
  readonly request: string;
}

/** Undefined if somebody changed the freeze in between. */
async function freezeByHook(desk: HookDesk, { order, standing, request }: Freezing): Promise<HookAnswer | undefined> {
  const { mesh, holds, log, now } = desk;
  const scope = readScope({ pattern: order.target }, mesh.clusters);
  if (scope.kind !== 'covers') return { kind: 'no-scope', scope };
  const end = endsAt(order, now());
  if (end.kind !== 'ends') return { kind: 'wrong-end', because: end.kind };

  const hold: SetHold = {
    id: requestId(request),
    kind: 'freeze',
    name: order.name,
    target: scope.target,
    by: `${hookOwner}${order.name}`,
    reason: order.reason,
    since: now(),
    until: end.at,
    except: { rollback: true, who: [] },
  };
  const event = eventOf(desk, 'frozen', hold);
  const outcome = await holds.set(hold, { at: now(), instead: standing, event });
  if (outcome === 'unreadable') return { kind: 'unreadable' };
  if (outcome !== 'set') return undefined;
  log.info({ target: hold.target, name: hold.name, by: hold.by, until: hold.until }, 'frozen');
  tellLog(log, event);
  return { kind: 'frozen', hold };
}

async function thawByHook(desk: HookDesk, hold: SetHold | undefined): Promise<HookAnswer | undefined> {
  const { holds, log } = desk;
  if (hold === undefined) return undefined;
  const event = eventOf(desk, 'thawed', hold);
  if (!(await holds.release(hold, event))) return undefined;
  log.info({ target: hold.target, name: hold.name, by: hold.by }, 'thawed');
  tellLog(log, event);
  return { kind: 'thawed', hold };
}

function eventOf({ now }: HookDesk, kind: 'frozen' | 'thawed', hold: SetHold): AuditEvent {
  const { id, by } = hold;
  return { id: `${id}.${kind}`, kind, at: now().toISOString(), by: { user: by }, ...holdFacts(hold) };
}

function refusedEvent(
  { now }: HookDesk,
  order: HookOrder,
  sent: string,
  { kind: because }: Pick<HookAnswer, 'kind'>,
): AuditEvent {
  const { action: deed, name: detail } = order;
  const request = gestureId(requestId(sent));
  const reason = 'reason' in order ? order.reason : undefined;
  const at = now().toISOString();
  return {
    id: request,
    request,
    kind: 'refused',
    at,
    by: { user: `${hookOwner}${detail}` },
    deed,
    because,
    detail,
    reason,
  };
}

function endsAt({ end }: Freezing['order'], now: Date) {
  const { defaultMs, longestMs } = spans.freeze;
  const until = end !== undefined && 'until' in end ? end.until.getTime() - now.getTime() : undefined;
  const ms = until ?? (end !== undefined && 'forMs' in end ? end.forMs : defaultMs);
  return resolveEnd({ kind: 'for', ms }, { now, timezone: 'UTC', longestMs });
}
