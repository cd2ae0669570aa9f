import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { kinds } from '../../src/cluster/kinds/kinds.ts';
import { picture } from '../../src/cluster/open-object.ts';
import { emptyLedger, type Ledger, type Revision, record } from '../../src/domain/routing/ledger.ts';
import { type ObjectContent, type ObjectKind, type ObjectRef, refText } from '../../src/domain/routing/object.ts';
import type { LiveObject, Route, RuleSplit } from '../../src/domain/routing/route.ts';
import { type Move, total } from '../../src/domain/routing/split.ts';
import { applyJsonPatch } from '../../src/sandbox/kube-api/json-patch.ts';
import { RejectedError } from '../../src/workflow/errors.ts';
import type { Writable } from '../../src/workflow/ports/mesh.ts';
import type { Provenance } from '../../src/workflow/ports/provenance.ts';
import { shifted } from './route-content.ts';
import type { Kept } from './stored-objects.ts';

/** One write, from what was read. */
export interface Writing {
  readonly ref: ObjectRef;
  readonly kept: Kept | undefined;
  readonly edit: Writable;
  readonly revision: Revision;
  readonly provenance?: Provenance | undefined;
}

const jsonObject = z.record(z.string(), z.json());
const whole = z.object({ spec: z.unknown() });

type Next = Omit<Kept, 'version'>;

/** The object once it is written; undefined where it is gone then. `live` is what was read. */
export function afterWrite(writing: Writing, live: LiveObject | undefined): Next | undefined {
  const { ref, kept, edit, revision } = writing;
  const written = { ledger: ledgerAfter(writing), lastWriter: { manager: 'shiftbot', at: revision.at } };
  if (edit.kind === 'content') {
    if (edit.content === undefined) return undefined;
    const { uid = randomUUID(), owners } = kept ?? {};
    return { object: ref, uid, owners, content: edit.content, ...written };
  }
  if (kept === undefined || live === undefined) throw new RejectedError(`there is no ${refText(ref)}`);
  return { ...kept, content: afterMoves(live, edit.moves), ...written };
}

export function ledgerAfter({ ref, kept, edit, revision, provenance }: Writing): Ledger {
  const begins = edit.kind === 'content' ? edit.ledger : undefined;
  const recorded = record(kept?.ledger ?? begins ?? emptyLedger, revision);
  return provenance?.sign(recorded, ref) ?? recorded;
}

export function resultOf(
  { kind }: Writable,
  next: Next | undefined,
): { readonly splits: readonly RuleSplit[]; readonly content?: ObjectContent } {
  if (next === undefined) return { splits: [] };
  const { object, content, given } = next;
  const splits = picture(object, content).rules.map(({ key, split }, at) => ({ rule: given?.[at]?.key ?? key, split }));
  return kind === 'weights' ? { splits } : { splits, content };
}

/** The place of a rule that has to be there. */
export function placeOf({ object, rules }: Pick<Route, 'object' | 'rules'>, key: string): number {
  const at = rules.findIndex((rule) => rule.key === key);
  if (at < 0) throw new RejectedError(`${object.kind} ${object.name} has no rule ${key}`);
  return at;
}

function afterMoves(live: LiveObject, moves: readonly Move[]): ObjectContent {
  return moves.reduce((before, move) => {
    const at = placeOf(live, move.rule);
    const after = isHttp(live, move.rule) ? shifted(before, at, move.to) : patched(live.object, before, move);
    if (total(picture(live.object, after).rules[at]?.split ?? {}) === 0)
      throw new RejectedError('total destination weight = 0');
    return after;
  }, live.content);
}

/** A rule of the `http` list of a VirtualService. */
function isHttp({ object: { kind } }: LiveObject, rule: string): boolean {
  return kind === 'VirtualService' && !/^(tcp|tls)#/.test(rule);
}

/** What the patch for an API server makes of it: the lists of other kinds have fields of their own. */
function patched({ kind, namespace, name }: ObjectRef, content: ObjectContent, move: Move): ObjectContent {
  const metadata = { name, namespace, uid: '', resourceVersion: '' };
  const patch = kinds[kind].read({ metadata, spec: content.spec }).weights([move]);
  return {
    ...content,
    spec: jsonObject.parse(whole.parse(applyJsonPatch(structuredClone({ spec: content.spec }), patch)).spec),
  };
}

const route = ['parentRefs', 'hostnames', 'rules', 'useDefaultGateways'];
const known: Readonly<Record<ObjectKind, readonly string[]>> = {
  VirtualService: ['hosts', 'gateways', 'http', 'tls', 'tcp', 'exportTo'],
  DestinationRule: ['host', 'trafficPolicy', 'subsets', 'exportTo', 'workloadSelector'],
  HTTPRoute: route,
  GRPCRoute: route,
  TCPRoute: route,
  TLSRoute: route,
  ServiceSplitter: ['splits'],
  ServiceResolver: ['subsets', 'defaultSubset', 'redirect', 'failover', 'connectTimeout', 'loadBalancer'],
  TrafficSplit: ['service', 'backends', 'matches'],
};

/** Like a server with schemas. Knows only the top fields of these objects. */
export function refuseUnknown({ kind }: ObjectRef, content: ObjectContent | undefined): void {
  const unknown = Object.keys(content?.spec ?? {}).filter((field) => !known[kind].includes(field));
  if (unknown.length > 0) throw new RejectedError(unknown.map((field) => `unknown field "spec.${field}"`).join(', '));
}
