import { createHash } from 'node:crypto';
import {
  hostsOf,
  isSameContent,
  isSameObject,
  type ObjectContent,
  type ObjectEdit,
  type ObjectRef,
  refText,
} from '../../domain/change/edit.ts';
import { describePinned } from '../../domain/change/plan.ts';
import { emptyLedger, type Ledger } from '../../domain/routing/ledger.ts';
import { type ChangeId, changeIdFrom, isLabel, type RoutingObject } from '../../domain/routing/names.ts';
import { type Owner, restorers, weightsOwner } from '../../domain/routing/owner.ts';
import { defaultRule, findRule, pinnedRules, type Rule } from '../../domain/routing/route.ts';
import type { Split } from '../../domain/routing/split.ts';
import type { PlanWarning } from '../../domain/routing/warning.ts';
import { type WeightsOnly, weightsOnly } from '../../domain/routing/weights-only.ts';
import type { Desk } from '../desk.ts';
import { NotPermittedError, RejectedError } from '../errors.ts';
import { mayOverrideOwner } from '../judging/judge-live.ts';
import type { DryRun, FoundObject, OpenObject, Put } from '../ports/mesh.ts';
import { type Routing, warnUndefined } from './warn-undefined.ts';

/** What one object is to become, from what it is. */
export interface Aim {
  readonly ref: ObjectRef;
  readonly become: (live: FoundObject | undefined) => ObjectContent | undefined;
  /** The history that it begins with where it is made anew. */
  readonly ledger?: Ledger | undefined;
  /**
   * People wrote what it is to become, not we: it is as it is to be when its traffic is divided so, whatever destinations it has that get
   * none; and a field that the server does not know is a mistake.
   */
  readonly isWritten?: boolean | undefined;
}

/** What the API server says to an edit, without storing it. */
export type EditTrial =
  | { readonly kind: 'fine'; readonly warnings: readonly string[] }
  | { readonly kind: 'rejected' | 'forbidden'; readonly message: string }
  | { readonly kind: 'moved' };

export interface PlannedEdit {
  readonly edit: ObjectEdit;
  readonly trial: EditTrial;
  /** What it comes to, where that is weights. */
  readonly weights?: WeightsOnly | undefined;
}

/** What would become of several objects. */
export interface EditsPlan {
  /** Whose line it stands in: the first VirtualService that changes; of DestinationRules alone, that of the same name. */
  readonly object: RoutingObject;
  /** What people call that. */
  readonly service: string;
  readonly edits: readonly [PlannedEdit, ...PlannedEdit[]];
  readonly warnings: readonly PlanWarning[];
  /** Another controller that sets the weights of one of them, and would set them again. */
  readonly owner?: Owner | undefined;
  /** Stands for all of it: a click holds for what was shown, and for nothing else. */
  readonly stamp: ChangeId;
}

/** Reads each object live and has the API server try what it would become. What is as it is to be is left out; undefined where all is. */
export async function planEdits(desk: Desk, cluster: string, aims: readonly Aim[]): Promise<EditsPlan | undefined> {
  const planned = await Promise.all(aims.map((aim) => planEdit(desk, cluster, aim)));
  return planOf(
    desk,
    cluster,
    planned.filter((each) => each !== undefined),
  );
}

/** The edits alone, as a change keeps them. */
export function editsOf({ edits }: Pick<EditsPlan, 'edits'>): readonly ObjectEdit[] {
  return edits.map(({ edit }) => edit);
}

/** That of the object whose line it stands in. */
export function mainEdit({ object, edits }: Pick<EditsPlan, 'object' | 'edits'>): ObjectEdit {
  const [first] = edits;
  return (edits.find(({ edit }) => isSameObject(edit, object)) ?? first).edit;
}

interface Looked extends PlannedEdit, Routing {
  readonly owners: readonly Owner[];
}

async function planOf(
  desk: Desk,
  cluster: string,
  [first, ...more]: readonly Looked[],
): Promise<EditsPlan | undefined> {
  if (first === undefined) return undefined;
  const all = [first, ...more] as const;
  const main = (all.find(({ edit }) => edit.kind === 'VirtualService') ?? first).edit;
  const owners = all.flatMap((each) => each.owners);
  return {
    object: { cluster, namespace: main.namespace, kind: 'VirtualService', name: main.name },
    service: serviceOf(main),
    edits: all,
    warnings: [
      ...(await warnUndefined(desk.mesh, cluster, all)),
      ...restorers(owners).map((owner) => ({ kind: 'puts-back', owner }) as const),
    ],
    owner: all.map(({ edit, owners: its }) => ownerInTheWay(desk, cluster, edit, its)).find((owner) => owner),
    stamp: stampOf(cluster, all),
  };
}

async function planEdit(
  desk: Desk,
  cluster: string,
  { ref, become, ledger, isWritten = false }: Aim,
): Promise<Looked | undefined> {
  const open = await desk.mesh.open(cluster, ref);
  const { seen } = open;
  const wanted = become(seen);
  if (isSameContent(seen?.content, wanted)) return undefined;

  const { trial, content = wanted } = await tryOut(open, wanted, isWritten ? 'strict' : true);
  const after = wanted && content; // as the server would keep it
  if (seen !== undefined && isSameContent(seen.content, after)) return undefined;
  const { kind, namespace, name } = ref;
  const was = rulesIn(desk, cluster, ref, seen?.content);
  const is = rulesIn(desk, cluster, ref, after);
  const edit: ObjectEdit = {
    ...{ kind, namespace, name },
    ...(seen !== undefined && { uid: seen.uid, before: seen.content }),
    seq: seen?.ledger.seq ?? 0,
    ...(after !== undefined && { after }),
    ...(after === undefined && seen !== undefined && { ledger: seen.ledger }),
    ...(seen === undefined && ledger !== undefined && { ledger }),
    from: splitIn(was),
    to: splitIn(is),
    pinned: pinnedRules({ rules: is }).map(describePinned),
  };
  const weights = seen && after && weightsOnly({ content: seen.content, rules: was }, { content: after, rules: is });
  if (isWritten && weights?.kind === 'same') return undefined;
  return { edit, rules: is, trial, weights, owners: await ownersOf(desk, cluster, ref, seen) };
}

interface Tried {
  readonly trial: EditTrial;
  readonly content?: ObjectContent | undefined;
}

async function tryOut(open: OpenObject, wanted: ObjectContent | undefined, dryRun: DryRun): Promise<Tried> {
  try {
    return tried(await open.put(wanted, open.seen?.ledger ?? emptyLedger, { dryRun }));
  } catch (error) {
    if (error instanceof RejectedError) return { trial: { kind: 'rejected', message: error.message } };
    if (error instanceof NotPermittedError) return { trial: { kind: 'forbidden', message: error.message } };
    throw error;
  }
}

function tried(put: Put): Tried {
  if (put.kind === 'conflict') return { trial: { kind: 'moved' } };
  return { trial: { kind: 'fine', warnings: put.warnings }, content: put.content };
}

function rulesIn(
  { mesh }: Pick<Desk, 'mesh'>,
  cluster: string,
  { kind, namespace, name }: ObjectRef,
  content: ObjectContent | undefined,
): readonly Rule[] {
  if (kind !== 'VirtualService' || content === undefined) return [];
  return mesh.picture({ cluster, namespace, kind, name }, content).rules;
}

function splitIn(rules: readonly Rule[]): Split {
  return findRule({ rules }, defaultRule)?.split ?? {};
}

/** Who else manages it; of a VirtualService its DestinationRules tell more. */
async function ownersOf(
  { mesh }: Pick<Desk, 'mesh'>,
  cluster: string,
  { kind, namespace, name }: ObjectRef,
  seen: FoundObject | undefined,
): Promise<readonly Owner[]> {
  if (seen === undefined || kind !== 'VirtualService') return seen?.owners ?? [];
  return (await mesh.read({ cluster, namespace, kind, name }))?.route.owners ?? seen.owners;
}

function ownerInTheWay(desk: Desk, cluster: string, edit: ObjectEdit, owners: readonly Owner[]): Owner | undefined {
  const { namespace, name } = edit;
  const object = { cluster, namespace, kind: 'VirtualService', name } as const;
  return mayOverrideOwner(desk, { object, hosts: hostsOf(edit) }) ? undefined : weightsOwner(owners);
}

/** The host that it routes, where that is a name of one word. */
function serviceOf(edit: ObjectEdit): string {
  const short = hostsOf(edit)[0]?.split('.')[0];
  return short !== undefined && isLabel(short) ? short : edit.name;
}

function stampOf(cluster: string, edits: readonly PlannedEdit[]): ChangeId {
  const shown = edits.map(({ edit }) => [refText(edit), edit.uid, edit.seq, edit.before, edit.after]);
  return changeIdFrom(
    createHash('sha256')
      .update(JSON.stringify([cluster, shown]))
      .digest(),
  );
}
