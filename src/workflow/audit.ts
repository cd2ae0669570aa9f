import { createHash } from 'node:crypto';
import { type Actor, type AuditEvent, factsOf } from '../domain/change/audit.ts';
import { type Change, doesText, mainEdit, mainMove, serviceOf } from '../domain/change/change.ts';
import type { Denial } from '../domain/policy/judge.ts';
import type { SetHold } from '../domain/policy/set-hold.ts';
import type { Ramp } from '../domain/ramp/ramp.ts';
import { type ChangeId, isRampId, type RampId } from '../domain/routing/names.ts';
import { type ObjectContent, objectKey } from '../domain/routing/object.ts';
import type { Split } from '../domain/routing/split.ts';
import { truncate } from '../domain/text/typed-text.ts';
import { type Asker, requestId } from './desk.ts';
import type { Audit } from './ports/audit.ts';
import type { Changes } from './ports/changes.ts';
import type { Aside, Log } from './ports/process.ts';

/** What a change itself does not tell of a transition: what happened, and by whose gesture. */
export interface Happened extends Omit<Partial<AuditEvent>, 'kind' | 'id' | 'at' | 'by'> {
  readonly kind: AuditEvent['kind'];
  readonly asker?: Asker | undefined;
  /** Who did it, if we have no gesture of theirs. */
  readonly by?: Actor | undefined;
}

export interface Moving {
  readonly changes: Pick<Changes, 'update'>;
  readonly log: Pick<Log, 'info'>;
  readonly now: () => Date;
}

/** Moves a change on. The store keeps the audit event in the same step. False, and nothing is told, if another process was first. */
export async function moveOn({ changes, log, now }: Moving, next: Change, happened: Happened): Promise<boolean> {
  const event = eventOf(next, happened, now());
  if (!(await changes.update(next, event))) return false;
  tellLog(log, event);
  return true;
}

/** The audit event of a change that has just become this. */
export function eventOf(change: Change, { asker, ...happened }: Happened, at: Date): AuditEvent {
  const { id, rev, reason, reverts, state } = change;
  const facts = factsOf(state);
  return {
    id: `${id}.${rev}`,
    at: at.toISOString(),
    ...aboutChange(change),
    ...facts,
    reason: facts.reason ?? reason,
    detail: cut(facts.detail),
    other: facts.other ?? reverts,
    ...(asker && gestureOf(asker)),
    ...happened,
  };
}

export interface Noting {
  readonly audit: Pick<Audit, 'note'>;
  readonly aside: Aside;
  readonly log: Pick<Log, 'info'>;
  readonly now: () => Date;
}

/** Tells the audit of an event that moved no change. Nobody waits for it, and a crash at that moment loses it. */
export function note({ audit, aside, log }: Omit<Noting, 'now'>, event: AuditEvent): void {
  aside(() => keep(audit, log, event), 'an event could not be kept for the audit', { event: event.id });
}

/** The log gets the event even if the store does not take it. */
async function keep(audit: Noting['audit'], log: Noting['log'], event: AuditEvent): Promise<void> {
  const isNew = await audit.note(event).catch((error: unknown) => {
    tellLog(log, event);
    throw error;
  });
  if (isNew) tellLog(log, event);
}

export type NotedRefusal = Omit<Partial<AuditEvent>, 'id' | 'kind' | 'at' | 'by'> &
  Pick<AuditEvent, 'because' | 'deed'>;

/** Somebody was told no, and nothing was changed. */
export function noteRefused(noting: Noting, asker: Asker, refused: NotedRefusal): void {
  const gesture = gestureOf(asker);
  const at = noting.now().toISOString();
  note(noting, { id: refused.request ?? gesture.request, kind: 'refused', at, ...gesture, ...refused });
}

/** Policy said no. */
export function noteDenied(noting: Noting, asker: Asker, denial: Denial, asked: Omit<NotedRefusal, 'because'>): void {
  const gesture = gestureOf(asker);
  const { reason: because, rule } = denial;
  const at = noting.now().toISOString();
  note(noting, { id: asked.request ?? gesture.request, kind: 'denied', at, ...gesture, ...asked, because, rule });
}

/** The part of an answer that the audit is told. */
interface Heard {
  readonly kind: string;
  readonly change?: Change | undefined;
  readonly ramp?: Pick<Ramp, 'id' | 'by' | 'name'> | undefined;
  readonly id?: ChangeId | RampId | undefined;
  readonly denial?: Denial | undefined;
  readonly refusal?: { readonly reason: string } | undefined;
  readonly found?: { readonly kind: string } | undefined;
}

/** `stored`: the store already has what was done, with its event; `shown`: nothing was decided; `no`: the person was told no. */
export type Hearing = 'stored' | 'shown' | 'no';

/**
 * Tells the audit of an answer if a person was told no. `hearings` names every kind of answer, so that none is forgotten. Returns the
 * answer.
 */
export function heard<A extends Heard>(
  noting: Noting,
  { asker, ...asked }: Omit<NotedRefusal, 'because'> & { readonly asker: Asker },
  answer: A,
  hearings: Readonly<Record<A['kind'], Hearing>>,
): A {
  const kind: A['kind'] = answer.kind;
  if (hearings[kind] !== 'no') return answer;
  const { change, ramp, id, denial, refusal, found } = answer;
  const about = {
    ...asked,
    ...(change !== undefined && aboutChange(change)),
    ...(ramp !== undefined && { rampId: ramp.id, askedBy: ramp.by, service: ramp.name }),
    ...(id !== undefined && (isRampId(id) ? { rampId: id } : { changeId: id })),
  };
  if (denial !== undefined) noteDenied(noting, asker, denial, about);
  else noteRefused(noting, asker, { ...about, because: refusal?.reason ?? found?.kind ?? kind });
  return answer;
}

/** What the audit can tell of a change that nothing happened to. */
export function aboutChange(change: Change) {
  return {
    changeId: change.id,
    askedBy: change.by,
    service: serviceOf(change),
    object: mainEdit(change).object,
    ...(change.ramp !== undefined && { rampId: change.ramp.id, step: change.ramp.step }),
    ...aboutPlan(change),
  };
}

export function aboutPlan(plan: Pick<Change, 'edits' | 'aim'>) {
  const { rule: route, from, to } = mainMove(plan);
  const does = doesText(plan);
  return { route, from, to, plan: planHash(plan), ...(does !== undefined && { does, objects: namesOf(plan) }) };
}

const mostObjects = 50;

function namesOf({ edits }: Pick<Change, 'edits'>): readonly string[] {
  return [...new Set(edits.map(({ object: { namespace, name } }) => `${namespace}/${name}`))].slice(0, mostObjects);
}

/** The audit event of a lock or a freeze that somebody set or ended. */
export function holdEvent(asker: Asker, told: HoldTold, hold: SetHold, at: Date): AuditEvent {
  const { request, ...gesture } = gestureOf(asker);
  return { id: request, at: at.toISOString(), request, ...gesture, ...told, ...holdFacts(hold) };
}

export type HoldTold = Pick<AuditEvent, 'kind' | 'deed' | 'service'>;

export function holdFacts({ target, until, reason, name }: SetHold) {
  return { target, until: until.toISOString(), reason, detail: name };
}

/** The same plan has the same hash in every process. The order of the versions in a split does not count. */
export function planHash({ edits }: Pick<Change, 'edits'>): string {
  const plan = edits.map((edit) => [
    [edit.kind, objectKey(edit.object), edit.uid ?? null, edit.seq, edit.behind ?? null],
    edit.moves.map(({ rule, from, to }) => [rule, sorted(from), sorted(to)]),
    edit.kind === 'content' ? [partsOf(edit.before), partsOf(edit.after)] : [],
  ]);
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 16);
}

function partsOf(content: ObjectContent | undefined): unknown {
  return content === undefined ? null : [content.labels ?? null, content.annotations ?? null, content.spec];
}

function sorted(split: Split): readonly (readonly [string, number])[] {
  return Object.entries(split).toSorted(byName);
}

/** The id of a gesture, from the id of its request. It does not show what chat made it from. */
export function gestureId(request: ChangeId): string {
  return request.replace(/^c-/, 'g-');
}

/** Who did it, where, and the id of the gesture. */
export function gestureOf({ user, team, origin, request }: Asker) {
  return { by: { user, team }, channel: origin.channel, request: gestureId(requestId(request)) };
}

/** One line for each event. Search the log for the constant message. */
export function tellLog(log: Pick<Log, 'info'>, event: AuditEvent): void {
  log.info(event, 'audit');
}

const maxDetail = 300;

function cut(detail: string | undefined): string | undefined {
  return detail === undefined ? undefined : truncate(detail, maxDetail);
}

function byName([one]: readonly [string, number], [other]: readonly [string, number]): number {
  return one < other ? -1 : 1;
}
