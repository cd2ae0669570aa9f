import { z } from 'zod';
import { type ChangeId, isChangeId, isRampId, type RampId } from './names.ts';
import type { Move, Split } from './split.ts';

/** The annotation on a routing object that records what we did to it; it is written by the same patch as the weights. */
export const ledgerAnnotation = 'shiftbot.dev/history';

/** One applied change. Splits are the weights as they stood in the object, so that the way back is exact. */
export interface Revision {
  readonly id: ChangeId;
  /** When it was applied, RFC 3339 in UTC. */
  readonly at: string;
  /** The Slack user who asked. */
  readonly by: string;
  /** The rule whose weights it set. */
  readonly rule: string;
  readonly from: Split;
  readonly to: Split;
  readonly reason?: string | undefined;
  /** The change this one took back. */
  readonly reverts?: ChangeId | undefined;
  /** What it moved in the same step besides, where it moved several rules. */
  readonly also?: readonly Move[] | undefined;
  /** What it did where that was more than weights: `apply bookinfo/virtual-service-all-v1`. Only its record can take it back. */
  readonly does?: string | undefined;
  /** The ramp that made it, if one did: `step` 0 is the way back to before the ramp. */
  readonly ramp?: { readonly id: RampId; readonly step: number; readonly of: number } | undefined;
  /** Signs it (RECORD_KEY), its object and its number. Absent where nobody has a key, or an older version of us wrote it. */
  readonly mac?: string | undefined;
  /** Neither a MAC nor a stored record says that we wrote it. Found when it is read, and never written to an object. */
  readonly isUnsigned?: true | undefined;
}

export interface Ledger {
  /** How many changes we ever applied to the object; the newest revision has this number. */
  readonly seq: number;
  /** Newest first, as many as fit. */
  readonly revisions: readonly Revision[];
}

export type LedgerReading =
  | { readonly kind: 'ledger'; readonly ledger: Ledger }
  /** Somebody wrote into our annotation, or a later version of us did: not to be understood by halves, and not to be overwritten. */
  | { readonly kind: 'unreadable'; readonly why: string };

export const emptyLedger: Ledger = { seq: 0, revisions: [] };

const maxRevisions = 30;
const maxBytes = 12 * 1024;
const maxReason = 200;
/** We write less. To read whatever else somebody put there would keep everybody waiting. */
export const maxLedgerLength = 64 * 1024;
const maxReadRevisions = 200;
const maxAlso = 200;

/** How splits and ids are read wherever they come from outside: an annotation, a record, a job. */
export const splitSchema = z.record(z.string().max(253), z.int().min(0).max(2_147_483_647));
export const changeIdSchema = z.custom<ChangeId>(
  (value) => typeof value === 'string' && isChangeId(value),
  'not a change id',
);
export const rampIdSchema = z.custom<RampId>((value) => typeof value === 'string' && isRampId(value), 'not a ramp id');
/** What a later version of us adds to a revision stays there when we write the next one. */
export const revisionSchema = z.looseObject({
  id: changeIdSchema,
  at: z.iso.datetime(),
  by: z.string().max(100),
  rule: z.string(), // Istio bounds the names of hosts and subsets, but not those of rules
  from: splitSchema,
  to: splitSchema,
  reason: z.string().optional(),
  reverts: changeIdSchema.optional(),
  also: z
    .array(z.looseObject({ rule: z.string(), from: splitSchema, to: splitSchema }))
    .max(maxAlso)
    .optional(),
  does: z.string().optional(),
  ramp: z.looseObject({ id: rampIdSchema, step: z.int().min(0), of: z.int().min(1) }).optional(),
  mac: z.string().max(100).optional(),
  isUnsigned: z.literal(true).optional(), // in a stored record
});
/** How many there are is looked at before what they are. */
const countable = z.looseObject({ revisions: z.array(z.unknown()).max(maxReadRevisions) });
const schema = z.strictObject({ v: z.literal(1), seq: z.int().min(0), revisions: z.array(revisionSchema) });

export function readLedger(annotation: string | undefined): LedgerReading {
  if (annotation === undefined) return { kind: 'ledger', ledger: emptyLedger };
  if (annotation.length > maxLedgerLength) return unreadable(`it is ${annotation.length} characters long`);
  const json = parseJson(annotation);
  const counted = countable.safeParse(json);
  const parsed = counted.success ? schema.safeParse(json) : counted;
  if (!parsed.success) return unreadable(whyNot(parsed.error));
  return { kind: 'ledger', ledger: { seq: parsed.data.seq, revisions: parsed.data.revisions.map(unmarked) } };
}

/** Compact JSON, bounded in revisions and bytes, and by the room there is: the oldest go first, the newest always stays. */
export function formatLedger({ seq, revisions }: Ledger, roomBytes = maxBytes): string {
  const texts: string[] = [];
  let bytes = `{"v":1,"seq":${seq},"revisions":[]}`.length;
  for (const revision of revisions.slice(0, maxRevisions)) {
    const text = JSON.stringify(unmarked(revision));
    bytes += Buffer.byteLength(text) + (texts.length > 0 ? ','.length : 0);
    if (texts.length > 0 && bytes > Math.min(maxBytes, roomBytes)) break;
    texts.push(text);
  }
  return `{"v":1,"seq":${seq},"revisions":[${texts.join(',')}]}`;
}

export function record(ledger: Ledger, revision: Revision): Ledger {
  const reason = revision.reason === undefined ? undefined : [...revision.reason].slice(0, maxReason).join('');
  return { seq: ledger.seq + 1, revisions: [{ ...revision, reason }, ...ledger.revisions] };
}

/** Those that nothing speaks against: the others could have been made up by anybody who may edit the object. */
export function ours(revisions: readonly Revision[]): readonly Revision[] {
  return revisions.filter(({ isUnsigned }) => isUnsigned !== true);
}

export function findRevision(ledger: Ledger, id: ChangeId): Revision | undefined {
  return ledger.revisions.find((revision) => revision.id === id);
}

/** All that a revision moved on the object, at least one; each rule once, whatever somebody has written there. */
export function movesIn({
  rule,
  from,
  to,
  also = [],
}: Pick<Revision, 'rule' | 'from' | 'to' | 'also'>): readonly [Move, ...Move[]] {
  const rules = [rule, ...also.map((move) => move.rule)];
  return [{ rule, from, to }, ...also.filter((move, at) => rules.indexOf(move.rule) > at)];
}

/** What it made of a rule; undefined where it did not touch the rule. */
export function moveIn(revision: Pick<Revision, 'rule' | 'from' | 'to' | 'also'>, rule: string): Move | undefined {
  return movesIn(revision).find((move) => move.rule === rule);
}

/** The newest change of each rule. */
export function newestByRule({ revisions }: Ledger): readonly ChangeId[] {
  const told = new Set<string>();
  const newest = revisions.filter((revision) => {
    const untold = movesIn(revision).filter(({ rule }) => !told.has(rule));
    for (const { rule } of untold) told.add(rule);
    return untold.length > 0;
  });
  return newest.map(({ id }) => id);
}

/** What the newest revision that moved a rule made of it. */
export function newestOn({ revisions }: Ledger, rule: string): Move | undefined {
  for (const revision of revisions) {
    const move = moveIn(revision, rule);
    if (move !== undefined) return move;
  }
  return undefined;
}

/** The number of a revision: the newest has the history's own, the one before it one less. Undefined where the history has none of that id. */
export function numberOf({ seq, revisions }: Ledger, id: ChangeId): number | undefined {
  const at = revisions.findIndex((revision) => revision.id === id);
  return at < 0 ? undefined : seq - at;
}

function unmarked({ isUnsigned: _, ...revision }: Revision): Revision {
  return revision;
}

function unreadable(why: string): LedgerReading {
  return { kind: 'unreadable', why: why.slice(0, 200) };
}

/** The first faults; of thousands nobody reads the rest. */
function whyNot({ issues }: z.ZodError): string {
  return z.prettifyError({ issues: issues.slice(0, 2) });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the schema like any other wrong shape
  }
}
