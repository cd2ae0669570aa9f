import { z } from 'zod';
import type { WrittenKind } from '../domain/routing/object.ts';
import { host, metadata, only, subsetName, text, texts, wants } from './fields.ts';

// Checks only what people often get wrong, so that they are told the line. The API server and the webhooks check the rest.

const destination = z.looseObject(
  { host, subset: subsetName.optional() },
  wants('a destination with its `host`, like `{ host: reviews, subset: v1 }`'),
);

const wholeWeight = wants('a whole number, 0 or more, without quotes or a percent sign');
const rules = z
  .array(
    z.looseObject(
      {
        match: z.array(z.unknown(), wants('a list: each condition starts with a dash')).optional(),
        route: z
          .array(
            z.looseObject(
              { destination, weight: z.int32(wholeWeight).min(0, wholeWeight).optional() },
              wants('`destination:` and `weight:`'),
            ),
            wants('a list of destinations: each starts with a dash'),
          )
          .optional(),
      },
      wants('what to match and where to route it'),
    ),
    wants('a list of rules: each starts with a dash'),
  )
  .optional();

const virtualServiceSpec = z.looseObject(
  {
    hosts: z
      .array(host, wants('the hosts whose requests it routes, like `[reviews]`'))
      .min(1, only('write the hosts whose requests it routes, like `[reviews]`')),
    gateways: z.array(text('the name of a gateway'), wants('a list of gateways')).optional(),
    http: rules,
    tcp: rules,
    tls: rules,
  },
  wants('`hosts:` and `http:`'),
);

const subset = z.looseObject(
  { name: subsetName, labels: texts.optional() },
  wants('a name and its labels, like `{ name: v1, labels: { version: v1 } }`'),
);
const destinationRuleSpec = z.looseObject(
  { host, subsets: z.array(subset, wants('a list of subsets: each starts with a dash')).optional() },
  wants('`host:` and `subsets:`'),
);

const backendRefs = z
  .array(
    z.looseObject(
      {
        name: text('the name of a Service, like `reviews-v1`'),
        weight: z.int32(wholeWeight).min(0, wholeWeight).optional(),
      },
      wants('a Service with its port, like `{ name: reviews-v1, port: 9080 }`'),
    ),
    wants('a list of Services: each starts with a dash'),
  )
  .optional();

/** What the routes of the Gateway API have in common. */
const routeSpec = z.looseObject(
  {
    parentRefs: z
      .array(
        z.looseObject(
          { name: text('the name of what it is bound to, like `reviews`') },
          wants('what it is bound to, like `{ group: "", kind: Service, name: reviews, port: 9080 }`'),
        ),
        wants('a list of what it is bound to: each starts with a dash'),
      )
      .optional(),
    hostnames: z.array(text('a host'), wants('a list of hosts')).optional(),
    rules: z
      .array(
        z.looseObject(
          {
            matches: z.array(z.unknown(), wants('a list: each condition starts with a dash')).optional(),
            backendRefs,
          },
          wants('what to match and where to route it'),
        ),
        wants('a list of rules: each starts with a dash'),
      )
      .optional(),
  },
  wants('`parentRefs:` and `rules:`'),
);

const percent = wants('a number from 0 to 100, without quotes or a percent sign');
const hundredth = 0.01;

const serviceSplitterSpec = z.looseObject(
  {
    splits: z
      .array(
        z.looseObject(
          {
            weight: z.number(percent).min(0, percent).max(100, percent),
            service: text('the name of a service').optional(),
            serviceSubset: subsetName.optional(),
          },
          wants('`weight:` and `serviceSubset:`'),
        ),
        wants('a list of splits: each starts with a dash'),
      )
      .min(1, only('write where the requests go, like `{ weight: 100, serviceSubset: v1 }`'))
      .refine((splits) => Math.abs(splits.reduce((sum, { weight }) => sum + weight, 0) - 100) < hundredth / 2, {
        error: 'the weights must sum to 100',
      }),
  },
  wants('`splits:`'),
);

const serviceResolverSpec = z.looseObject(
  {
    subsets: z
      .record(
        subsetName,
        z.looseObject(
          { filter: text('a filter, like `Service.Meta.version == v1`').optional() },
          wants('a filter, like `{ filter: Service.Meta.version == v1 }`'),
        ),
        wants('the subsets by name'),
      )
      .optional(),
  },
  wants('`subsets:`'),
);

const specs = {
  VirtualService: virtualServiceSpec,
  DestinationRule: destinationRuleSpec,
  HTTPRoute: routeSpec,
  GRPCRoute: routeSpec,
  TCPRoute: routeSpec,
  TLSRoute: routeSpec,
  ServiceSplitter: serviceSplitterSpec,
  ServiceResolver: serviceResolverSpec,
} satisfies Readonly<Record<WrittenKind, z.ZodType>>;

/** A manifest of a kind. What it has beside the usual four parts is refused, but for the status, which is left out. */
export function manifestSchema(kind: WrittenKind) {
  return z.strictObject({
    apiVersion: z.string(),
    kind: z.literal(kind),
    metadata,
    spec: specs[kind],
    status: z.unknown().optional(),
  });
}

/** Keys to suggest for a misspelt one. */
export const knownKeys = ['apiVersion', 'kind', 'metadata', 'spec', 'name', 'namespace', 'labels', 'annotations'];
