import { writtenIn } from './following.ts';
import type { Governed, GovernedRule, RuleRef } from './governed.ts';
import { isSameId, type RoutingId } from './objects.ts';
import type { TrafficMap } from './traffic-map.ts';

/**
 * The objects whose rules split the requests to a host, for those that are asked first: clients in the mesh, else those that come through
 * gateways, else gateways' rules for other hosts that lead there. None if nothing routes it.
 */
export function governing(map: TrafficMap, host: string): readonly RoutingId[] {
  const views = map.callers(host).map((caller) => map.of(host, caller));
  const inMesh = views.filter(({ caller }) => caller.kind === 'mesh').flatMap(objectsOf);
  if (inMesh.length > 0) return once(inMesh);
  const atGateways = views.filter(({ caller }) => caller.kind === 'gateway').flatMap(objectsOf);
  if (atGateways.length > 0) return once(atGateways);
  const leading = map.leadingTo(host).flatMap((id) => map.asked(id));
  return once(leading.filter(({ caller }) => caller.kind === 'gateway').flatMap((each) => leadersTo(each, host)));
}

/**
 * Every rule that requests for a host follow, whoever asks, and that sends all that it takes to that host: also rules of gateways for other
 * hosts. No rule is there twice.
 */
export function followedRules(map: TrafficMap, host: string): readonly RuleRef[] {
  const own = map.callers(host).map((caller) => map.of(host, caller));
  const leading = map
    .leadingTo(host)
    .flatMap((id) => map.asked(id))
    .filter(({ caller }) => caller.kind === 'gateway');
  const refs = [...own, ...leading].flatMap(({ rules }) => rules.filter((rule) => leadsTo(rule, host)).map(writtenIn));
  return refs.filter((each, at) => refs.findIndex((other) => isSameRule(each, other)) === at);
}

function isSameRule(one: RuleRef, other: RuleRef): boolean {
  return one.list === other.list && one.at === other.at && isSameId(one.object, other.object);
}

function leadsTo({ shares }: GovernedRule, host: string): boolean {
  return shares.length > 0 && shares.every((share) => share.host === host);
}

function objectsOf({ rules }: Governed): readonly RoutingId[] {
  return rules.filter(({ action }) => action === 'route').map((rule) => writtenIn(rule).object);
}

/** Objects with a rule that sends all that it takes to the host. */
function leadersTo({ rules }: Governed, host: string): readonly RoutingId[] {
  return rules.filter((rule) => leadsTo(rule, host)).map((rule) => writtenIn(rule).object);
}

function once(all: readonly RoutingId[]): readonly RoutingId[] {
  return all.filter((each, at) => all.findIndex((other) => isSameId(each, other)) === at);
}
