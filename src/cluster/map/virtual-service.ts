import { z } from 'zod';
import type {
  Action,
  ConnectionRule,
  Destination,
  HttpRule,
  Match,
  StringMatches,
  VirtualService,
} from '../../domain/map/objects.ts';
import { match, type Match as Written } from '../kinds/virtual-service-match.ts';
import { labels, metadata, names, portNumber, stringMatch } from './fields.ts';

const destination = z.object({
  destination: z.object({
    host: z.string(),
    subset: z.string().optional(),
    port: z.object({ number: portNumber.optional() }).optional(),
  }),
  weight: z.int().optional(),
});

const abort = z.object({
  httpStatus: z.int().optional(),
  grpcStatus: z.string().optional(),
  percentage: z.object({ value: z.number().default(0) }).optional(),
});

const httpRule = z.object({
  name: z.string().optional(),
  match: z.array(match).default([]),
  route: z.array(destination).optional(),
  redirect: z.object({ redirectCode: z.int().optional() }).optional(),
  directResponse: z.object({ status: z.int() }).optional(),
  delegate: z.object({ name: z.string(), namespace: z.string().optional() }).optional(),
  fault: z.object({ abort: abort.optional() }).optional().catch(undefined),
});

const connectionMatch = z.object({
  port: portNumber.optional(),
  sourceLabels: labels.optional(),
  sourceNamespace: z.string().optional(),
  gateways: z.array(z.string()).optional(),
  sniHosts: z.array(z.string()).optional(),
  destinationSubnets: z.array(z.string()).optional(),
});

const connectionRule = z.object({
  match: z.array(connectionMatch).default([]),
  route: z.array(destination).default([]),
});

const virtualService = z.object({
  metadata,
  spec: z.object({
    hosts: names,
    gateways: names,
    exportTo: names,
    http: z.array(httpRule).default([]),
    tcp: z.array(connectionRule).default([]),
    tls: z.array(connectionRule).default([]),
  }),
});

export function readVirtualService(object: unknown): VirtualService | undefined {
  const read = virtualService.safeParse(object).data;
  if (read === undefined) return undefined;
  const { namespace, name, creationTimestamp: createdAt } = read.metadata;
  const { hosts, gateways, exportTo, http, tcp, tls } = read.spec;
  return {
    kind: 'VirtualService',
    namespace,
    name,
    createdAt,
    hosts,
    gateways,
    exportTo,
    http: http.map(toHttpRule),
    tcp: tcp.map(toConnectionRule),
    tls: tls.map(toConnectionRule),
  };
}

/** gRPC says in a header what went wrong. */
const okStatus = 200;

function toHttpRule({ name, match: written, fault, ...rule }: z.infer<typeof httpRule>): HttpRule {
  const { httpStatus, grpcStatus, percentage } = fault?.abort ?? {};
  const status = httpStatus ?? (grpcStatus === undefined ? undefined : okStatus);
  const percent = percentage?.value ?? 0;
  return {
    name,
    matches: written.map(toMatch),
    action: toAction(rule),
    abort: status === undefined || percent <= 0 ? undefined : { status, percent },
  };
}

function toAction({
  route,
  redirect,
  directResponse,
  delegate,
}: Omit<z.infer<typeof httpRule>, 'name' | 'match' | 'fault'>): Action {
  if (redirect !== undefined) return { kind: 'redirect', status: redirect.redirectCode ?? 301 };
  if (directResponse !== undefined) return { kind: 'answer', status: directResponse.status };
  if (delegate !== undefined) return { kind: 'delegate', ...delegate };
  return route === undefined ? { kind: 'none' } : { kind: 'route', destinations: route.map(toDestination) };
}

function toConnectionRule({ match: matches, route }: z.infer<typeof connectionRule>): ConnectionRule {
  return { matches, destinations: route.map(toDestination) };
}

function toDestination({ destination: { host, subset, port }, weight }: z.infer<typeof destination>): Destination {
  return { host, subset: subset === '' ? undefined : subset, port: port?.number, weight };
}

function toMatch(written: Written): Match {
  const { name, uri, scheme, method, authority, port, sourceLabels, sourceNamespace, gateways } = written;
  return {
    name,
    uri: uri && stringMatch(uri),
    ignoreUriCase: written['ignoreUriCase'] === true,
    scheme: scheme && stringMatch(scheme),
    method: method && stringMatch(method),
    authority: authority && stringMatch(authority),
    headers: each(written.headers),
    withoutHeaders: each(written.withoutHeaders),
    queryParams: each(written.queryParams),
    port,
    sourceLabels,
    sourceNamespace,
    gateways,
  };
}

function each(written: Written['headers']): StringMatches | undefined {
  return written && Object.fromEntries(Object.entries(written).map(([name, value]) => [name, stringMatch(value)]));
}
