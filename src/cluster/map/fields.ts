import { z } from 'zod';
import type { StringMatch } from '../../domain/map/objects.ts';
import { identity, marks } from '../kinds/kind.ts';

/** What is read of the metadata of every object. */
export const metadata = z.object({
  ...identity,
  namespace: identity.namespace.default('default'),
  creationTimestamp: z.string().default(''),
  labels: marks.optional(),
  annotations: marks.optional(),
});

export const names = z.array(z.string()).default([]);

export const labels = z.record(z.string(), z.string());

export const portNumber = z.int().min(0).max(65_535);

/** An empty match asks for a value, whatever it is. */
export function stringMatch(match: {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  readonly regex?: string | undefined;
}): StringMatch {
  if (match.exact !== undefined) return { by: 'exact', value: match.exact };
  if (match.prefix !== undefined) return { by: 'prefix', value: match.prefix };
  return match.regex === undefined ? { by: 'present' } : { by: 'regex', value: match.regex };
}
