import { toShare } from '../clusters/share.ts';
import type { Governed, GovernedRule, Shadowed } from '../governed.ts';
import { closest } from '../hosts.ts';
import { gatewayKey, type ObjectIndex } from '../object-index.ts';
import { type Asker, isCatchAll } from '../rules/applies.ts';
import { connectionRulesOf, idOf } from '../rules/of-virtual-service.ts';
import type { Prepared } from '../rules/prepared.ts';
import { matchesFor, reach, refOf, written } from '../rules/reach.ts';
import { byAge, byRank, rankOf } from '../visibility.ts';
import { type Bound, boundTo } from './bound.ts';
import { type GatewayCaller, type Listener, listenerOf } from './listeners.ts';

type Decided = Pick<Governed, 'rules' | 'otherwise' | 'shadowed'>;

/** Who routes the requests that come through a gateway. All objects that name the host are merged there. */
export function governGateway(index: ObjectIndex, host: string, caller: GatewayCaller, port?: number): Governed {
  const listener = listenerOf(index, caller, port);
  if (listener === undefined) {
    return { host, caller, port, protocol: 'http', rules: [], otherwise: 'no-listener', shadowed: [] };
  }
  const protocol = protocolOf(listener);
  const decided = protocol === 'http' ? requests(index, listener, host) : connections(index, listener, protocol);
  return { host, caller, port: listener.port, protocol, ...decided };
}

function protocolOf({ servers: [first] }: Listener): Governed['protocol'] {
  const protocol = first?.server.protocol.toUpperCase() ?? '';
  if (['HTTP', 'HTTP2', 'GRPC', 'HTTPS'].includes(protocol)) return 'http';
  return protocol === 'TLS' ? 'tls' : 'tcp';
}

/** Envoy takes the closest host alone; all that is bound to it there is one list. */
function requests(index: ObjectIndex, listener: Listener, host: string): Decided {
  const { bound, left } = boundTo(index, listener, host);
  if (listener.servers.some(({ server }) => server.httpsRedirect === true)) {
    return { rules: [], otherwise: 'https', shadowed: left };
  }
  const domain = closest(
    bound.map((each) => each.domain),
    host,
  );
  const here = bound.filter((each) => each.domain === domain).toSorted(byRank);
  const wider = bound.filter((each) => each.domain !== domain);
  const merged = mergedRules(listener, here);
  const reached = reach(merged.rules, askerAt(listener, ''), toShare(index, clientAt(listener)));
  const shadowed = [
    ...merged.shadowed,
    ...reached.shadowed,
    ...wider.map((each) => beaten(each, reached.rules[0])),
    ...left,
  ];
  return { rules: reached.rules, otherwise: 'no-route', shadowed };
}

function beaten({ id }: Bound, by: GovernedRule | undefined): Shadowed {
  return { object: id, why: 'closer-host', ...(by === undefined ? {} : { by: by.object }) };
}

function askerAt({ router, port }: Listener, gateway: string): Asker {
  return { gateway, namespace: router.namespace, labels: router.labels, port };
}

function clientAt({ router, port }: Listener) {
  return { namespace: router.namespace, port };
}

/** Each object's rules end at its own first catch-all. Catch-alls come last (istio `SortVHostRoutes`). */
function mergedRules(listener: Listener, all: readonly Bound[]) {
  const parts = all.map((bound) => reachable(bound, askerAt(listener, gatewayKey(bound.gateway))));
  const rules = parts.flatMap((part) => part.rules);
  const isLast = (rule: Prepared) => rule.matches.length === 0;
  return {
    rules: [...rules.filter((rule) => !isLast(rule)), ...rules.filter(isLast)],
    shadowed: [...all.flatMap(({ dead }) => dead), ...parts.flatMap((part) => part.shadowed)],
  };
}

/** Up to the first catch-all, which is a rule of its own where it is but one of several matches. */
function reachable({ rules }: Bound, asker: Asker): { rules: readonly Prepared[]; shadowed: readonly Shadowed[] } {
  const reached: Prepared[] = [];
  const shadowed: Shadowed[] = [];
  let catchAll: Prepared | undefined;
  for (const rule of rules) {
    const matches = matchesFor(rule, asker);
    if (matches === undefined) shadowed.push({ ...written(rule), why: 'other-caller' });
    else if (catchAll !== undefined) shadowed.push({ ...written(rule), by: refOf(catchAll), why: 'catch-all-above' });
    else {
      const narrow = matches.filter((match) => !isCatchAll(match));
      if (narrow.length > 0) reached.push({ ...rule, matches: narrow });
      if (narrow.length < matches.length || matches.length === 0) catchAll = { ...rule, matches: [] };
    }
  }
  return { rules: catchAll === undefined ? reached : [...reached, catchAll], shadowed };
}

function connections(index: ObjectIndex, listener: Listener, protocol: 'tcp' | 'tls'): Decided {
  const keys = new Set(listener.servers.map(({ gateway }) => gatewayKey(gateway)));
  const objects = [...keys]
    .flatMap((key) => index.ofGateway.get(key).map((object) => ({ key, object })))
    .filter(({ object }) => rankOf(index.settings, object, listener.router.namespace) !== undefined)
    .toSorted((one, other) => byAge(one.object, other.object));
  const rules = objects.flatMap(({ object }) => connectionRulesOf(index, object, protocol).rules);
  const reached = reach(rules, askerAt(listener, [...keys][0] ?? ''), toShare(index, clientAt(listener)));
  const idle = objects
    .filter(({ object }) => object.http.length > 0)
    .map(({ object }): Shadowed => ({ object: idOf(object), why: 'other-protocol' }));
  return { rules: reached.rules, otherwise: 'no-listener', shadowed: [...reached.shadowed, ...idle] };
}
