import { z } from 'zod';
import { ledgerAnnotation } from '../domain/routing/ledger.ts';
import type { WrittenKind } from '../domain/routing/object.ts';
import type { Manifest } from '../domain/routing/rule-file.ts';
import type { JsonObject } from '../domain/text/json.ts';
import { schemaFaults } from '../yaml/faults.ts';
import type { Fault } from '../yaml/read-yaml.ts';
import type { FileObject } from './file-object.ts';
import { knownKeys, manifestSchema } from './manifest-schema.ts';

export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly Fault[] };

const json: z.ZodType<JsonObject> = z.record(z.string(), z.json());

export function readManifest(object: FileObject, kind: WrittenKind): Read<Manifest> {
  const parsed = manifestSchema(kind).safeParse(object.value);
  if (!parsed.success) return { ok: false, faults: schemaFaults(parsed.error.issues, object, knownKeys) };
  const { metadata, spec } = parsed.data;
  return {
    ok: true,
    value: {
      kind,
      name: metadata.name,
      namespace: metadata.namespace ?? undefined,
      labels: filled(metadata.labels ?? {}),
      annotations: filled(ofPeople(metadata.annotations ?? {})),
      spec: json.parse(spec),
    },
  };
}

/** Tools write their own state into these annotations. In a file it is out of date, so it is not applied. */
const ofTools = [ledgerAnnotation, 'kubectl.kubernetes.io/last-applied-configuration'];

function ofPeople(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !ofTools.includes(name)));
}

function filled(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
  return Object.keys(texts).length === 0 ? undefined : texts;
}
