import { type ContentEdit, isContentEdit, type ObjectEdit } from '../../domain/change/edit.ts';
import { isSameContent } from '../../domain/routing/content.ts';
import type { Ledger, Revision } from '../../domain/routing/ledger.ts';
import { hasRules, type ObjectContent, type ObjectRef } from '../../domain/routing/object.ts';
import type { Owner } from '../../domain/routing/owner.ts';
import { describePinned } from '../../domain/routing/pinned.ts';
import { defaultRule, findRule, type LiveObject, pinnedRules, type Rule } from '../../domain/routing/route.ts';
import type { Move } from '../../domain/routing/split.ts';
import { definitionsAfter, type HostVersion, undefinedVersions } from '../../domain/routing/undefined-versions.ts';
import type { PlanWarning } from '../../domain/routing/warning.ts';
import { type WeightsOnly, weightsOnly } from '../../domain/routing/weights-only.ts';
import type { Desk } from '../desk.ts';
import { NotPermittedError, RejectedError } from '../errors.ts';
import type { DryRun, OpenObject, Writable } from '../ports/mesh.ts';

/** What one object is to become, given what it is now. */
export interface ContentAim {
  readonly kind: 'content';
  readonly object: ObjectRef;
  readonly become: (live: LiveObject | undefined) => ObjectContent | undefined;
  /** The history that the object begins with if it is created again. */
  readonly ledger?: Ledger | undefined;
  /**
   * People wrote the content, not we. So the object is as wanted once its traffic is divided as written; destinations without traffic do
   * not count. And a field that the server does not know is a mistake.
   */
  readonly isWritten?: boolean | undefined;
}

/** What the API server says to an edit, without storing it. */
export type Trial =
  | { readonly kind: 'fine'; readonly warnings: readonly string[] }
  | { readonly kind: 'rejected' | 'forbidden'; readonly message: string }
  /** Somebody wrote the object in between. */
  | { readonly kind: 'moved' }
  /** Other changes are applied first, so the object to ask about is not there yet; or nobody needs to know. */
  | { readonly kind: 'not-asked' };

export interface PlannedEdit {
  readonly edit: ObjectEdit;
  /** What the API server says to it; weights are tried only for a dry run. */
  readonly trial: Trial;
  /** What the edit comes to, if it differs in weights alone. */
  readonly weights?: WeightsOnly | undefined;
  /** What it was planned from. */
  readonly open: OpenObject;
}

/** One planned edit, with its warnings and the owners of its object. */
export interface Looked extends PlannedEdit {
  readonly kind: 'looked';
  readonly warnings: readonly PlanWarning[];
  readonly owners: readonly Owner[];
}

/** Has the API server try the new content of an object, and plans with the content that the server would store. */
export async function planContent(
  { mesh }: Pick<Desk, 'mesh'>,
  { object, become, ledger, isWritten = false }: ContentAim,
  open: OpenObject,
): Promise<Looked | { readonly kind: 'as-it-is' }> {
  const { live } = open;
  const wanted = become(live);
  if (isSameContent(live?.content, wanted)) return { kind: 'as-it-is' };

  const { trial, content = wanted } = await tryContent(open, wanted, isWritten ? 'strict' : true);
  const after = wanted && content; // as the server would store it
  if (live !== undefined && isSameContent(live.content, after)) return { kind: 'as-it-is' };
  const was = live?.rules ?? [];
  const is = after === undefined || !hasRules(object.kind) ? [] : mesh.picture(object, after).rules;
  const weights =
    live && after && weightsOnly(object.kind, { content: live.content, rules: was }, { content: after, rules: is });
  if (isWritten && weights?.kind === 'same') return { kind: 'as-it-is' };
  const edit = toEdit(object, { live, after, ledger, was, is });
  return { kind: 'looked', edit, trial, weights, open, warnings: [], owners: live?.owners ?? [] };
}

interface Becoming {
  readonly live: LiveObject | undefined;
  readonly after: ObjectContent | undefined;
  readonly ledger: Ledger | undefined;
  readonly was: readonly Rule[];
  readonly is: readonly Rule[];
}

function toEdit(object: ObjectRef, { live, after, ledger, was, is }: Becoming): ContentEdit {
  return {
    kind: 'content',
    object,
    ...(live !== undefined && { uid: live.uid, before: live.content }),
    seq: live?.ledger.seq ?? 0,
    ...(after !== undefined && { after }),
    ...(after === undefined && live !== undefined && { ledger: live.ledger }),
    ...(live === undefined && ledger !== undefined && { ledger }),
    moves: mainMoves(was, is),
    pinned: pinnedRules({ rules: is }).map(describePinned),
  };
}

/** Each has a place in the history of the object, where there is room for a few. */
const mostMoves = 8;

/** What becomes of the default rule, if there is one before or after, or else of every rule that splits. */
function mainMoves(was: readonly Rule[], is: readonly Rule[]): readonly Move[] {
  const splitOf = (rules: readonly Rule[], key: string) => findRule({ rules }, key)?.split ?? {};
  const keys = [...new Set([...is, ...was].map(({ key }) => key))];
  const meant = keys.includes(defaultRule) ? [defaultRule] : keys;
  const all = meant.map((rule) => ({ rule, from: splitOf(was, rule), to: splitOf(is, rule) }));
  const splitting = all.filter(({ from, to }) => Object.keys(from).length + Object.keys(to).length > 0);
  return meant.includes(defaultRule) ? all : splitting.slice(0, mostMoves);
}

interface Tried {
  readonly trial: Trial;
  readonly content?: ObjectContent | undefined;
}

function tryContent(open: OpenObject, content: ObjectContent | undefined, dryRun: DryRun): Promise<Tried> {
  return tryOut(open, { kind: 'content', content }, noRevision, dryRun);
}

/** A trial is not stored, so it needs no revision of its own. */
const noRevision: Revision = {
  id: 'c-00000000',
  at: '1970-01-01T00:00:00.000Z',
  by: '',
  rule: defaultRule,
  from: {},
  to: {},
};

/** Has the API server judge a write, without storing it. */
export async function tryOut(
  open: OpenObject,
  edit: Writable,
  revision: Revision,
  dryRun: DryRun = true,
): Promise<Tried> {
  try {
    const written = await open.write(edit, revision, { dryRun });
    if (written.kind === 'conflict') return { trial: { kind: 'moved' } };
    return { trial: { kind: 'fine', warnings: written.warnings }, content: written.content };
  } catch (error) {
    if (error instanceof RejectedError) return { trial: { kind: 'rejected', message: error.message } };
    if (error instanceof NotPermittedError) return { trial: { kind: 'forbidden', message: error.message } };
    throw error;
  }
}

/** Versions that would get requests although no DestinationRule defines them, live or among the edits. */
export async function warnUndefined(desk: Pick<Desk, 'mesh'>, all: readonly Looked[]): Promise<readonly PlanWarning[]> {
  const edits = all.flatMap(({ edit }) => (isContentEdit(edit) ? [edit] : []));
  const byNamespace = Map.groupBy(edits, ({ object }) => object.namespace);
  const found = await Promise.all([...byNamespace.values()].map((its) => undefinedIn(desk, its)));
  const versions = found.flat();
  return versions.length === 0 ? [] : [{ kind: 'undefined-versions', versions }];
}

/** The watch cache may lag, so the cluster is asked before anybody is warned that a version is missing. */
async function undefinedIn(
  { mesh }: Pick<Desk, 'mesh'>,
  edits: readonly ContentEdit[],
): Promise<readonly HostVersion[]> {
  const place = edits[0]?.object;
  const rules = edits.flatMap(({ object, after }) =>
    after === undefined || !hasRules(object.kind) ? [] : mesh.picture(object, after).rules,
  );
  if (place === undefined || rules.length === 0) return [];
  for (const live of [false, true]) {
    const definitions = await mesh.definitions(place, { live });
    const lost = undefinedVersions(rules, place, definitionsAfter(definitions, edits));
    if (live || lost.length === 0) return lost;
  }
  return [];
}
