import { z } from 'zod';
import type { Aim, Change, WholeAim } from '../../domain/change/change.ts';
import type { ContentEdit, Edits } from '../../domain/change/edit.ts';
import { movingDeeds } from '../../domain/policy/judge.ts';
import { changeIdSchema, revisionSchema, splitSchema } from '../../domain/routing/ledger.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { approvalSchema, contentSchema, originSchema, planWarningSchema, timeSchema } from './record-parts.ts';
import { stateOfVersion1, version1ObjectSchema, version1StateSchema } from './stored-state-v1.ts';

const edits = z.strictObject({
  verb: z.enum(['apply', 'delete', 'unpin']),
  of: z.string(),
  objects: z.array(
    version1ObjectSchema.extend({
      uid: z.string().optional(),
      seq: z.int().min(0),
      before: contentSchema.optional(),
      after: contentSchema.optional(),
      ledger: z.strictObject({ seq: z.int().min(0), revisions: z.array(revisionSchema) }).optional(),
      from: splitSchema,
      to: splitSchema,
      pinned: z.array(z.string()),
    }),
  ),
});

/**
 * A record of version 1, when a change was either one split or several whole objects. We no longer write it, but read it until the last
 * one has expired, and while replicas of that version run beside us.
 */
export const version1Schema = z.strictObject({
  v: z.literal(1),
  id: changeIdSchema,
  request: z.string(),
  object: z.strictObject({
    cluster: z.string(),
    namespace: z.string(),
    kind: z.literal('VirtualService'),
    name: z.string(),
  }),
  service: z.string(),
  rule: z.string(),
  by: z.string(),
  reason: z.string().optional(),
  origin: originSchema,
  focus: z.string().optional(),
  from: splitSchema,
  to: splitSchema,
  base: z.strictObject({ uid: z.string(), seq: z.int().min(0), after: changeIdSchema.optional() }),
  reverts: changeIdSchema.optional(),
  pinned: z.array(z.string()),
  edits: edits.optional(),
  warnings: z.array(planWarningSchema).optional(),
  deed: z.enum(movingDeeds).optional(),
  team: z.string().optional(),
  approvals: z.array(approvalSchema).optional(),
  insistedBy: z.string().optional(),
  acceptedAt: timeSchema,
  state: version1StateSchema,
  rev: z.int().min(0),
});
type Version1 = z.infer<typeof version1Schema>;

/** The same change in today's shape. */
export function changeOfVersion1(record: Version1): Change {
  const { v: _, object, rule, from, to, base, focus, pinned, edits: _edits, deed: _deed, state, ...rest } = record;
  const its = editsOf(record);
  return {
    ...rest,
    aim: aimOf(record),
    edits: its,
    deed: deedOf(record),
    state: stateOfVersion1(state, { object, rule, edits: its }),
  };
}

function aimOf(record: Version1): Aim {
  const { focus } = record;
  const whole = record.edits && wholeAimOf(record.edits);
  if (deedOf(record) === 'rollback') return { kind: 'back', ...(whole !== undefined && { before: whole }) };
  return whole ?? { kind: 'split', ...(focus !== undefined && { focus }) };
}

function wholeAimOf({ verb, of }: NonNullable<Version1['edits']>): WholeAim {
  return verb === 'unpin' ? { kind: 'unpin', rule: of } : { kind: 'file', verb, file: of };
}

/** Older records have no deed. */
function deedOf({ deed, reverts }: Version1): Change['deed'] {
  return deed ?? (reverts === undefined ? 'shift' : 'rollback');
}

function editsOf({ object, rule, from, to, base, pinned, edits }: Version1): Edits {
  const [first, ...more] = (edits?.objects ?? []).map((each) => contentEditOf(object.cluster, each));
  if (first !== undefined) return [first, ...more];
  const { uid, seq, after } = base;
  return [
    {
      kind: 'weights',
      object,
      ...(uid !== '' && { uid }),
      seq,
      ...(after !== undefined && { behind: after }),
      moves: [{ rule, from, to }],
      pinned,
    },
  ];
}

type Version1Edit = NonNullable<Version1['edits']>['objects'][number];

function contentEditOf(cluster: string, edit: Version1Edit): ContentEdit {
  const { kind, namespace, name, uid = '', from, to, ...rest } = edit;
  const isSplit = Object.keys(from).length > 0 || Object.keys(to).length > 0;
  return {
    kind: 'content',
    object: { cluster, kind, namespace, name },
    ...(uid !== '' && { uid }),
    ...rest,
    moves: isSplit ? [{ rule: defaultRule, from, to }] : [],
  };
}
