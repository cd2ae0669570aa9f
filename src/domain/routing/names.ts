/** A cluster is named by its kubeconfig context; `in-cluster` where there is none. */
export interface Place {
  readonly cluster: string;
  readonly namespace: string;
}

/** What people name in chat, with its place filled in from the flags and the defaults. */
export interface ServiceName extends Place {
  readonly service: string;
}

const dns1123 = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Subsets and namespaces are labels of RFC 1123; hosts are labels joined by dots. */
export function isLabel(text: string): boolean {
  return text.length <= 63 && dns1123.test(text);
}

export function isHost(text: string): boolean {
  return text.length <= 253 && text.split('.').every(isLabel);
}

const defaultDomain = 'cluster.local';

/**
 * The host as Istio resolves it: a short name is completed with the namespace of the rule that holds it, a name with any dot is
 * taken as it is (istio `ResolveShortnameToFQDN`).
 */
export function resolveHost(host: string, ruleNamespace: string, clusterDomain = defaultDomain): string {
  return host.includes('.') || host === '*' ? host : `${host}.${ruleNamespace}.svc.${clusterDomain}`;
}

/** Where a short host is completed: in the namespace of the object that holds it, in a cluster of a domain. */
export interface Home {
  readonly namespace: string;
  /** Absent: `cluster.local`. */
  readonly domain?: string | undefined;
}

export function resolveIn({ namespace, domain }: Home, host: string): string {
  return resolveHost(host, namespace, domain);
}

/** `reviews` for a host of the same namespace, else the host as it is. */
export function shortIn({ namespace, domain = defaultDomain }: Home, host: string): string {
  const ending = `.${namespace}.svc.${domain}`;
  return host.endsWith(ending) ? host.slice(0, -ending.length) : host;
}

/** The service that a host names, for every comparison of names. The namespace of a host outside the cluster is that of the rule. */
export interface NamedService {
  readonly namespace: string;
  /** A host outside the cluster is its own service. It may begin with a star, and so may the namespace. */
  readonly service: string;
}

export interface HostRead extends NamedService {
  /** What else it may name: `reviews.default` is a host of its own, and people also write it for a service. */
  readonly orElse?: NamedService | undefined;
}

/**
 * Reads every spelling of a host the same: upper or lower case, a dot at the end, `reviews`, `reviews.default.svc`, any cluster domain. So
 * no spelling leads around a rule, a lock or a freeze. Istio is stricter: `resolveHost` says what a host is to a proxy.
 */
export function readHost(host: string, ruleNamespace: string): HostRead {
  const plain = host.toLowerCase().replace(/\.+$/, '');
  if (plain.startsWith('*.') && `.svc.${defaultDomain}`.endsWith(plain.slice(1)))
    return { namespace: '*', service: '*' };
  const labels = plain.split('.');
  const [first = '', second, ...more] = labels;
  if (second === undefined) return { namespace: ruleNamespace, service: first };
  if (second === 'svc' && first.startsWith('*')) return { namespace: first, service: '*' };
  const svc = labels.indexOf('svc', 2);
  const [service, namespace] = labels.slice(Math.max(0, svc - 2));
  if (svc >= 2 && service !== undefined && namespace !== undefined) return { namespace, service };
  const orElse = more.length === 0 ? { namespace: second, service: first } : undefined;
  return { namespace: ruleNamespace, service: plain, orElse };
}

/** Namespace and service of what a person typed: `bookinfo/reviews`, `reviews.bookinfo`, `reviews.bookinfo.svc.cluster.local`. */
export function splitServiceWord(word: string): { readonly namespace?: string; readonly service: string } {
  const slash = word.indexOf('/');
  if (slash >= 0) return { namespace: word.slice(0, slash), service: word.slice(slash + 1) };

  const [service = '', namespace, ...rest] = word.split('.');
  const inCluster = namespace !== undefined && (rest.length === 0 || (rest[0] === 'svc' && rest.every(isLabel)));
  return inCluster ? { namespace, service } : { service: word };
}

/** `c-` and 8 characters of Crockford's base 32: read aloud and typed without mistaking O for 0 or I for 1. */
export type ChangeId = `c-${string}`;

/** The same for a ramp. */
export type RampId = `r-${string}`;

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const changeIdPattern = /^c-[0-9A-HJKMNP-TV-Z]{8}$/;
const rampIdPattern = /^r-[0-9A-HJKMNP-TV-Z]{8}$/;

export function isChangeId(text: string): text is ChangeId {
  return changeIdPattern.test(text);
}

export function isRampId(text: string): text is RampId {
  return rampIdPattern.test(text);
}

/** Reads an id as people type it: any case, O for 0, I and L for 1. */
export function readChangeId(word: string): ChangeId | undefined {
  const id = `c-${charactersOf(word, 'c') ?? ''}`;
  return isChangeId(id) ? id : undefined;
}

export function readRampId(word: string): RampId | undefined {
  const id = `r-${charactersOf(word, 'r') ?? ''}`;
  return isRampId(id) ? id : undefined;
}

/** The id that a digest stands for; the same request always has the same id, so that a repeated delivery is the same change. */
export function changeIdFrom(digest: Uint8Array): ChangeId {
  return `c-${inBase32(digest)}`;
}

export function rampIdFrom(digest: Uint8Array): RampId {
  return `r-${inBase32(digest)}`;
}

function charactersOf(word: string, kind: 'c' | 'r'): string | undefined {
  if (!/^[cr]-[0-9a-z]{8}$/i.test(word) || word.slice(0, 1).toLowerCase() !== kind) return undefined;
  return word.slice(2).toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
}

function inBase32(digest: Uint8Array): string {
  const bits = digest.slice(0, 5).reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
  const characters = Array.from({ length: 8 }, (_, place) => crockford[Number((bits >> BigInt(35 - 5 * place)) & 31n)]);
  return characters.join('');
}
