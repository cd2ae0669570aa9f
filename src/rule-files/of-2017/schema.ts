import { z } from 'zod';
import { isHost, isLabel } from '../../domain/routing/names.ts';
import { quoted } from '../words.ts';

/** What to write, and nothing more about a value that is wrong in this way. */
export function wants(what: string) {
  return {
    abort: true,
    error: ({ input }: { readonly input?: unknown }) =>
      input === undefined || input === null ? `is missing: write ${what}` : `write ${what}`,
  };
}

/** Text; what YAML reads as a number is told so. */
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
  only('a name has lower-case letters, digits, dashes and dots, and begins and ends with a letter or a digit'),
);
export const namespaceName = text('a namespace').refine(
  isLabel,
  only('a namespace has lower-case letters, digits and dashes, and begins and ends with a letter or a digit'),
);
const subsetName = text('the name of a subset, like `v1`').refine(
  isLabel,
  only('a subset is named in lower-case letters, digits and dashes, as in `v1-0`'),
);
const host = text('a host, like `reviews`').min(1, only('write a host, like `reviews`'));
export const texts = z.record(z.string(), text('a text'), wants('a name and a text for each'));

/** What an exported object says of its life so far; none of it is written again. */
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
  wants('`metadata:` and below it `name:`'),
);

const destination = z.looseObject(
  { host, subset: subsetName.optional() },
  wants('a destination with its `host`, like `{ host: reviews, subset: v1 }`'),
);

const wholeWeight = wants('a whole number from 0 on, without quotes or a percent sign');
const rules = z
  .array(
    z.looseObject(
      {
        match: z.array(z.unknown(), wants('a list: each condition begins with a dash')).optional(),
        route: z
          .array(
            z.looseObject(
              { destination, weight: z.int32(wholeWeight).min(0, wholeWeight).optional() },
              wants('`destination:` and `weight:`'),
            ),
            wants('a list of destinations: each begins with a dash'),
          )
          .optional(),
      },
      wants('what to match and where to route it'),
    ),
    wants('a list of rules: each begins with a dash'),
  )
  .optional();

/** What people get wrong, told with its line; all else is for the API server and istiod to judge. */
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
  { host, subsets: z.array(subset, wants('a list of subsets: each begins with a dash')).optional() },
  wants('`host:` and `subsets:`'),
);

const head = { apiVersion: z.string(), metadata, status: z.unknown().optional() };

export const manifestSchemas = {
  VirtualService: z.strictObject({ ...head, kind: z.literal('VirtualService'), spec: virtualServiceSpec }),
  DestinationRule: z.strictObject({ ...head, kind: z.literal('DestinationRule'), spec: destinationRuleSpec }),
};

/** What a misspelt key may have been meant to be. */
export const knownKeys = ['apiVersion', 'kind', 'metadata', 'spec', 'name', 'namespace', 'labels', 'annotations'];
