import { z } from 'zod';
import { isHost, isLabel } from '../../domain/routing/names.ts';
import { quoted } from '../words.ts';

/** Says what to write. Stops further checks of the value. */
export function wants(what: string) {
  return {
    abort: true,
    error: ({ input }: { readonly input?: unknown }) =>
      input === undefined || input === null ? `is missing: write ${what}` : `write ${what}`,
  };
}

/** Text. A number or a boolean gets the advice to use quotes. */
export function text(what: string) {
  const wanted = wants(what);
  return z.string({
    error: ({ input }) =>
      typeof input === 'number' || typeof input === 'boolean' ? quoted(input) : wanted.error({ input }),
  });
}

export function only(error: string) {
  return { abort: true, error };
}

export const objectName = text('the name of the object').refine(
  isHost,
  only('a name has lower-case letters, digits, dashes and dots, and starts and ends with a letter or a digit'),
);
export const namespaceName = text('a namespace').refine(
  isLabel,
  only('a namespace has lower-case letters, digits and dashes, and starts and ends with a letter or a digit'),
);
const subsetName = text('the name of a subset, like `v1`').refine(
  isLabel,
  only('the name of a subset has lower-case letters, digits and dashes, like `v1-0`'),
);
const host = text('a host, like `reviews`').min(1, only('write a host, like `reviews`'));
export const texts = z.record(z.string(), text('a text'), wants('a name with text for each'));

/** Metadata that the API server manages. An exported object has it; we never write it. */
const leftOut = [
  ...['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink', 'ownerReferences'],
  ...['finalizers', 'generateName', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'clusterName'],
] as const;

export const metadata = z.strictObject(
  {
    name: objectName,
    namespace: namespaceName.nullish(),
    labels: texts.nullish(),
    annotations: texts.nullish(),
    ...Object.fromEntries(leftOut.map((key) => [key, z.unknown().optional()])),
  },
  wants('`metadata:` with `name:` below it'),
);

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

/** Checks only what people often get wrong, so that they are told the line. The API server and istiod check the rest. */
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

const head = { apiVersion: z.string(), metadata, status: z.unknown().optional() };

export const manifestSchemas = {
  VirtualService: z.strictObject({ ...head, kind: z.literal('VirtualService'), spec: virtualServiceSpec }),
  DestinationRule: z.strictObject({ ...head, kind: z.literal('DestinationRule'), spec: destinationRuleSpec }),
};

/** Keys to suggest for a misspelt one. */
export const knownKeys = ['apiVersion', 'kind', 'metadata', 'spec', 'name', 'namespace', 'labels', 'annotations'];
