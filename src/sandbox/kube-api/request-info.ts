/** What a path and a method ask for, whether it is served or not. RBAC decides by this. */
export type RequestInfo = ResourceInfo | PathInfo;

export interface ResourceInfo extends ResourcePlace {
  readonly kind: 'resource';
  /** The verb that RBAC uses. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
}

/** Discovery, health, and every other path that is not a resource. */
export interface PathInfo {
  readonly kind: 'path';
  readonly verb: string;
  readonly path: string;
}

interface ResourcePlace {
  /** The plural, e.g. `virtualservices`. */
  readonly resource: string;
  readonly subresource: string;
  /** Empty for all namespaces, and for cluster-scoped resources. A Namespace is in itself. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  /** The path after the subresource. Nothing is served there. */
  readonly rest: readonly string[];
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };
/** The subresources of a Namespace. After its name they do not mean a resource in it. */
const OF_A_NAMESPACE = ['status', 'finalize'];

export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const [root, ...parts] = path.split('/').slice(1).map(decodeURIComponent);
  const [group = '', version = '', ...rest] = root === 'api' ? ['', ...parts] : parts;
  if ((root !== 'api' && root !== 'apis') || rest.join('') === '') {
    return { kind: 'path', verb: method.toLowerCase(), path };
  }

  // An old form of watch request has `watch` in the path.
  const isOldWatch = rest[0] === 'watch';
  const place = placeOf(isOldWatch ? rest.slice(1) : rest);
  const isWatch = isOldWatch || isTrue(query.get('watch'));
  return { kind: 'resource', verb: verbOf(method, place.name, isWatch), group, version, ...place };
}

export function isTrue(flag: string | null): boolean {
  return flag !== null && flag !== 'false' && flag !== '0';
}

function placeOf(parts: readonly string[]): ResourcePlace {
  const [first, namespace = '', resource = '', name = '', subresource = '', ...rest] = parts;
  if (first === 'namespaces' && resource !== '' && !OF_A_NAMESPACE.includes(resource)) {
    return { namespace, resource, name, subresource, rest };
  }
  const [plural = '', own = '', sub = '', ...more] = parts;
  return { namespace: plural === 'namespaces' ? own : '', resource: plural, name: own, subresource: sub, rest: more };
}

function verbOf(method: string, name: string, isWatch: boolean): string {
  if (method === 'GET' || method === 'HEAD') return name !== '' ? 'get' : isWatch ? 'watch' : 'list';
  if (method === 'DELETE') return name === '' ? 'deletecollection' : 'delete';
  return VERBS[method] ?? method.toLowerCase();
}
