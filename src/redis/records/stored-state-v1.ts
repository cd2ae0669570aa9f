import { z } from 'zod';
import { mainEdit } from '../../domain/change/change.ts';
import { seqAfter } from '../../domain/change/decide.ts';
import { deletes, type Edits, findEdit, type ObjectEdit } from '../../domain/change/edit.ts';
import {
  type Applied,
  failReasons,
  type HoldReason,
  holdReasons,
  type MovedAway,
  type MovedObject,
  movedHow,
  objectMoves,
  type State,
  type StateOf,
  voidReasons,
} from '../../domain/change/state.ts';
import { denialReasons } from '../../domain/policy/judge.ts';
import { changeIdSchema, splitSchema } from '../../domain/routing/ledger.ts';
import { isSameObject, type ObjectRef } from '../../domain/routing/object.ts';
import type { RuleSplit } from '../../domain/routing/route.ts';
import { type Split, sameShares } from '../../domain/routing/split.ts';
import { type Stamped, stampOf } from '../../workflow/judging/stamp.ts';
import {
  contentSchema,
  holdSchema,
  plainStates,
  rolledBackSchema,
  ruleRefSchema,
  seenSchema,
  timeSchema,
} from './record-parts.ts';

/** An object of the change's cluster. */
export const version1ObjectSchema = z.strictObject({
  kind: z.enum(['VirtualService', 'DestinationRule']),
  namespace: z.string(),
  name: z.string(),
});
type ObjectInCluster = z.infer<typeof version1ObjectSchema>;

export const version1StateSchema = z.discriminatedUnion('kind', [
  ...plainStates,
  z.strictObject({
    kind: z.literal('void'),
    at: timeSchema,
    because: z.enum(voidReasons),
    uid: z.string().optional(),
    live: splitSchema.optional(),
    lastWriter: z.string().optional(),
    denied: z.enum(denialReasons).optional(),
    hold: holdSchema.optional(),
    heldUntil: timeSchema.optional(),
    rule: ruleRefSchema.optional(),
    stamp: z.string().optional(),
    moved: z
      .array(
        version1ObjectSchema.extend({
          how: z.enum(objectMoves),
          by: changeIdSchema.optional(),
          content: contentSchema.optional(),
        }),
      )
      .optional(),
  }),
  z.strictObject({
    kind: z.literal('applied'),
    at: timeSchema,
    seq: z.int(),
    tookMs: z.number(),
    live: splitSchema,
    warnings: z.array(z.string()),
    rolledBack: rolledBackSchema.optional(),
    later: changeIdSchema.optional(),
    movedAway: z
      .strictObject({
        at: z.string(),
        manager: z.string().optional(),
        live: splitSchema,
        how: z.enum(movedHow),
        name: z.string().optional(),
      })
      .optional(),
    seen: seenSchema.optional(),
    toBeSeen: z.literal(true).optional(),
  }),
  z.strictObject({
    kind: z.literal('held'),
    at: timeSchema,
    because: z.enum(holdReasons),
    uid: z.string(),
    live: splitSchema,
    lastWriter: z.string().optional(),
    object: version1ObjectSchema.optional(),
    stamp: z.string().optional(),
    found: z.array(version1ObjectSchema.extend({ content: contentSchema })).optional(),
  }),
  z.strictObject({
    kind: z.literal('failed'),
    at: timeSchema,
    because: z.enum(failReasons),
    detail: z.string().optional(),
    settled: z.boolean().optional(),
    object: version1ObjectSchema.optional(),
    written: z.array(version1ObjectSchema).optional(),
    rolledBack: rolledBackSchema.optional(),
  }),
]);
type Version1State = z.infer<typeof version1StateSchema>;
type Version1StateOf<K extends Version1State['kind']> = Extract<Version1State, { readonly kind: K }>;

/** What a record of version 1 says of the change as a whole: its main object, and the rule whose weights it moved. */
export interface Version1Of {
  readonly object: ObjectRef;
  readonly rule: string;
  readonly edits: Edits;
}

/** A state of version 1 in today's shape. */
export function stateOfVersion1(state: Version1State, of: Version1Of): State {
  switch (state.kind) {
    case 'void':
      return voidState(state, of);
    case 'applied':
      return appliedState(state, of);
    case 'held':
      return heldState(state, of);
    case 'failed':
      return failedState(state, of);
    default:
      return state;
  }
}

function voidState(state: Version1StateOf<'void'>, of: Version1Of): StateOf<'void'> {
  const { uid, live, lastWriter, stamp, moved, ...rest } = state;
  const main = mainOf(of);
  if (main.kind === 'weights' && stamp === undefined) {
    const found = { uid, live, lastWriter, isGone: uid === undefined && rest.because === 'moved' };
    return { ...rest, moved: movedRoute(main, of, found), stamp: stampOfRoute(main, of, { uid, live }) };
  }
  const objects = (moved ?? []).map(
    ({ how, by, content, ...ref }, at): MovedObject => ({
      ...knownOf(of, ref, how),
      ...(by !== undefined && { by }),
      ...(content !== undefined && { content }),
      ...(at === 0 && lastWriter !== undefined && { lastWriter }), // the writer of the first object was recorded
    }),
  );
  return { ...rest, moved: objects, stamp: stamp ?? unseen(of) };
}

function heldState(state: Version1StateOf<'held'>, of: Version1Of): StateOf<'held'> {
  const { uid, live, lastWriter, object, stamp, found = [], ...rest } = state;
  const main = mainOf(of);
  const stuck = object === undefined ? main.object : within(of, object);
  const content = found.find((each) => isSameObject(within(of, each), stuck))?.content;
  const first: MovedObject = {
    object: stuck,
    how: howHeld[rest.because],
    ...(uid !== '' && { uid }),
    live: splitsOf(of, live),
    ...(content !== undefined && { content }),
    ...(lastWriter !== undefined && { lastWriter }),
  };
  const others = found.flatMap(({ content: others, ...ref }): readonly MovedObject[] =>
    isSameObject(within(of, ref), stuck) ? [] : [{ ...knownOf(of, ref, 'written'), content: others }],
  );
  const ofNow = main.kind === 'weights' ? stampOfRoute(main, of, { uid, live }) : unseen(of);
  return { ...rest, found: [first, ...others], stamp: stamp ?? ofNow };
}

const howHeld: Record<HoldReason, MovedObject['how']> = {
  moved: 'written',
  recreated: 'made-anew',
  'ledger-lost': 'ledger-lost',
  'predecessor-missing': 'changed',
};

function appliedState({ seq, live, movedAway, ...rest }: Version1StateOf<'applied'>, of: Version1Of): Applied {
  const main = mainOf(of);
  const made = of.edits.map((edit) => ({
    object: edit.object,
    seq: edit === main ? seq : seqAfter(edit),
    live: deletes(edit)
      ? []
      : edit === main
        ? splitsOf(of, live)
        : edit.moves.map(({ rule, to }) => ({ rule, split: to })),
  }));
  return { ...rest, made, ...(movedAway !== undefined && { movedAway: awayOf(movedAway, of) }) };
}

function awayOf({ name, ...rest }: NonNullable<Version1StateOf<'applied'>['movedAway']>, of: Version1Of): MovedAway {
  const named = of.edits.find(({ object }) => object.kind === 'VirtualService' && object.name === name);
  return { ...rest, object: (named ?? mainOf(of)).object, rule: of.rule };
}

function failedState({ object, written, ...rest }: Version1StateOf<'failed'>, of: Version1Of): StateOf<'failed'> {
  return {
    ...rest,
    ...(object !== undefined && { object: within(of, object) }),
    ...(written !== undefined && { written: written.map((each) => within(of, each)) }),
  };
}

/** The edit of the record's main object. */
function mainOf({ object, edits }: Version1Of): ObjectEdit {
  return findEdit(edits, object) ?? mainEdit({ edits });
}

function within({ object: { cluster } }: Version1Of, { kind, namespace, name }: ObjectInCluster): ObjectRef {
  return { cluster, kind, namespace, name };
}

/** The uid is the planned one if the object is still the same. Its splits were not recorded. */
function knownOf(of: Version1Of, ref: ObjectInCluster, how: MovedObject['how']): MovedObject {
  const object = within(of, ref);
  const uid = how === 'gone' || how === 'made-anew' ? undefined : findEdit(of.edits, object)?.uid;
  return { object, how, ...(uid !== undefined && { uid }), live: [] };
}

/** What a route held when a plan of weights ended. */
interface RouteThen {
  readonly uid: string | undefined;
  readonly live: Split | undefined;
}

/** Empty if the route was as planned. Then only policy, or a change before it in line, ended the plan. */
function movedRoute(
  edit: ObjectEdit,
  of: Version1Of,
  { uid, live, lastWriter, isGone }: RouteThen & { readonly lastWriter: string | undefined; readonly isGone: boolean },
): readonly MovedObject[] {
  if (isGone) return [{ object: edit.object, how: 'gone', live: [] }];
  const [move] = edit.moves;
  const isAsPlanned = uid === edit.uid && live !== undefined && move !== undefined && sameShares(live, move.from);
  if (uid === undefined || isAsPlanned) return [];
  const how = uid === edit.uid ? 'written' : 'made-anew';
  return [{ object: edit.object, how, uid, live: splitsOf(of, live), ...(lastWriter !== undefined && { lastWriter }) }];
}

function stampOfRoute(edit: ObjectEdit, of: Version1Of, { uid, live }: RouteThen): string {
  const rules = splitsOf(of, live).map(({ rule, split }) => ({ key: rule, split, served: [] }));
  const route: Stamped['live'] =
    uid === undefined ? undefined : { uid, rules, content: { spec: {} }, ledger: { seq: 0, revisions: [] } };
  return stampOf([{ edit, live: route }]);
}

/** For a rule that was gone, version 1 recorded an empty split. */
function splitsOf({ rule }: Version1Of, split: Split = {}): readonly RuleSplit[] {
  return Object.keys(split).length === 0 ? [] : [{ rule, split }];
}

/** A stamp that matches only if all objects are gone. Otherwise a click on such a card only shows the card again. */
function unseen({ edits }: Version1Of): string {
  return stampOf(edits.map((edit) => ({ edit, live: undefined })));
}
