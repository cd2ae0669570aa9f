import { z } from 'zod';
import { type Home, resolveIn, shortIn } from '../../domain/routing/names.ts';
import type { Backend } from '../../domain/routing/route.ts';
import { tellApart } from './keys.ts';
import type { Defined, Subset } from './kind.ts';
import { headers } from './virtual-service-headers.ts';

/** What we read of a destination of Istio's, in any of the lists of rules. */
export const destination = z.object({
  destination: z.object({
    host: z.string(),
    subset: z.string().optional(),
    port: z.object({ number: z.int().optional() }).optional(),
  }),
  weight: z.int().optional(),
  headers: headers.optional().catch(undefined),
});
export type Destination = z.infer<typeof destination>;

/** The destinations of one rule, with the names that their versions have. */
export interface Versions {
  readonly names: readonly string[];
  /** The one host that they all have, as it is written. */
  readonly host?: string | undefined;
  readonly served: readonly string[];
  readonly backends: readonly Backend[];
  readonly shortNames?: Readonly<Record<string, string>> | undefined;
}

/**
 * A subset names a version. A destination without one sends to every pod of its host, so the host is its name. Where two destinations would
 * have the same name, all of the rule are told apart by host, by port, or by both: `checkout/stable`, `v1:8080`.
 */
export function versionsOf(route: readonly Destination[], home: Home, { subsetsOf }: Defined): Versions {
  const hosts = [...new Set(route.map((each) => each.destination.host))];
  const resolved = [...new Set(hosts.map((host) => resolveIn(home, host)))];
  const { plain, byHost, names } = namesOf(route, home);
  const nameOf = (subset: Subset, host: string) =>
    names === byHost ? `${shortIn(home, host)}/${subset.name}` : subset.name;
  const isByPort = names !== plain && names !== byHost;
  const defined = resolved.flatMap((host) =>
    isByPort ? [] : subsetsOf(host).map((subset) => backendOf(subset, host, nameOf(subset, host))),
  );
  const own = route.map((each, at) => ownBackend(each, names[at] ?? '', { home, subsetsOf }));
  const isServed = own.filter(({ isDefined }) => isDefined).map(({ backend }) => backend.version);
  const others = own
    .map(({ backend }) => backend)
    .filter(({ version, host }) => !defined.some((each) => each.version === version && each.host === host));
  return {
    names,
    host: hosts.length === 1 ? hosts[0] : undefined,
    served: [...new Set([...defined.map(({ version }) => version), ...isServed])],
    backends: [...defined, ...others],
    ...(names !== plain && { shortNames: Object.fromEntries(names.map((name, at) => [name, plain[at] ?? name])) }),
  };
}

/** The names of the versions, in the order of the destinations. */
export function namesOf(route: readonly Destination[], home: Home) {
  const plain = route.map(plainName);
  const byHost: string[] = [];
  const names = tellApart(plain, () => {
    byHost.push(...route.map((each) => withHost(each, home)));
    return [byHost, plain.map(withPort(route)), byHost.map(withPort(route))];
  });
  return { plain, byHost, names };
}

/** Where copies of requests go. */
export function mirrorBackend(
  { host, subset }: { readonly host: string; readonly subset?: string | undefined },
  home: Home,
  { subsetsOf }: Defined,
): Backend {
  const resolved = resolveIn(home, host);
  const defined = subsetsOf(resolved).find(({ name }) => name === subset);
  return defined === undefined
    ? { version: subset ?? host, host: resolved, label: subset }
    : backendOf(defined, resolved);
}

/** A new destination beside the others. It has their host and port, but no other settings, which may be meant for one of them. */
export function beside([sibling]: readonly Destination[], subset: string): object {
  const { host = '', port } = sibling?.destination ?? {};
  return { destination: { host, subset, ...(port === undefined ? {} : { port }) } };
}

function backendOf({ name, labels }: Subset, host: string, version = name): Backend {
  return { version, host, label: labels?.['version'] ?? name, ...(labels !== undefined && { selects: labels }) };
}

/** A destination is served if it needs no definition, or has one. Requests of one that has none are counted too, if only as lost. */
function ownBackend(
  { destination: { host: written, subset } }: Destination,
  version: string,
  { home, subsetsOf }: Pick<Defined, 'subsetsOf'> & { readonly home: Home },
): { readonly backend: Backend; readonly isDefined: boolean } {
  const host = resolveIn(home, written);
  const defined = subsetsOf(host).find(({ name }) => name === subset);
  const backend = defined === undefined ? { version, host, label: subset } : backendOf(defined, host, version);
  return { backend, isDefined: subset === undefined || defined !== undefined };
}

function plainName({ destination: { host, subset } }: Destination): string {
  return subset ?? host;
}

function withHost({ destination: { host, subset } }: Destination, home: Home): string {
  const short = shortIn(home, resolveIn(home, host));
  return subset === undefined ? short : `${short}/${subset}`;
}

function withPort(route: readonly Destination[]): (name: string, at: number) => string {
  return (name, at) => {
    const port = route[at]?.destination.port?.number;
    return port === undefined ? name : `${name}:${port}`;
  };
}
