import { type Home, resolveIn } from '../../domain/routing/names.ts';
import { type Backend, labelText, type Rule, type Unsplittable } from '../../domain/routing/route.ts';
import type { BackendRef } from './gateway-api.ts';
import { tellApart } from './keys.ts';
import type { KnownService } from './kind.ts';
import { splitOf, type Weighed } from './weights.ts';

/** What a rule divides among Services, each of which is a version. */
export interface Among {
  /** The Services of the namespace that the route is bound to: `reviews-v3` is a version of `reviews`. */
  readonly parents: readonly string[];
  readonly home: Home;
  readonly services: readonly KnownService[] | undefined;
}

type Divided = Pick<Rule, 'split' | 'host' | 'served' | 'backends' | 'shortNames' | 'bounds' | 'unsplittable'>;

/** The limit of the Gateway API for one weight. */
const mostWeight = 1_000_000;

export function dividedAmong(refs: readonly BackendRef[], among: Among): Divided {
  const names = namesOf(refs);
  const own = refs.map((ref, at) => ({ ref, version: names[at] ?? ref.name }));
  const isOnePlace = new Set(refs.map(placeText)).size === 1;
  const more = isOnePlace ? versionsBeside(refs, among) : [];
  const served = [...own.filter(({ ref }) => isThere(ref, among)).map(({ version }) => version), ...more];
  return {
    split: splitOf(weighed(refs)),
    unsplittable: whyNot(refs, names),
    host: isOnePlace ? (among.parents[0] ?? refs[0]?.name) : undefined,
    served: [...new Set(served)],
    backends: [
      ...own.map(({ ref, version }) => backendOf(ref, version, among)),
      ...more.map((each) => whole(each, among)),
    ],
    shortNames: shortNames([...names, ...more], stems(refs, among)),
    bounds: { most: mostWeight },
  };
}

/** The rules of a route with their keys, as a patch sets their weights. */
export function weighedRules(
  rules: readonly { readonly backendRefs: readonly BackendRef[] }[],
  keys: readonly string[],
): readonly Weighed[] {
  return rules.map(({ backendRefs }, at) => ({
    key: keys[at] ?? '',
    path: `/spec/rules/${at}/backendRefs`,
    ...weighed(backendRefs),
    beside: (version) => besideRefs(backendRefs, version),
  }));
}

/** How the backends are weighed. A single one of weight 0 gets nothing. */
function weighed(refs: readonly BackendRef[]): Pick<Weighed, 'versions' | 'weights'> {
  return { versions: namesOf(refs), weights: refs.map(({ weight }) => weight) };
}

/** A new backend beside the others: another Service, with their port. */
function besideRefs([sibling]: readonly BackendRef[], name: string): object | undefined {
  if (sibling === undefined) return undefined;
  const { group, kind, namespace, port } = sibling;
  return {
    group,
    kind,
    name,
    ...(namespace !== undefined && { namespace }),
    ...(port !== undefined && { port }),
  };
}

/** The Service's name; with its namespace or port where two backends of the rule would have the same. */
function namesOf(refs: readonly BackendRef[]): readonly string[] {
  const plain = refs.map(({ name }) => name);
  const placed = refs.map(({ namespace, name }) => (namespace === undefined ? name : `${namespace}/${name}`));
  const ports = refs.map(({ port }) => (port === undefined ? '' : `:${port}`));
  const withPort = (text: string, at: number) => `${text}${ports[at] ?? ''}`;
  return tellApart(plain, () => [placed, plain.map(withPort), placed.map(withPort)]);
}

function whyNot(refs: readonly BackendRef[], names: readonly string[]): Unsplittable | undefined {
  if (refs.length === 0) return 'no-destination';
  return new Set(names).size < names.length ? 'ambiguous-destinations' : undefined;
}

/** Other Services of the same name with another ending, on the same port. */
function versionsBeside(refs: readonly BackendRef[], among: Among): readonly string[] {
  const { namespace: own } = among.home;
  const [{ port, namespace = own } = { port: undefined }] = refs;
  if (!refs.every(isService) || namespace !== own) return [];
  const wanted = stems(refs, among);
  return (among.services ?? [])
    .filter(({ ports }) => port === undefined || ports.includes(port))
    .map(({ name }) => name)
    .filter((name) => !refs.some((ref) => ref.name === name))
    .filter((name) => wanted.some((stem) => name.startsWith(`${stem}-`)));
}

/** What versions are versions of: the parents; at a Gateway, what the names of the backends have in common. */
function stems(refs: readonly BackendRef[], { parents }: Among): readonly string[] {
  if (parents.length > 0) return parents;
  const found = refs.flatMap(
    ({ name }) => /^(.+)-(?:v?\d[^-]*|canary|stable|primary|baseline|preview|blue|green)$/.exec(name)?.[1] ?? [],
  );
  return [...new Set(found)];
}

function shortNames(versions: readonly string[], from: readonly string[]): Readonly<Record<string, string>> {
  const shorter = versions.flatMap((version) => {
    const stem = from.find((each) => version.startsWith(`${each}-`));
    return stem === undefined ? [] : [[version, version.slice(stem.length + 1)] as const];
  });
  return Object.fromEntries(shorter);
}

/** A Service that we know not to exist serves nothing: the controller answers its share with 500. */
function isThere(ref: BackendRef, { services, home: { namespace } }: Among): boolean {
  if (services === undefined || !isService(ref) || (ref.namespace ?? namespace) !== namespace) return true;
  return services.some(({ name }) => name === ref.name);
}

function isService({ group, kind }: BackendRef): boolean {
  return kind === 'Service' && (group === '' || group === 'core');
}

function placeText({ group, kind, namespace, port }: BackendRef): string {
  return JSON.stringify([group, kind, namespace, port]);
}

function backendOf(ref: BackendRef, version: string, among: Among): Backend {
  const { home } = among;
  const namespace = ref.namespace ?? home.namespace;
  const isHere = isService(ref) && namespace === home.namespace;
  return { version, host: resolveIn({ ...home, namespace }, ref.name), ...(isHere && chosenBy(ref.name, among)) };
}

function whole(name: string, among: Among): Backend {
  return { version: name, host: resolveIn(among.home, name), ...chosenBy(name, among) };
}

function chosenBy(service: string, { services = [] }: Among): Pick<Backend, 'chosenBy'> {
  const selector = services.find(({ name }) => name === service)?.selector;
  return selector === undefined ? {} : { chosenBy: labelText(selector) };
}
