import { z } from 'zod';
import type {
  Backend,
  Gateway,
  GatewayRoute,
  GatewayRule,
  Match,
  Parent,
  ReferenceGrant,
  StringMatch,
} from '../../domain/map/objects.ts';
import { metadata, names, portNumber } from './fields.ts';

const gatewayApi = 'gateway.networking.k8s.io';

const parentRef = z.object({
  group: z.string().default(gatewayApi),
  kind: z.string().default('Gateway'),
  namespace: z.string().optional(),
  name: z.string(),
  port: portNumber.optional(),
  sectionName: z.string().optional(),
});

const backendRef = z.object({
  group: z.string().default(''),
  kind: z.string().default('Service'),
  namespace: z.string().optional(),
  name: z.string(),
  port: portNumber.optional(),
  weight: z.int().optional(),
});

const named = z.object({ type: z.string().default('Exact'), name: z.string(), value: z.string() });

const matchOf = z.object({
  path: z.object({ type: z.string().default('PathPrefix'), value: z.string().default('/') }).optional(),
  /** A verb of HTTP, or what a GRPCRoute calls a method. */
  method: z
    .union([
      z.string(),
      z.object({ type: z.string().default('Exact'), service: z.string().optional(), method: z.string().optional() }),
    ])
    .optional(),
  headers: z.array(named).default([]),
  queryParams: z.array(named).default([]),
});

const rule = z.object({
  name: z.string().optional(),
  matches: z.array(matchOf).default([]),
  backendRefs: z.array(backendRef).default([]),
  filters: z
    .array(z.object({ type: z.string(), requestRedirect: z.object({ statusCode: z.int().default(302) }).optional() }))
    .default([]),
});

const route = z.object({
  metadata,
  spec: z.object({ parentRefs: z.array(parentRef).default([]), hostnames: names, rules: z.array(rule).default([]) }),
});

export function readGatewayRoute(kind: GatewayRoute['kind'], object: unknown): GatewayRoute | undefined {
  const read = route.safeParse(object).data;
  if (read === undefined) return undefined;
  const { namespace, name, creationTimestamp: createdAt } = read.metadata;
  const { parentRefs, hostnames, rules } = read.spec;
  const parents = parentRefs.flatMap((each) => toParent(each, namespace));
  return { kind, namespace, name, createdAt, parents, hostnames, rules: rules.map((each) => toRule(each, namespace)) };
}

const parentKinds: Readonly<Record<string, Parent['kind']>> = {
  '/Service': 'Service',
  'networking.istio.io/ServiceEntry': 'ServiceEntry',
  [`${gatewayApi}/Gateway`]: 'Gateway',
};

/** A parent of a kind that we do not know routes nothing that we know. */
function toParent({ group, kind, ...ref }: z.infer<typeof parentRef>, namespace: string): readonly Parent[] {
  const known = parentKinds[`${group}/${kind}`];
  return known === undefined ? [] : [{ ...ref, kind: known, namespace: ref.namespace ?? namespace }];
}

function toRule({ name, matches, backendRefs, filters }: z.infer<typeof rule>, namespace: string): GatewayRule {
  const redirect = filters.find(({ type }) => type === 'RequestRedirect')?.requestRedirect;
  return {
    name,
    matches: matches.map(toMatch),
    backends: backendRefs.map((each) => toBackend(each, namespace)),
    ...(redirect === undefined ? {} : { redirect: { status: redirect.statusCode } }),
  };
}

function toBackend({ group, kind, ...ref }: z.infer<typeof backendRef>, namespace: string): Backend {
  const isHostname = group === 'networking.istio.io' && kind === 'Hostname';
  return { ...ref, kind: isHostname ? 'Hostname' : 'Service', namespace: ref.namespace ?? namespace };
}

const pathKinds: Readonly<Record<string, 'exact' | 'segments' | 'regex'>> = {
  Exact: 'exact',
  PathPrefix: 'segments',
  RegularExpression: 'regex',
};

function toMatch({ path, method, headers, queryParams }: z.infer<typeof matchOf>): Match {
  const isVerb = typeof method === 'string';
  const uri: StringMatch | undefined = path && { by: pathKinds[path.type] ?? 'exact', value: path.value };
  return {
    uri: isVerb || method === undefined ? uri : grpcPath(method),
    method: isVerb ? { by: 'exact', value: method } : undefined,
    headers: byName(headers),
    queryParams: byName(queryParams),
  };
}

/** `/package.Service/Method` is the path of a call. */
function grpcPath({
  type,
  service,
  method,
}: {
  type: string;
  service?: string | undefined;
  method?: string | undefined;
}): StringMatch {
  if (type === 'RegularExpression') return { by: 'regex', value: `/${service ?? '.+'}/${method ?? '.+'}` };
  if (service === undefined) return { by: 'regex', value: `/[^/]+/${method ?? '.+'}` };
  return method === undefined
    ? { by: 'prefix', value: `/${service}/` }
    : { by: 'exact', value: `/${service}/${method}` };
}

function byName(all: readonly z.infer<typeof named>[]): Readonly<Record<string, StringMatch>> {
  return Object.fromEntries(
    all.map(({ type, name, value }) => [
      name,
      { by: type === 'RegularExpression' ? 'regex' : 'exact', value } as const,
    ]),
  );
}

const listener = z.object({
  name: z.string(),
  port: portNumber,
  protocol: z.string(),
  hostname: z.string().optional(),
});

const gateway = z.object({ metadata, spec: z.object({ listeners: z.array(listener).default([]) }) });

export function readApiGateway(object: unknown): Gateway | undefined {
  const read = gateway.safeParse(object).data;
  if (read === undefined) return undefined;
  const { namespace, name, creationTimestamp: createdAt } = read.metadata;
  const servers = read.spec.listeners.map(({ hostname = '*', ...each }) => ({ ...each, hosts: [hostname] }));
  return { kind: 'ApiGateway', namespace, name, createdAt, selector: {}, servers };
}

const grant = z.object({
  metadata,
  spec: z.object({
    from: z.array(z.object({ kind: z.string(), namespace: z.string() })).default([]),
    to: z.array(z.object({ kind: z.string(), name: z.string().optional() })).default([]),
  }),
});

export function readReferenceGrant(object: unknown): ReferenceGrant | undefined {
  const read = grant.safeParse(object).data;
  if (read === undefined) return undefined;
  const { namespace, name } = read.metadata;
  return { kind: 'ReferenceGrant', namespace, name, ...read.spec };
}
