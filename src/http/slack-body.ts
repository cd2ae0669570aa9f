import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { parse } from 'node:querystring';

export type BodyType = 'application/json' | 'application/x-www-form-urlencoded';

export type Body =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'too-slow' }
  | { readonly kind: 'cut-off' };

/** Slack's own payloads are less than half as deep. */
const deepest = 50;

/** Reads at most `largest` bytes for at most `timeoutMs`. The rest stays unread. */
export function readBody(
  request: IncomingMessage,
  { largest, timeoutMs }: { readonly largest: number; readonly timeoutMs: number },
): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (body: Body) => {
      clearTimeout(timer);
      request.pause();
      resolve(body);
    };
    const timer = setTimeout(() => end({ kind: 'too-slow' }), timeoutMs);
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > largest) end({ kind: 'too-large' });
      else chunks.push(chunk);
    });
    request.once('end', () => end({ kind: 'whole', bytes: Buffer.concat(chunks) }));
    request.on('error', () => end({ kind: 'cut-off' })); // a connection that the client closed raises this
    request.once('close', () => end({ kind: 'cut-off' }));
  });
}

/**
 * Why a verified body is refused; the text quotes nothing of it. Undefined when the body is one object of its type, each form field occurs
 * once, and no key can reach a prototype. It uses the same parsers as the receiver behind it.
 */
export function bodyProblem(bytes: Buffer, type: BodyType): string | undefined {
  if (!isUtf8(bytes)) return 'the body is not UTF-8';
  const text = bytes.toString();
  return type === 'application/json' ? jsonProblem(text, 'the body') : formProblem(text);
}

function formProblem(text: string): string | undefined {
  const fields = Object.entries(parse(text));
  if (fields.some(([, value]) => typeof value !== 'string')) return 'a field occurs twice';
  if (fields.some(([name]) => /^(__proto__|constructor)($|[.[])/.test(name))) return reachesPrototype;
  const [, payload] = fields.find(([name]) => name === 'payload') ?? [];
  if (typeof payload === 'string') return jsonProblem(payload, 'the payload');
  const known = fields.some(([name]) => name === 'command' || name === 'ssl_check');
  return known ? undefined : 'the form is neither a command nor a payload';
}

const reachesPrototype = 'a field names a prototype';

function jsonProblem(text: string, what: string): string | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${what} is not a JSON object`;
  return problemIn(value, 1);
}

function problemIn(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > deepest) return 'the fields are nested too deeply';
  for (const [name, field] of Object.entries(value)) {
    if (name === '__proto__' || (name === 'constructor' && hasPrototype(field))) return reachesPrototype;
    const problem = problemIn(field, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function hasPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON text parses to undefined; the parser's own message would quote the body
  }
}
