import { readHost, splitServiceWord } from '../routing/names.ts';
import { globCovers } from './glob.ts';
import { isScope, readScope, type Scope, type TypedScope } from './scope.ts';
import { targetOf } from './targets.ts';

type Covers = Extract<Scope, { kind: 'covers' }>;

/** One way to read what was typed. `typed` can be read in this way only. */
export interface Reading {
  readonly typed: TypedScope;
  readonly scope: Covers;
}

export type TypedReading =
  | { readonly kind: 'is'; readonly reading: Reading }
  /** It may be a namespace of a cluster, or a service of a namespace. The person must say. */
  | { readonly kind: 'which'; readonly readings: readonly [Reading, Reading] }
  | Exclude<Scope, Covers>;

/** What is there to be meant. */
export interface Around {
  readonly clusters: readonly string[];
  /** Where a service is meant if nothing else is said. */
  readonly home: { readonly cluster: string; readonly namespace: string };
  /** Whether the first part of what was typed could be a namespace. */
  readonly couldBeNamespace: boolean;
}

/**
 * Reads what people type for a freeze: `reviews` and `default/reviews` are services, `default/*` all of a namespace, `prod-eu` a cluster,
 * `prod-eu/payments` a namespace of it. The policy file and the hook always begin with the cluster (`readScope`).
 */
export function readTypedScope(typed: TypedScope, around: Around): TypedReading {
  const byCluster = readScope(typed, around.clusters);
  const ofService = serviceReading(typed, around);
  if (byCluster.kind !== 'covers') return ofService === undefined ? byCluster : { kind: 'is', reading: ofService };
  const ofCluster = { typed: plainly(typed, byCluster), scope: byCluster };
  const isWithin = ofService !== undefined && globCovers(byCluster.target, ofService.scope.target);
  if (ofService === undefined || isWithin || !isAmbiguous(typed, around)) return { kind: 'is', reading: ofCluster };
  return { kind: 'which', readings: [ofCluster, ofService] };
}

/** Every target that what was typed may have. */
export function targetsRead(typed: TypedScope, around: Around): readonly string[] {
  const read = readTypedScope(typed, { ...around, couldBeNamespace: true });
  if (read.kind === 'which') return read.readings.map(({ scope }) => scope.target);
  return read.kind === 'is' ? [read.reading.scope.target] : [];
}

/** `reviews`, `default/reviews`, or with a cluster apart `reviews`; undefined for what cannot be a service or services. */
function serviceReading({ pattern, cluster }: TypedScope, { clusters, home }: Around): Reading | undefined {
  const parts = pattern.split('/');
  const [first = '', second] = parts;
  const inCluster = cluster ?? home.cluster;
  if (parts.length > 2 || !isScope({ pattern, cluster: inCluster }) || !clusters.includes(inCluster)) return undefined;
  if (second === undefined) return first.includes('*') ? undefined : readingOf(inCluster, first, home.namespace);
  if (cluster !== undefined) return undefined; // namespace and service already
  return readingOf(inCluster, second === '**' ? '*' : second, first === '**' ? '*' : first);
}

function readingOf(cluster: string, word: string, place: string): Reading {
  const { namespace = place, service } = splitServiceWord(word);
  const read = readHost(service, namespace);
  const typed = { cluster, pattern: `${read.namespace}/${read.service}` };
  return { typed, scope: { kind: 'covers', target: targetOf(cluster, read), clusters: [cluster] } };
}

/** With the cluster apart, a single word is a namespace only if there is such a one. Without it, two parts are in doubt if there is. */
function isAmbiguous({ pattern, cluster }: TypedScope, { couldBeNamespace }: Around): boolean {
  const parts = pattern.split('/').length;
  if (cluster !== undefined) return parts === 1 && !couldBeNamespace;
  return parts === 2 && couldBeNamespace;
}

/** What means just this, however many parts were typed. */
function plainly({ pattern, cluster }: TypedScope, { target }: Covers): TypedScope {
  if (cluster !== undefined) return { cluster, pattern: pattern.includes('/') ? pattern : `${pattern}/*` };
  const [first = '', second] = pattern.split('/');
  if (second === '**') return { pattern: first };
  return { pattern: second?.endsWith('**') && !target.slice(first.length + 1).includes('/') ? `${target}/**` : target };
}
