import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { applyPatch } from 'rfc6902';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

export const manifests = resolve(import.meta.dirname, '../../manifests');

const object = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
export type KubernetesObject = z.infer<typeof object>;

const kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  namespace: z.string().optional(),
  resources: z.array(z.string()),
  images: z.array(z.strictObject({ name: z.string(), newName: z.string(), newTag: z.string() })).default([]),
  configMapGenerator: z.array(z.strictObject({ name: z.string(), literals: z.array(z.string()) })).default([]),
  patches: z
    .array(z.strictObject({ target: z.strictObject({ kind: z.string(), name: z.string() }), patch: z.string() }))
    .default([]),
});

/** The documents of a YAML file. */
export function readObjects(file: string): readonly KubernetesObject[] {
  return toObjects(readFileSync(file, 'utf8'));
}

export function toObjects(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    return object.parse(document.toJS());
  });
}

/**
 * Renders our kustomizations, as far as they use kustomize's features, so that tests need no kubectl. Image names stay unchanged, and
 * generated names get no hash. If kubectl is installed, a test compares the results.
 */
export function render(folder: string): readonly KubernetesObject[] {
  const { namespace, resources, configMapGenerator, patches } = readKustomization(folder);
  const read = resources.map((resource) => join(folder, resource));
  const objects = read.flatMap((path) => (statSync(path).isDirectory() ? render(path) : readObjects(path)));
  const made = configMapGenerator.map(({ name, literals }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: Object.fromEntries(literals.map(splitAtEquals)),
  }));
  const patched = [...objects, ...made].map((each) =>
    patches.filter(({ target }) => isTarget(each, target)).reduce(patchedBy, each),
  );
  return patched.map((each) => (namespace === undefined ? each : inNamespace(each, namespace)));
}

function isTarget(
  { kind, metadata }: KubernetesObject,
  target: { readonly kind: string; readonly name: string },
): boolean {
  return kind === target.kind && metadata.name === target.name;
}

/** A JSON Patch, the only kind of patch that this renders. */
function patchedBy(each: KubernetesObject, { patch }: { readonly patch: string }): KubernetesObject {
  const patched = structuredClone(each);
  for (const error of applyPatch(patched, parse(patch))) if (error !== null) throw error;
  return patched;
}

export function readKustomization(folder: string): z.infer<typeof kustomization> {
  return kustomization.parse(parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')));
}

export function inNamespace(each: KubernetesObject, namespace: string): KubernetesObject {
  return { ...each, metadata: { ...each.metadata, namespace } };
}

/** The only object of a kind. */
export function only(objects: readonly KubernetesObject[], kind: string): KubernetesObject {
  const [found, ...more] = objects.filter((each) => each.kind === kind);
  if (found === undefined || more.length > 0)
    throw new Error(`${more.length + (found ? 1 : 0)} objects of kind ${kind}`);
  return found;
}

function splitAtEquals(literal: string): [string, string] {
  const at = literal.indexOf('=');
  return [literal.slice(0, at), literal.slice(at + 1)];
}
