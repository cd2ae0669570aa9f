import { z } from 'zod';
import { GoJsonReader, GoSyntaxError } from './go-json.ts';
import type { ResourceRequest } from './request.ts';
import { badRequest } from './status.ts';

const continueToken = z.object({ v: z.literal('meta.k8s.io/v1'), rv: z.int(), start: z.string() });

/** The continue token for the page after `lastKey`, of the list at this resourceVersion. */
export function writeContinue({ namespace }: ResourceRequest, version: number, lastKey: string): string {
  const start = `${lastKey.slice(namespace.length).replace(/^\/?/, '/')}\u0000`;
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start })).toString('base64url');
}

/** The resourceVersion and the first key in a continue token. */
export function parseContinue(
  { namespace }: ResourceRequest,
  token: string,
): { readonly version: number; readonly start: string } {
  const text = Buffer.from(token, 'base64url').toString();
  const parsed = continueToken.safeParse(parse(text));
  if (!parsed.success) throw notValid('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  const { rv, start } = parsed.data;
  return { version: rv, start: namespace === '' ? start.slice(1) : namespace + start };
}

function parse(text: string): unknown {
  try {
    new GoJsonReader(text).duplicates();
  } catch (cause) {
    if (cause instanceof GoSyntaxError) throw notValid(cause.message);
    throw cause;
  }
  return JSON.parse(text);
}

function notValid(why: string): Error {
  return badRequest(`invalid continue token: continue key is not valid: ${why}`);
}
