import { createHash } from 'node:crypto';
import { type Actor, type AuditEvent, factsOf } from '../domain/change/audit.ts';
import { type Change, doesText } from '../domain/change/change.ts';
import type { Edits } from '../domain/change/edit.ts';
import type { PlannedChange } from '../domain/change/plan.ts';
import type { Denial } from '../domain/policy/judge.ts';
import type { SetHold } from '../domain/policy/set-hold.ts';
import type { ChangeId } from '../domain/routing/names.ts';
import { truncate } from '../domain/text/typed-text.ts';
import { type Asker, requestId } from './desk.ts';
import type { Audit } from './ports/audit.ts';
import type { Changes } from './ports/changes.ts';
import type { Aside, Log } from './ports/process.ts';

/** What the store does not know of a transition: what it was, and by whose gesture. */
export interface Happened extends Omit<Partial<AuditEvent>, 'kind' | 'id' | 'at' | 'by'> {
  readonly kind: AuditEvent['kind'];
  readonly asker?: Asker | undefined;
  /** Who did it, where no gesture of theirs is at hand. */
  readonly by?: Actor | undefined;
}

export interface Moving {
  readonly changes: Pick<Changes, 'update'>;
  readonly log: Pick<Log, 'info'>;
  readonly now: () => Date;
}

/** Moves a change on. The store keeps what is to be told of it in the same step; false, and nothing is told, when another was first. */
export async function moveOn({ changes, log, now }: Moving, next: Change, happened: Happened): Promise<boolean> {
  const event = eventOf(next, happened, now());
  if (!(await changes.update(next, event))) return false;
  tellLog(log, event);
  return true;
}

/** What is to be told of a change that has just become this. */
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

/** Tells of what no change moved by. Nobody waits for it, and a crash at that moment loses it. */
export function note({ audit, aside, log }: Omit<Noting, 'now'>, event: AuditEvent): void {
  aside(() => keep(audit, log, event), 'an event could not be kept for the audit', { event: event.id });
}

/** The log has it even where the store does not take it. */
async function keep(audit: Noting['audit'], log: Noting['log'], event: AuditEvent): Promise<void> {
  const isNew = await audit.note(event).catch((error: unknown) => {
    tellLog(log, event);
    throw error;
  });
  if (isNew) tellLog(log, event);
}

export type Refused = Omit<Partial<AuditEvent>, 'id' | 'kind' | 'at' | 'by'> & Pick<AuditEvent, 'because' | 'deed'>;

/** Somebody was told no, and nothing was changed. */
export function noteRefused(noting: Noting, asker: Asker, refused: Refused): void {
  const gesture = gestureOf(asker);
  const at = noting.now().toISOString();
  note(noting, { id: refused.request ?? gesture.request, kind: 'refused', at, ...gesture, ...refused });
}

/** Policy said no. */
export function noteDenied(noting: Noting, asker: Asker, denial: Denial, asked: Omit<Refused, 'because'>): void {
  const gesture = gestureOf(asker);
  const { reason: because, rule } = denial;
  const at = noting.now().toISOString();
  note(noting, { id: asked.request ?? gesture.request, kind: 'denied', at, ...gesture, ...asked, because, rule });
}

/** What can be told of a change that nothing happened to. */
export function aboutChange(change: Change) {
  const { id, by, object, service } = change;
  const { cluster, namespace } = object;
  return {
    changeId: id,
    askedBy: by,
    service: { cluster, namespace, service },
    object,
    ...aboutPlan(change),
  };
}

type Planned = Pick<PlannedChange, 'rule' | 'from' | 'to' | 'base'> & Pick<Change, 'edits'>;

export function aboutPlan(plan: Planned) {
  const { rule: route, from, to, edits } = plan;
  return { route, from, to, plan: planHash(plan), ...(edits && { does: doesText(edits), objects: objectsOf(edits) }) };
}

const mostObjects = 50;

function objectsOf({ objects }: Edits): readonly string[] {
  return [...new Set(objects.map(({ namespace, name }) => `${namespace}/${name}`))].slice(0, mostObjects);
}

/** What is told of a lock or a freeze that somebody set or ended. */
export function holdEvent(asker: Asker, told: HoldTold, hold: SetHold, at: Date): AuditEvent {
  const { request, ...gesture } = gestureOf(asker);
  return { id: request, at: at.toISOString(), request, ...gesture, ...told, ...holdFacts(hold) };
}

export type HoldTold = Pick<AuditEvent, 'kind' | 'deed' | 'service'>;

export function holdFacts({ target, until, reason, name }: SetHold) {
  return { target, until: until.toISOString(), reason, detail: name };
}

/** The same for the same plan, whoever works it out and in whatever order the versions stand. */
export function planHash({ rule, from, to, base, edits }: Planned): string {
  const sorted = (split: Readonly<Record<string, number>>) => Object.entries(split).toSorted(byName);
  const plan = [
    base.uid,
    rule,
    sorted(from),
    sorted(to),
    base.seq,
    base.after ?? null,
    ...(edits === undefined ? [] : [edits]),
  ];
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 16);
}

/** The gesture's own id, which does not show what chat made it from. */
export function gestureId(request: ChangeId): string {
  return request.replace(/^c-/, 'g-');
}

/** Who did it, where, and what makes it one gesture. */
function gestureOf({ user, team, origin, request }: Asker) {
  return { by: { user, team }, channel: origin.channel, request: gestureId(requestId(request)) };
}

/** One line for each event; the constant message is what to look for. */
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
