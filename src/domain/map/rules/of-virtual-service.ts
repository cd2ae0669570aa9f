import type { Shadowed } from '../governed.ts';
import { gatewayName, type ObjectIndex } from '../object-index.ts';
import type { HttpRule, Match, VirtualService } from '../objects.ts';
import { sees } from '../visibility.ts';
import { merged } from './delegate.ts';
import { type Prepared, weighted } from './prepared.ts';

export interface Rules {
  readonly rules: readonly Prepared[];
  /** Rules that no caller ever reaches. */
  readonly dead: readonly Shadowed[];
}

/** The http rules of a VirtualService, with those of its delegates in their places. */
export function httpRulesOf(index: ObjectIndex, object: VirtualService): Rules {
  const all = object.http.map((rule, at) => expanded(index, object, rule, at));
  return { rules: all.flatMap(({ rules }) => rules), dead: all.flatMap(({ dead }) => dead) };
}

function expanded(index: ObjectIndex, root: VirtualService, rule: HttpRule, at: number): Rules {
  const ref = { object: idOf(root), list: 'http' as const, at };
  const { action } = rule;
  if (action.kind !== 'delegate') return { rules: [{ ...prepared(index, root, rule), ...ref }], dead: [] };

  const delegate = index.virtualService(action.namespace ?? root.namespace, action.name);
  const isUsable =
    delegate !== undefined && delegate.hosts.length === 0 && sees(index.settings, delegate, root.namespace);
  if (!isUsable) return { rules: [], dead: [{ object: ref.object, rule: ref, why: 'no-delegate' }] };
  return ofDelegate(index, { root, rule, ref }, delegate);
}

function ofDelegate(
  index: ObjectIndex,
  { root, rule, ref }: { root: VirtualService; rule: HttpRule; ref: Pick<Prepared, 'object' | 'list' | 'at'> },
  delegate: VirtualService,
): Rules {
  const resolved = { ...rule, matches: withGateways(rule, root.namespace) };
  const all = delegate.http.map((each, at): Rules => {
    const own = { object: idOf(delegate), list: 'http' as const, at };
    const both = merged(resolved, { ...each, matches: withGateways(each, delegate.namespace) });
    if (both !== undefined) return { rules: [{ ...prepared(index, delegate, both), ...ref, delegate: own }], dead: [] };
    return { rules: [], dead: [{ object: own.object, rule: own, by: ref, why: 'delegate-conflict' }] };
  });
  return { rules: all.flatMap(({ rules }) => rules), dead: all.flatMap(({ dead }) => dead) };
}

/** Its gateways and destinations are resolved in the namespace of the object that it is written in. */
function prepared(
  index: ObjectIndex,
  { namespace }: VirtualService,
  rule: HttpRule,
): Omit<Prepared, 'object' | 'list' | 'at'> {
  const { name, action, abort } = rule;
  const destinations = action.kind === 'route' ? action.destinations : [];
  return {
    name,
    matches: withGateways(rule, namespace),
    action: action.kind === 'delegate' ? 'none' : action.kind,
    status: 'status' in action ? action.status : undefined,
    abort,
    targets: weighted(destinations, (each) => index.destinationHost(namespace, each)),
  };
}

function withGateways({ matches }: Pick<HttpRule, 'matches'>, namespace: string): readonly Match[] {
  return matches.map((match) => ({
    ...match,
    gateways: match.gateways?.map((name) => gatewayName(name, namespace)),
  }));
}

export function idOf({ namespace, name }: VirtualService): Prepared['object'] {
  return { kind: 'VirtualService', namespace, name };
}

/** The rules for connections. Those of `tcp` say nothing of TLS, nor the other way round. */
export function connectionRulesOf(index: ObjectIndex, object: VirtualService, list: 'tcp' | 'tls'): Rules {
  const { namespace } = object;
  const rules = object[list].map((rule, at) => ({
    object: idOf(object),
    list,
    at,
    matches: withGateways(rule, namespace),
    action: 'route' as const,
    targets: weighted(rule.destinations, (each) => index.destinationHost(namespace, each)),
  }));
  return { rules, dead: [] };
}
