import { z } from 'zod';
import { isHost, isLabel } from '../domain/routing/names.ts';
import { quoted } from './words.ts';

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
export const subsetName = text('the name of a subset, like `v1`').refine(
  isLabel,
  only('the name of a subset has lower-case letters, digits and dashes, like `v1-0`'),
);
export const host = text('a host, like `reviews`').min(1, only('write a host, like `reviews`'));
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
