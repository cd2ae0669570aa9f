import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { KINDS } from '../../../../src/sandbox/kube-api/kinds.ts';
import { type Answer, ourWorld, type World } from '../world.ts';

const recordedVerdict = z.object({
  name: z.string(),
  object: z.looseObject({ apiVersion: z.string(), kind: z.string() }),
  allowed: z.boolean(),
  /** What kubectl said. For an object that was allowed: its warnings. */
  message: z.string(),
});
type Recorded = z.infer<typeof recordedVerdict>;

function recorded(file: string): readonly Recorded[] {
  const lines = readFileSync(join(import.meta.dirname, file), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => recordedVerdict.parse(JSON.parse(line)));
}

describe("the sandbox's API server answers like one with istiod's webhook", () => {
  let world: World;
  beforeAll(async () => {
    world = await ourWorld();
  });
  afterAll(async () => {
    await world.end();
  });

  // An API server with Istio's and the Gateway API's CRDs and the webhook of istiod 1.31.0-rc.0.
  it.each(recorded('webhook.jsonl'))('$name', agrees);

  // istiod's validation alone, as of August 2026: each of its rules about these kinds, for objects that the CRDs accept.
  it.each(recorded('validation.jsonl'))('$name', agrees);

  async function agrees({ object, allowed, message }: Recorded): Promise<void> {
    const answer = await world.ask('POST', pathFor(object), { body: object });

    expect({ allowed: answer.status === 201, message: asKubectlSays(answer) }).toEqual({ allowed, message });
  }
});

/** A dry run, with the field validation that kubectl asks for. */
function pathFor({ apiVersion, kind }: Recorded['object']): string {
  const served = KINDS.find((one) => one.kind === kind && apiVersion.startsWith(`${one.group}/`));
  if (served === undefined) throw new Error(`${apiVersion} ${kind} is not served`);
  return `/apis/${apiVersion}/namespaces/default/${served.plural}?dryRun=All&fieldValidation=Strict`;
}

const status = z.object({
  message: z.string(),
  reason: z.string().optional(),
  details: z
    .object({
      name: z.string(),
      kind: z.string(),
      causes: z.array(z.object({ field: z.string(), message: z.string() })),
    })
    .optional()
    .catch(undefined),
});

/** kubectl writes an invalid object's causes anew. Everything else it shows as the server says it. */
function asKubectlSays({ status: code, headers, body }: Answer): string {
  if (code === 201)
    return warningsIn(headers['warning'])
      .map((text) => `Warning: ${text}`)
      .join('\n');
  const { message, reason, details } = status.parse(body);
  if (reason !== 'Invalid' || details === undefined) return message.trimEnd();
  const causes = [...new Set(details.causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const list = causes.length === 1 ? causes.join() : causes.map((cause) => `\n* ${cause}`).join('');
  return `The ${details.kind} "${details.name}" is invalid: ${list}`;
}

/** The texts of `Warning` headers: `299 - "text"`. */
function warningsIn(header: string | string[] | undefined): readonly string[] {
  return [header ?? []]
    .flat()
    .flatMap((value) =>
      [...value.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replace(/\\(.)/g, '$1')),
    );
}
