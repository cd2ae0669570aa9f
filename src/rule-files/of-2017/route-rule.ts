import { z } from 'zod';
import { schemaFaults } from '../../yaml/faults.ts';
import { metadata, namespaceName, objectName, only, text, texts, wants } from '../fields.ts';
import type { FileObject } from '../file-object.ts';
import type { Read } from '../manifest.ts';

/** A rule of 2017. Both of its formats are read into this. */
export interface RouteRule {
  readonly kind: 'RouteRule';
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly spec: RouteRuleSpec;
  readonly object: FileObject;
}

/** A service is given by name, or by `service`, which is its whole host. */
const service = z.strictObject(
  {
    name: text('the name of a service').optional(),
    namespace: namespaceName.optional(),
    domain: text('a domain').optional(),
    service: text('the host of a service').optional(),
    labels: texts.optional(),
  },
  wants('a service, like `name: reviews`'),
);
export type Service = z.infer<typeof service>;

const destination = service.refine(
  ({ name, service: host }) => (name ?? host ?? '') !== '',
  only('is missing: write the name of a service, like `name: reviews`'),
);

const stringMatch = z
  .union(
    [
      z.string().transform((exact) => ({ exact })),
      z.strictObject({
        exact: text('a text').optional(),
        prefix: text('a text').optional(),
        regex: text('a text').optional(),
      }),
    ],
    wants('`exact:`, `prefix:` or `regex:` with text'),
  )
  .refine((match) => Object.keys(match).length === 1, only('write one of `exact:`, `prefix:` and `regex:`'));
const headers = z.record(z.string(), stringMatch, wants('a name with what to match for each'));

const match = z.strictObject(
  {
    source: service.optional(),
    request: z.strictObject({ headers: headers.optional() }, wants('`headers:`')).optional(),
    tcp: z.unknown().optional(),
    udp: z.unknown().optional(),
  },
  wants('`source:` or `request:`'),
);

const percent = z
  .number(wants('a number from 0 to 100'))
  .min(0, wants('a number from 0 to 100'))
  .max(100, wants('a number from 0 to 100'));
const weight = z
  .int(wants('a whole number from 0 to 100'))
  .min(0, wants('a whole number from 0 to 100'))
  .max(100, wants('a whole number from 0 to 100'));
const wholeNumber = z.int32(wants('a whole number'));
const duration = text('a number and its unit, like `10s`');
const aside = { overrideHeaderName: z.unknown().optional() };

const common = {
  precedence: wholeNumber.default(0),
  rewrite: z.strictObject({ uri: text('a path').optional(), authority: text('a host').optional() }).optional(),
  redirect: z.strictObject({ uri: text('a path').optional(), authority: text('a host').optional() }).optional(),
  httpReqTimeout: z
    .strictObject({
      simpleTimeout: z.strictObject({ timeout: duration, ...aside }).optional(),
      custom: z.unknown().optional(),
    })
    .optional(),
  httpReqRetries: z
    .strictObject({
      simpleRetry: z.strictObject({ attempts: wholeNumber, perTryTimeout: duration.optional(), ...aside }).optional(),
      custom: z.unknown().optional(),
    })
    .optional(),
  httpFault: z
    .strictObject({
      delay: z
        .strictObject({
          percent: percent.optional(),
          fixedDelay: duration.optional(),
          exponentialDelay: z.unknown().optional(),
          ...aside,
        })
        .optional(),
      abort: z
        .strictObject({
          percent: percent.optional(),
          httpStatus: wholeNumber.optional(),
          grpcStatus: z.unknown().optional(),
          http2Error: z.unknown().optional(),
          ...aside,
        })
        .optional(),
    })
    .optional(),
  l4Fault: z.unknown().optional(),
  /** Only in the first format. */
  ingress: z.unknown().optional(),
};

const list = z.array(text('a text'), wants('a list')).optional();
const spec = z.strictObject(
  {
    ...common,
    destination: destination,
    match: match.optional(),
    route: z
      .array(
        z.strictObject(
          { destination: destination.optional(), labels: texts.default({}), weight: weight.optional() },
          wants('`labels:` and `weight:`'),
        ),
        wants('a list: each destination starts with a dash'),
      )
      .default([]),
    websocketUpgrade: z.boolean(wants('`true` or `false`')).optional(),
    mirror: destination.optional(),
    corsPolicy: z
      .strictObject({
        allowOrigin: list,
        allowMethods: list,
        allowHeaders: list,
        exposeHeaders: list,
        maxAge: duration.optional(),
        allowCredentials: z.boolean(wants('`true` or `false`')).optional(),
      })
      .optional(),
    appendHeaders: texts.optional(),
  },
  wants('`destination:` and `route:`'),
);
export type RouteRuleSpec = z.infer<typeof spec>;

const second = z.strictObject({ apiVersion: z.string(), kind: z.literal('RouteRule'), metadata, spec });

const hostName = text('the host of a service').transform((host) => ({ service: host }));
/** The format from before it was a Kubernetes object. */
const first = z.strictObject({
  type: z.literal('route-rule'),
  name: objectName.optional(),
  spec: z.strictObject(
    {
      ...common,
      name: objectName.optional(),
      namespace: namespaceName.optional(),
      destination: hostName,
      match: z
        .strictObject({
          source: hostName.optional(),
          sourceTags: texts.optional(),
          httpHeaders: headers.optional(),
          tcp: z.unknown().optional(),
          udp: z.unknown().optional(),
        })
        .transform(({ source, sourceTags, httpHeaders, ...others }) => ({
          ...others,
          source: { ...source, labels: sourceTags },
          request: { headers: httpHeaders },
        }))
        .optional(),
      route: z
        .array(
          z
            .strictObject(
              { destination: hostName.optional(), tags: texts.default({}), weight: weight.optional() },
              wants('`tags:` and `weight:`'),
            )
            .transform(({ tags, ...others }) => ({ ...others, labels: tags })),
          wants('a list: each destination starts with a dash'),
        )
        .default([]),
    },
    wants('`destination:` and `route:`'),
  ),
});

const keys = [
  ...['destination', 'precedence', 'match', 'source', 'sourceTags', 'request', 'headers', 'httpHeaders', 'route'],
  ...['labels', 'tags', 'weight', 'redirect', 'rewrite', 'mirror', 'corsPolicy', 'appendHeaders', 'websocketUpgrade'],
  ...['httpReqTimeout', 'simpleTimeout', 'timeout', 'httpReqRetries', 'simpleRetry', 'attempts', 'perTryTimeout'],
  ...['httpFault', 'delay', 'abort', 'percent', 'fixedDelay', 'httpStatus', 'name', 'namespace', 'metadata', 'spec'],
];

/** Reads a rule in the first format (`type: route-rule`) or in the second (`kind: RouteRule`). */
export function readRouteRule(object: FileObject, format: 1 | 2): Read<RouteRule> {
  const read = format === 1 ? readFirst(object) : readSecond(object);
  return read.success
    ? { ok: true, value: { ...read.data, kind: 'RouteRule', object } }
    : { ok: false, faults: schemaFaults(read.error.issues, object, keys) };
}

function readFirst({ value, line }: FileObject) {
  return first
    .transform(({ name, spec: { name: own, namespace, ...others } }) => ({
      name: own ?? name ?? `of line ${line}`,
      namespace,
      spec: others,
    }))
    .safeParse(value);
}

function readSecond({ value }: FileObject) {
  return second
    .transform(({ metadata: { name, namespace }, spec: all }) => ({
      name,
      namespace: namespace ?? undefined,
      spec: all,
    }))
    .safeParse(value);
}
