import { KINDS, type Kind } from './kinds.ts';
import type { Store } from './store.ts';

/** What every operation works on. */
export interface Api {
  readonly store: Store;
  /** Whether istiod's webhook is asked. */
  readonly webhook: boolean;
}

/** A request about the objects of one kind. */
export interface ResourceRequest {
  readonly kind: Kind;
  readonly version: string;
  /** Empty for all namespaces, and for kinds that have none. */
  readonly namespace: string;
  /** Empty for the collection. */
  readonly name: string;
  readonly subresource: string;
  readonly query: URLSearchParams;
  readonly userAgent: string;
  readonly contentType: string;
  readonly accept: string;
  /** What the answer's Warning headers will say. */
  readonly warnings: string[];
}

export interface ResourcePath {
  readonly kind: Kind;
  readonly version: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  /** The old form of a watch, with `watch` in the path. */
  readonly watch: boolean;
}

/** What a path under /api/v1 or /apis/GROUP/VERSION is about, or undefined where nothing is served there. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const [root, ...parts] = path.split('/').slice(1).map(decodeURIComponent);
  if (root === 'api') return parseInVersion('', parts);
  return root === 'apis' ? parseInVersion(parts[0] ?? '', parts.slice(1)) : undefined;
}

function parseInVersion(group: string, [version = '', ...rest]: readonly string[]): ResourcePath | undefined {
  const watch = rest[0] === 'watch';
  const [namespace, [plural, name = '', subresource = '', ...more]] = splitNamespace(watch ? rest.slice(1) : rest);
  const kind = KINDS.find((one) => one.group === group && one.versions.includes(version) && one.plural === plural);
  if (kind === undefined || more.length > 0 || (namespace !== '' && !kind.namespaced)) return undefined;
  return { kind, version, namespace, name, subresource, watch };
}

/** `namespaces/NAME` alone is the Namespace itself; with a resource after it, it is where that resource is. */
function splitNamespace(parts: readonly string[]): readonly [string, readonly string[]] {
  const isScope = parts[0] === 'namespaces' && parts.length > 2 && parts[2] !== 'status' && parts[2] !== 'finalize';
  return isScope ? [parts[1] ?? '', parts.slice(2)] : ['', parts];
}
