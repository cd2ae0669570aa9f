import { createHash } from 'node:crypto';
import type { Aim, Change } from '../../domain/change/change.ts';
import { type Edits, hostsOf, isContentEdit, type ObjectEdit } from '../../domain/change/edit.ts';
import type { PlanOfWeights, Start } from '../../domain/change/plan-weights.ts';
import { startBehind } from '../../domain/change/plan-weights.ts';
import type { Refusal } from '../../domain/change/refusal.ts';
import { astrayOf } from '../../domain/map/following.ts';
import { type Hosts, hostsMoved, type Named } from '../../domain/policy/targets.ts';
import type { Ledger } from '../../domain/routing/ledger.ts';
import { type ChangeId, changeIdFrom, isLabel, type ServiceName } from '../../domain/routing/names.ts';
import { hasRules, isSameObject, type ObjectRef, objectKey } from '../../domain/routing/object.ts';
import { readObjectWord } from '../../domain/routing/object-word.ts';
import { type Owner, restorers, weightsOwner } from '../../domain/routing/owner.ts';
import { type LiveObject, otherHosts } from '../../domain/routing/route.ts';
import type { PlanWarning } from '../../domain/routing/warning.ts';
import type { Desk } from '../desk.ts';
import { historyBefore, hostsWhole, mayGoWithoutPods, mayOverrideOwner } from '../judging/judge-live.ts';
import type { Lines } from '../ports/changes.ts';
import { type ContentAim, type Looked, type PlannedEdit, planContent, warnUndefined } from './plan-content.ts';
import { warnOfPods } from './pods.ts';

/** The weights that are wanted on one object, planned from what is live and from what earlier changes will leave of each rule. */
export interface WeightsAim {
  readonly kind: 'weights';
  readonly object: ObjectRef;
  readonly plan: (live: LiveObject, startOf: (rule: string) => Start | undefined) => PlanOfWeights;
  /** One of several: it is left out if nothing of it is to be moved. */
  readonly isOneOfMany?: boolean | undefined;
}

export type ObjectAim = WeightsAim | ContentAim;

/** What a change would do to one or more objects. Plain data: the same plan is shown, judged and stored. */
export interface Plan {
  readonly aim: Aim;
  /** The name that people use for it. */
  readonly service: string;
  /** In the order of the aims. */
  readonly edits: readonly [PlannedEdit, ...PlannedEdit[]];
  readonly warnings: readonly PlanWarning[];
  /** Another controller that sets the weights of an object that would be written whole. It would set them again. */
  readonly owner?: Owner | undefined;
  /** A hash of the whole plan. A click is only valid for the plan that was shown. */
  readonly stamp: ChangeId;
  /** The lines that it was planned behind. They were read before the objects. */
  readonly lines: Lines;
}

export type Planned =
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly object: ObjectRef; readonly refusal: Refusal }
  | { readonly kind: 'gone'; readonly object: ObjectRef }
  /** All objects already are as wanted. */
  | { readonly kind: 'as-it-is' };

export interface Planning {
  readonly aim: Aim;
  /** As it was typed; if absent, the objects give the name. */
  readonly service?: string | undefined;
  /** It goes before every change that has not begun. */
  readonly isAhead: boolean;
}

/**
 * Plans all aims from what is live and from what waits for their objects. The lines are read before the objects. A change that is applied
 * in between moves a line, so a plan that missed it is not accepted. Content that already is as wanted is left out.
 */
export async function planEdits(desk: Desk, aims: readonly ObjectAim[], planning: Planning): Promise<Planned> {
  const lines = await desk.changes.lines(aims.map(({ object }) => object));
  const before = goingBefore(lines, planning.isAhead);
  const all = await Promise.all(aims.map((each) => planOne(desk, each, before)));
  const stops = all.filter((each) => each.kind === 'refused' || each.kind === 'gone');
  const stop = stops.find((each) => each.kind === 'gone' || !each.isLeftOut);
  if (stop !== undefined) return stop;
  const looked = all.flatMap((each) => (each.kind === 'looked' ? [each] : []));
  const [first, ...more] = await Promise.all(looked.map((each) => warned(desk, each, planning.service, looked)));
  if (first === undefined) return stops[0] ?? { kind: 'as-it-is' };
  return { kind: 'plan', plan: await planOf(desk, [first, ...more], planning, lines) };
}

/** The changes that are applied before one that is put in line now, in order. */
export function goingBefore({ waiting }: Lines, isAhead: boolean): readonly Change[] {
  return isAhead ? waiting.filter(({ state }) => state.kind === 'applying') : waiting;
}

/** Why weights that no requests follow are not set, unless the person named their object in place of a service. */
export function unlessInsisted(
  { service }: Pick<ServiceName, 'service'>,
  object: ObjectRef,
  warnings: readonly PlanWarning[],
): Refusal | undefined {
  const dead = warnings.find(({ kind }) => kind === 'not-followed');
  if (dead?.kind !== 'not-followed' || readObjectWord(service) !== undefined) return undefined;
  return { reason: 'not-followed', object, elsewhere: dead.elsewhere };
}

/** Why a version without a ready pod gets nothing, unless the person insists and policy lets them. */
export function withoutPods(
  desk: Desk,
  {
    named,
    warnings,
    anyway,
  }: { readonly named: Named; readonly warnings: readonly PlanWarning[]; readonly anyway: boolean },
): Refusal | undefined {
  const [first] = warnings.filter(({ kind }) => kind === 'no-pods');
  if (first?.kind !== 'no-pods') return undefined;
  const mayInsist = mayGoWithoutPods(desk, named);
  const { version, all, percent } = first;
  return anyway && mayInsist ? undefined : { reason: 'no-pods', version, all, percent, mayInsist };
}

/** The edits alone, as a change keeps them. */
export function editsOf({ edits: [first, ...more] }: Pick<Plan, 'edits'>): Edits {
  return [first.edit, ...more.map(({ edit }) => edit)];
}

/** The service that a plan is about, by its main object. */
export function nameOf({ edits, service }: Pick<Plan, 'edits' | 'service'>): ServiceName {
  const { cluster, namespace } = mainOf(edits.map(({ edit }) => edit)).object;
  return { cluster, namespace, service };
}

/** What the edits touch, by the objects as they were read. */
export function hostsPlanned({ edits }: Pick<Plan, 'edits'>): (edit: Pick<ObjectEdit, 'object'>) => Hosts {
  const hosts = new Map(
    edits.map(({ edit, open: { live, awaitedBy } }) => [
      objectKey(edit.object),
      hostsMoved(edit.moves, live, awaitedBy),
    ]),
  );
  return ({ object }) => hosts.get(objectKey(object)) ?? { hosts: [], routed: [] };
}

/** The history that each edit will find, by the objects as they were read, and by what waits in line ahead. */
export function historiesPlanned(
  { now }: Pick<Desk, 'now'>,
  { edits, lines }: Pick<Plan, 'edits' | 'lines'>,
  isAhead: boolean,
): (edit: ObjectEdit) => Ledger {
  const ahead = goingBefore(lines, isAhead);
  return (edit) => {
    const its = edits.find((each) => isSameObject(each.edit.object, edit.object));
    return historyBefore(edit, its?.open.live, ahead, now());
  };
}

type One =
  | (Extract<Planned, { kind: 'refused' }> & { readonly isLeftOut: boolean })
  | Extract<Planned, { kind: 'gone' }>
  | Looked
  | { readonly kind: 'as-it-is' };

/** Of a warning: records have little room. */
const mostHosts = 20;

async function planOne(desk: Desk, aim: ObjectAim, before: readonly Change[]): Promise<One> {
  const open = await desk.mesh.open(aim.object);
  if (aim.kind === 'content') return planContent(desk, aim, open);
  const { live } = open;
  if (live === undefined) return { kind: 'gone', object: aim.object };
  const planned = aim.plan(live, (rule) => startBehind(live, before, rule));
  if (planned.kind === 'refused') {
    const { refusal } = planned;
    const isLeftOut = aim.isOneOfMany === true && nothingToMove.has(refusal.reason);
    return { kind: 'refused', object: aim.object, refusal, isLeftOut };
  }
  const { edit, warnings } = planned;
  return { kind: 'looked', edit, trial: { kind: 'not-asked' }, open, warnings, owners: [] };
}

/** With what a person has to know of weights, beside what their plan says. */
async function warned(
  desk: Desk,
  looked: Looked,
  service: string | undefined,
  all: readonly Looked[],
): Promise<Looked> {
  const { edit, open, warnings } = looked;
  const { live } = open;
  if (isContentEdit(edit) || live === undefined) return looked;
  const also = service === undefined ? [] : otherHosts(live, { service, namespace: edit.object.namespace });
  const hashed = hashedIn(live, edit);
  const together = all.map((each) => each.edit.object);
  const more: readonly PlanWarning[] = [
    ...(hashed.length === 0 ? [] : [{ kind: 'hashed', hosts: hashed } as const]),
    ...(await warnOfReach(desk, live, edit.moves, together)),
    ...(await warnOfPods(desk, live, edit.moves)),
    ...(also.length === 0 ? [] : [{ kind: 'also-for', hosts: also.slice(0, mostHosts) } as const]),
  ];
  return { ...looked, warnings: [...warnings, ...more] };
}

const nothingToMove: ReadonlySet<Refusal['reason']> = new Set(['already-there', 'no-default-rule']);

/** The hosts that a change moves traffic of, and that keep clients at pods. A version that gets everything is nothing to be drawn. */
function hashedIn({ hashed = [], rules }: LiveObject, { moves }: Pick<ObjectEdit, 'moves'>): readonly string[] {
  const divides = ({ to }: (typeof moves)[number]) => Object.values(to).filter((weight) => weight > 0).length > 1;
  const moved = rules.filter(({ key }) => moves.some((move) => move.rule === key && divides(move)));
  const reached = moved.flatMap(({ backends = [] }) => backends.map(({ host }) => host));
  return hashed.filter((host) => reached.includes(host)).slice(0, mostHosts);
}

/** Whose requests follow the rules that are moved, where that is not everybody. */
export async function warnOfReach(
  desk: Pick<Desk, 'mesh'>,
  { object, hosts, gateways }: Pick<LiveObject, 'object' | 'hosts' | 'gateways'>,
  moves: readonly { readonly rule: string }[],
  together: readonly ObjectRef[] = [],
): Promise<readonly PlanWarning[]> {
  const astray = await warnAstray(desk, { object, moves }, together);
  const isOfGateways = hosts.length > 0 && gateways.length > 0 && !gateways.includes('mesh');
  if (astray.length > 0 || !isOfGateways || together.length > 1) return astray;
  return [{ kind: 'gateways-only', gateways: gateways.slice(0, mostHosts) }];
}

/** Requests that would not follow the rules that are moved, nor others of the same change. */
async function warnAstray(
  { mesh }: Pick<Desk, 'mesh'>,
  { object, moves }: { readonly object: ObjectRef; readonly moves: readonly { readonly rule: string }[] },
  together: readonly ObjectRef[],
): Promise<readonly PlanWarning[]> {
  const found = await Promise.all(
    moves.map(async ({ rule }) => ({ rule, astray: astrayOf(await mesh.following(object, rule), together) })),
  );
  return found.flatMap(({ rule, astray }) => (astray === undefined ? [] : [{ ...astray, rule }]));
}

async function planOf(
  desk: Desk,
  all: readonly [Looked, ...Looked[]],
  { aim, service }: Planning,
  lines: Lines,
): Promise<Plan> {
  const main = mainOf(all.map(({ edit }) => edit));
  const whole = all.filter(({ edit }) => isContentEdit(edit));
  return {
    aim,
    service: service ?? calledBy(main),
    edits: all,
    warnings: [
      ...onceEach(all.flatMap(({ warnings }) => warnings)),
      ...(await warnUndefined(desk, whole)),
      ...restorers(whole.flatMap(({ owners }) => owners)).map((owner) => ({ kind: 'puts-back', owner }) as const),
    ],
    owner: whole.map((each) => ownerInTheWay(desk, each)).find((owner) => owner),
    stamp: stampOf(all),
    lines,
  };
}

function onceEach(warnings: readonly PlanWarning[]): readonly PlanWarning[] {
  return [...new Map(warnings.map((each) => [JSON.stringify(each), each])).values()];
}

/** The edit that gives a plan its name: that of the first object that routes, otherwise the first. */
function mainOf(edits: readonly ObjectEdit[]): ObjectEdit {
  const main = edits.find(({ object }) => hasRules(object.kind)) ?? edits[0];
  if (main === undefined) throw new Error('a plan has at least one edit');
  return main;
}

/** The first label of the edit's first host, if it can be a name; otherwise the object's name. */
function calledBy(edit: ObjectEdit): string {
  const short = isContentEdit(edit) ? hostsOf(edit)[0]?.split('.')[0] : undefined;
  return short !== undefined && isLabel(short) ? short : edit.object.name;
}

function ownerInTheWay(desk: Desk, { edit, owners }: Looked): Owner | undefined {
  if (!isContentEdit(edit)) return undefined;
  return mayOverrideOwner(desk, { object: edit.object, ...hostsWhole(edit) }) ? undefined : weightsOwner(owners);
}

function stampOf(edits: readonly PlannedEdit[]): ChangeId {
  const shown = edits.map(({ edit }) => {
    const what = isContentEdit(edit) ? [edit.before, edit.after] : edit.moves;
    return [objectKey(edit.object), edit.uid, edit.seq, what];
  });
  return changeIdFrom(createHash('sha256').update(JSON.stringify(shown)).digest());
}
