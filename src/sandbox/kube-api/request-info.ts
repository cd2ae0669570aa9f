/** What a path and a method ask for, whether or not it is served: enough to say who may. */
export type RequestInfo = ResourceInfo | PathInfo;

export interface ResourceInfo extends ResourcePlace {
  readonly kind: 'resource';
  /** In the words of RBAC. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
}

/** Discovery, health and whatever else is no resource. */
export interface PathInfo {
  readonly kind: 'path';
  readonly verb: string;
  readonly path: string;
}

interface ResourcePlace {
  /** The plural, e.g. `virtualservices`. */
  readonly resource: string;
  readonly subresource: string;
  /** Empty for all namespaces, and for what is in none; a Namespace is in itself. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  /** What comes after the subresource, where nothing is served. */
  readonly rest: readonly string[];
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };
/** What may come after a Namespace's name without being a resource in it. */
const OF_A_NAMESPACE = ['status', 'finalize'];

export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const [root, ...parts] = path.split('/').slice(1).map(decodeURIComponent);
  const [group = '', version = '', ...rest] = root === 'api' ? ['', ...parts] : parts;
  if ((root !== 'api' && root !== 'apis') || rest.join('') === '') {
    return { kind: 'path', verb: method.toLowerCase(), path };
  }

  // The old form of a watch has it in the path.
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
