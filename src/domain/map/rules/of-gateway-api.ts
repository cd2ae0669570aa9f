import type { ObjectIndex } from '../object-index.ts';
import type { Backend, GatewayRoute, GatewayRule, Match, Parent, RoutingId } from '../objects.ts';
import { byAge } from '../visibility.ts';
import { byPrecedence } from './precedence.ts';
import type { Prepared, Target } from './prepared.ts';

/** Routes of one namespace that are attached to one parent and port are one: their rules are tried by precedence, not in order. */
export interface RouteGroup {
  readonly oldest: GatewayRoute;
  /** Of its parent, if it names one. */
  readonly port: number | undefined;
  readonly rules: readonly Prepared[];
}

/** How a backend in another namespace is asked for: in the mesh nobody must grant it. */
export type Granted = (route: GatewayRoute, backend: Backend) => boolean;

export function groupRoutes(
  index: ObjectIndex,
  routes: readonly GatewayRoute[],
  { parent, isGranted }: { parent: (of: Parent) => boolean; isGranted: Granted },
): readonly RouteGroup[] {
  const attached = routes.toSorted(byAge).flatMap((route) => portsOf(route, parent).map((port) => ({ route, port })));
  const groups = Map.groupBy(attached, ({ route, port }) => `${route.kind} ${route.namespace} ${port ?? ''}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const rules = group.flatMap(({ route, port }) => preparedRules(index, route, port, isGranted));
    return first === undefined ? [] : [{ oldest: first.route, port: first.port, rules: rules.toSorted(byPrecedence) }];
  });
}

function portsOf({ parents }: GatewayRoute, fits: (of: Parent) => boolean): readonly (number | undefined)[] {
  return [...new Set(parents.filter(fits).map(({ port }) => port))];
}

/** One for each match, since each has a precedence of its own. */
function preparedRules(
  index: ObjectIndex,
  route: GatewayRoute,
  port: number | undefined,
  isGranted: Granted,
): readonly Prepared[] {
  return route.rules.flatMap((rule, at) => {
    const { matches } = rule;
    const each: readonly Match[] = matches.length === 0 ? [{}] : matches;
    const prepared = {
      ...actionOf(index, route, rule, isGranted),
      name: rule.name ?? `${route.namespace}.${route.name}.${at}`,
    };
    const ref = { object: routeId(route), list: 'rules' as const, at };
    return each.map((match) => ({ ...ref, ...prepared, matches: [{ ...match, port: port ?? match.port }] }));
  });
}

function actionOf(
  index: ObjectIndex,
  route: GatewayRoute,
  { redirect, backends }: GatewayRule,
  isGranted: Granted,
): Pick<Prepared, 'action' | 'status' | 'targets'> {
  if (redirect !== undefined) return { action: 'redirect', status: redirect.status, targets: [] };
  const targets = backends
    .map((backend) => targetOf(index, route, backend, isGranted))
    .filter(({ weight }) => weight > 0);
  return targets.length === 0 ? { action: 'answer', status: 500, targets: [] } : { action: 'route', targets };
}

/** An omitted weight is 1. */
function targetOf(index: ObjectIndex, route: GatewayRoute, backend: Backend, isGranted: Granted): Target {
  const { kind, name, port, weight = 1 } = backend;
  const host = kind === 'Service' ? index.hostOfService(backend) : name;
  const isInvalid = kind === 'Service' && !isGranted(route, backend);
  return { host, port, weight, ...(isInvalid ? { isInvalid } : {}) };
}

export function routeId({ kind, namespace, name }: GatewayRoute): RoutingId {
  return { kind, namespace, name };
}
