import { type ObjectContent, type ObjectRef, refText } from '../../src/domain/change/edit.ts';
import { type RoutingObject, resolveHost } from '../../src/domain/routing/names.ts';
import type { Route, Rule } from '../../src/domain/routing/route.ts';
import type { RuleKind } from '../../src/domain/routing/rule-file.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import type { Definition } from '../../src/domain/routing/undefined-versions.ts';
import type { JsonObject } from '../../src/domain/text/json.ts';
import { RejectedError } from '../../src/workflow/errors.ts';
import type { FoundObject } from '../../src/workflow/ports/mesh.ts';

/** DestinationRules in memory. */
export class WholeObjects {
  readonly #all = new Map<string, FoundObject>();

  get(cluster: string, ref: ObjectRef): FoundObject | undefined {
    return this.#all.get(`${cluster} ${refText(ref)}`);
  }

  set(cluster: string, ref: ObjectRef, found: FoundObject): void {
    this.#all.set(`${cluster} ${refText(ref)}`, found);
  }

  delete(cluster: string, ref: ObjectRef): void {
    this.#all.delete(`${cluster} ${refText(ref)}`);
  }

  /** All of a namespace, and versions v1 to v3 of every host, so that tests need not define them. */
  definitions(cluster: string, namespace: string): readonly Definition[] {
    const its = [...this.#all].filter(([key]) => key.startsWith(`${cluster} DestinationRule ${namespace}/`));
    const any = { name: 'any', host: '*', versions: ['v1', 'v2', 'v3'] };
    const defined = its.map(([key, { content }]) => {
      const { host, subsets } = content.spec;
      const versions = Array.isArray(subsets) ? subsets.map(({ name }) => String(name)) : [];
      return { name: key.split('/').at(-1) ?? '', host: resolveHost(String(host), namespace), versions };
    });
    return [any, ...defined];
  }

  /** The versions of a host; v1 to v3 if nothing defines any. */
  subsetsOf(cluster: string, namespace: string, host: string | undefined): readonly string[] {
    const rules = [...this.#all]
      .filter(([key]) => key.startsWith(`${cluster} `))
      .map(([, { content }]) => content.spec);
    const its = rules.filter(
      (spec) => resolveHost(String(spec['host']), namespace) === resolveHost(host ?? '', namespace),
    );
    const names = its.flatMap(({ subsets }) => (Array.isArray(subsets) ? subsets.map(({ name }) => String(name)) : []));
    return names.length > 0 ? names : ['v1', 'v2', 'v3'];
  }
}

const known: Readonly<Record<RuleKind, readonly string[]>> = {
  VirtualService: ['hosts', 'gateways', 'http', 'tls', 'tcp', 'exportTo'],
  DestinationRule: ['host', 'trafficPolicy', 'subsets', 'exportTo', 'workloadSelector'],
};

/** Like a server with schemas. Knows only the top fields of these objects. */
export function refuseUnknown({ kind }: ObjectRef, content: ObjectContent | undefined): void {
  const unknown = Object.keys(content?.spec ?? {}).filter((field) => !known[kind].includes(field));
  if (unknown.length > 0) throw new RejectedError(unknown.map((field) => `unknown field "spec.${field}"`).join(', '));
}

export function asRouting(cluster: string, { namespace, name }: ObjectRef): RoutingObject {
  return { cluster, namespace, kind: 'VirtualService', name };
}

/** A VirtualService with this routing, as an operator would write it. */
export function contentOfRoute({ hosts, rules }: Route): ObjectContent {
  return { spec: { hosts, http: rules.map(ruleOf) } };
}

export function withWeights(
  { spec, ...marks }: ObjectContent,
  { rules }: Pick<Route, 'rules'>,
  key: string,
  split: Split,
): ObjectContent {
  const at = rules.findIndex((rule) => rule.key === key);
  const http = Array.isArray(spec['http']) ? spec['http'] : [];
  const host = rules[at]?.host ?? '';
  const changed = http.map((rule, place) => (place === at ? { ...rule, route: destinations(host, split) } : rule));
  return { ...marks, spec: { ...spec, http: changed } };
}

function ruleOf({ match, host = '', split }: Rule): JsonObject {
  const [header = '', exact = ''] = match?.split(' = ') ?? [];
  const route = destinations(host, split);
  return match === undefined ? { route } : { match: [{ headers: { [header]: { exact } } }], route };
}

function destinations(host: string, split: Split): readonly JsonObject[] {
  return Object.entries(split).map(([subset, weight]) => ({ destination: { host, subset }, weight }));
}
