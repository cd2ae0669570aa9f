import type { Caller, Governed, GovernedRule, RuleRef, Shadowed, Why } from './governed.ts';
import { isWildcard } from './hosts.ts';
import { type Id, isSameId, type RoutingId } from './objects.ts';
import type { TrafficMap } from './traffic-map.ts';

/** A host, as one kind of caller asks for it. */
export interface AskedHost {
  readonly host: string;
  readonly caller: Caller;
}

/** Requests that follow something else. */
export interface Elsewhere extends AskedHost {
  /** The object that they follow; absent where no rule takes them. */
  readonly by?: RoutingId | undefined;
  /** What keeps them from the rule; absent where the object is not written for this caller at all. */
  readonly why?: Why | undefined;
}

/** Whose requests follow an object, or one of its rules. */
export interface Following {
  readonly followed: readonly AskedHost[];
  readonly elsewhere: readonly Elsewhere[];
  /** Other objects that are written for the same requests, and to which this one leaves none; absent if there are none. */
  readonly hides?: readonly RoutingId[] | undefined;
}

/** What a person has to know of requests that follow something else. */
export type Astray =
  /** Nobody's requests follow it. */
  | { readonly kind: 'not-followed'; readonly elsewhere: readonly Elsewhere[] }
  | { readonly kind: 'followed-in-part'; readonly elsewhere: readonly Elsewhere[] };

/** Kept in records and shown on cards. */
const mostElsewhere = 4;

/** Undefined if all requests for its hosts follow it, or others that are moved together with it, or it is not known. */
export function astrayOf(following: Following | undefined, together: readonly Id[] = []): Astray | undefined {
  if (following === undefined) return undefined;
  const { followed, elsewhere } = following;
  if (followed.length === 0) return { kind: 'not-followed', elsewhere: elsewhere.slice(0, mostElsewhere) };
  const apart = elsewhere.filter(({ by }) => by === undefined || !together.some((each) => isSameId(by, each)));
  return apart.length === 0 ? undefined : { kind: 'followed-in-part', elsewhere: apart.slice(0, mostElsewhere) };
}

export type RulePlace = Pick<RuleRef, 'list' | 'at'>;

/** What is asked about. */
export interface Meant {
  readonly object: RoutingId;
  /** Absent: any of its rules. */
  readonly rule?: RulePlace | undefined;
  /** The VirtualServices of the whole cluster are in the map, so that a delegate's root is there if it has one. */
  readonly seesAll: boolean;
}

/** Undefined if it is not known, because the map has not seen where the requests for the object come from. */
export function followingOf(map: TrafficMap, meant: Meant): Following | undefined {
  const { object } = meant;
  const all = map.asked(object);
  const asked = all.filter((each) => isServed(map, each, object));
  const seen = asked.filter(({ caller }) => caller.kind === 'mesh' || map.hasGateway(caller));
  const misspelled = seen.flatMap((governed) => misspelledHost(map, governed, object) ?? []);
  const spelled = seen.filter(({ host }) => !misspelled.some(({ written }) => written === host));
  // What comes through a gateway that is not seen is taken to follow what is written for that gateway.
  const followed = [
    ...spelled.filter(({ rules }) => rules.some((each) => isMeant(writtenIn(each), meant) || isMeant(each, meant))),
    ...asked.filter((each) => !seen.includes(each)),
  ];
  if (followed.length === 0 && (mayBeUnseen(map, meant, all) || isOfUnknownProtocol(map, meant, spelled)))
    return undefined;
  const lost = spelled.filter((each) => !followed.some((other) => isSameAsking(each, other)));
  const hides = onceEachObject(followed.flatMap((each) => hiddenBehind(each, object)));
  return {
    ...(hides.length > 0 && { hides }),
    followed: onceEach(followed.map(({ host, caller }) => ({ host, caller }))),
    elsewhere: withoutEchoes([
      ...lost.map((each) => lostOf(each, meant)),
      ...misspelled.map(({ real: host, caller }): Elsewhere => ({ host, caller, why: 'host-spelling' })),
      ...besides(map, object, all),
      ...(followed.length > 0 ? [] : all.filter((each) => !asked.includes(each)).map(unserved)),
    ]),
  };
}

/** Many objects name a host for the mesh and one for a gateway. What the gateway has no server for, nobody can ask it for. */
function isServed(map: TrafficMap, { host, caller }: Governed, { namespace }: RoutingId): boolean {
  return caller.kind === 'mesh' || !map.hasGateway(caller) || map.serves(caller, host, namespace);
}

function unserved({ host, caller }: Governed): Elsewhere {
  return { host, caller, why: 'not-served' };
}

/** The rule that requests obey, where it is written: a delegated one in its delegate. */
export function writtenIn({ delegate, object, list, at }: GovernedRule): RuleRef {
  return delegate ?? { object, list, at };
}

function isMeant(ref: RuleRef, { object, rule }: Pick<Meant, 'object' | 'rule'>): boolean {
  return isSameId(ref.object, object) && (rule === undefined || (ref.list === rule.list && ref.at === rule.at));
}

/** What the requests come through may be in a namespace that is not seen: parents of a route, the root of a delegate, services under a wildcard. */
function mayBeUnseen(map: TrafficMap, { object, seesAll }: Meant, asked: readonly Governed[]): boolean {
  if (asked.length > 0) return false;
  const isDelegate = object.kind === 'VirtualService' && map.hostsOf(object).length === 0;
  return !isDelegate || !seesAll;
}

/** Without its Service, nothing says that a port is HTTP: a rule for connections may hold there. */
function isOfUnknownProtocol(map: TrafficMap, { object, rule }: Meant, asked: readonly Governed[]): boolean {
  const isForConnections = rule?.list === 'tcp' || rule?.list === 'tls';
  return (
    isForConnections && asked.some(({ host, caller }) => caller.kind === 'mesh' && !map.isKnown(host, object.namespace))
  );
}

/** `reviews.default` is nobody's name for istiod, where people mean a service. */
function misspelledHost(map: TrafficMap, { host, caller }: Governed, { namespace }: RoutingId) {
  if (caller.kind === 'gateway' || map.isKnown(host, namespace)) return undefined;
  const real = map.hostOf(host, { kind: 'mesh', namespace });
  return real === host ? undefined : { written: host, real, caller };
}

function lostOf({ host, caller, rules: [first], shadowed }: Governed, meant: Meant): Elsewhere {
  const shadow = shadowed.find((each) => isAbout(each, meant));
  const by = shadow?.by === undefined ? first && writtenIn(first).object : objectOf(shadow.by);
  return { host, caller, ...(by !== undefined && { by }), why: shadow?.why ?? 'other-caller' };
}

/** The objects that an object keeps whole from these requests. */
function hiddenBehind({ rules, shadowed }: Governed, object: RoutingId): readonly RoutingId[] {
  const reached = rules.flatMap((each) => [each.object, writtenIn(each).object]);
  return shadowed
    .filter(({ by }) => by !== undefined && isSameId(objectOf(by), object))
    .map((each) => each.object)
    .filter((other) => !isSameId(other, object) && !reached.some((each) => isSameId(each, other)));
}

function onceEachObject(all: readonly RoutingId[]): readonly RoutingId[] {
  return all
    .filter((one, at) => all.findIndex((other) => isSameId(one, other)) === at)
    .map(({ kind, namespace, name }) => ({ kind, namespace, name }));
}

/** What stands in the way of a whole object stands in the way of each of its rules. */
function isAbout({ object, rule }: Shadowed, meant: Meant): boolean {
  return rule === undefined ? isSameId(object, meant.object) : isMeant(rule, meant);
}

function objectOf(by: RoutingId | RuleRef): RoutingId {
  return 'object' in by ? by.object : by;
}

/** Callers that ask for the same hosts and that the object is not written for, and gateways whose rules lead there. */
function besides(map: TrafficMap, object: RoutingId, asked: readonly Governed[]): readonly Elsewhere[] {
  const hosts = map.hostsOf(object).filter((host) => !isWildcard(host));
  const isAsked = (each: AskedHost) => asked.some((other) => isSameAsking(each, other));
  const others = hosts
    .flatMap((host) => map.callers(host).map((caller) => ({ host, caller })))
    .filter((each) => !isAsked(each))
    .map(({ host, caller }) => map.of(host, caller));
  const leading = hosts.flatMap((host) =>
    map
      .leadingTo(host)
      .filter((id) => !isSameId(id, object))
      .flatMap((id) => map.asked(id))
      .filter((each) => each.caller.kind === 'gateway' && !isAsked(each))
      .filter(({ rules }) => rules.some(({ shares }) => shares.some((share) => share.host === host)))
      .filter(({ rules }) => !rules.some((each) => isMeant(writtenIn(each), { object }))),
  );
  return [...others, ...leading].map(({ host, caller, rules: [first] }) => ({
    host,
    caller,
    ...(first !== undefined && { by: writtenIn(first).object }),
  }));
}

/** Clients of a namespace to whom the same happens as to all others are not told apart. */
function withoutEchoes(all: readonly Elsewhere[]): readonly Elsewhere[] {
  const isEcho = (each: Elsewhere) =>
    each.caller.kind === 'mesh' &&
    each.caller.namespace !== undefined &&
    all.some(
      ({ host, caller, by, why }) =>
        caller.kind === 'mesh' &&
        caller.namespace === undefined &&
        host === each.host &&
        JSON.stringify(by ?? why) === JSON.stringify(each.by ?? each.why),
    );
  return onceEach(all.filter((each) => !isEcho(each)));
}

function isSameAsking(one: AskedHost, other: AskedHost): boolean {
  return one.host === other.host && JSON.stringify(one.caller) === JSON.stringify(other.caller);
}

function onceEach<T extends AskedHost>(all: readonly T[]): readonly T[] {
  return all.filter((each, at) => all.findIndex((other) => isSameAsking(each, other)) === at);
}
