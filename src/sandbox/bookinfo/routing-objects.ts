import { z } from 'zod';
import { resolveHost } from '../../domain/routing/names.ts';

const stringMatch = z.object({
  exact: z.string().optional(),
  prefix: z.string().optional(),
  regex: z.string().optional(),
});
export type StringMatch = z.infer<typeof stringMatch>;

/** Loose, so that conditions we do not know stay visible: a match that has one never holds. */
const httpMatch = z.looseObject({
  uri: stringMatch.optional(),
  ignoreUriCase: z.boolean().optional(),
  scheme: stringMatch.optional(),
  authority: stringMatch.optional(),
  method: stringMatch.optional(),
  headers: z.record(z.string(), stringMatch).optional(),
  withoutHeaders: z.record(z.string(), stringMatch).optional(),
  queryParams: z.record(z.string(), stringMatch).optional(),
  gateways: z.array(z.string()).optional(),
  port: z.int().optional(),
  sourceLabels: z.record(z.string(), z.string()).optional(),
  sourceNamespace: z.string().optional(),
});
export type HttpMatch = z.infer<typeof httpMatch>;

const destination = z.object({
  destination: z.object({
    host: z.string(),
    subset: z.string().optional(),
    port: z.object({ number: z.int().optional() }).optional(),
  }),
  weight: z.number().default(0),
});
export type Destination = z.infer<typeof destination>;

/** `percent` is the older field. Without either field, no request is affected (istio `translateFault`). */
const share = { percentage: z.object({ value: z.number().default(0) }).optional(), percent: z.number().optional() };
const fault = z.object({
  abort: z.object({ ...share, httpStatus: z.int().min(200).max(599).optional() }).optional(),
  delay: z.object({ ...share, fixedDelay: z.string().optional() }).optional(),
});
export type Fault = z.infer<typeof fault>;

const httpRule = z.object({
  match: z.array(httpMatch).default([]),
  route: z.array(destination).default([]),
  redirect: z
    .object({ uri: z.string().optional(), authority: z.string().optional(), redirectCode: z.int().default(301) })
    .optional(),
  directResponse: z
    .object({ status: z.int().min(200).max(599), body: z.object({ string: z.string().optional() }).optional() })
    .optional(),
  rewrite: z
    .object({
      uri: z.string().optional(),
      uriRegexRewrite: z.object({ match: z.string().default(''), rewrite: z.string().default('') }).optional(),
    })
    .optional(),
  timeout: z.string().optional(),
  fault: fault.optional(),
});
export type HttpRule = z.infer<typeof httpRule>;

const metadata = z.object({ name: z.string(), namespace: z.string(), creationTimestamp: z.string().default('') });

const virtualService = z.object({
  metadata,
  spec: z.object({
    hosts: z.array(z.string()).default([]),
    gateways: z.array(z.string()).default(['mesh']),
    http: z.array(httpRule).default([]),
  }),
});

const destinationRule = z.object({
  metadata,
  spec: z.object({
    host: z.string(),
    subsets: z.array(z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) })).default([]),
  }),
});

/** A VirtualService as a proxy uses it: its hosts are resolved, everything else is as in the object. */
export interface VirtualService {
  readonly name: string;
  readonly namespace: string;
  readonly createdAt: string;
  readonly hosts: readonly string[];
  readonly gateways: readonly string[];
  readonly http: readonly HttpRule[];
}

export interface DestinationRule {
  readonly name: string;
  readonly createdAt: string;
  readonly host: string;
  readonly subsets: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
}

/** Throws for an object that the CRD would refuse. */
export function readVirtualService(object: unknown): VirtualService {
  const { metadata, spec } = virtualService.parse(object);
  const { name, namespace, creationTimestamp: createdAt } = metadata;
  return { ...spec, name, namespace, createdAt, hosts: spec.hosts.map((host) => resolveHost(host, namespace)) };
}

export function readDestinationRule(object: unknown): DestinationRule {
  const { metadata, spec } = destinationRule.parse(object);
  const { name, namespace, creationTimestamp: createdAt } = metadata;
  return { name, createdAt, host: resolveHost(spec.host, namespace), subsets: spec.subsets };
}

/** Of several objects for one host, the oldest counts; of equally old ones, the first by name (istio `sortConfigByCreationTime`). */
export function byAge(
  one: { readonly createdAt: string; readonly name: string },
  other: { readonly createdAt: string; readonly name: string },
): number {
  return one.createdAt.localeCompare(other.createdAt) || one.name.localeCompare(other.name);
}
