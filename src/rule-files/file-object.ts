import { z } from 'zod';
import { groupOf, type WrittenKind, writtenKinds } from '../domain/routing/object.ts';
import { nearest } from '../domain/text/nearest.ts';
import { fault } from '../yaml/faults.ts';
import type { Fault, Path, ReadYaml } from '../yaml/read-yaml.ts';
import { wants } from './fields.ts';

/** One object of a file, and where its parts are. */
export interface FileObject extends Pick<ReadYaml, 'value' | 'at' | 'atKey'> {
  readonly line: number;
}

/** The objects of one document: several if it is a List (as `kubectl get -o yaml` prints), none if it is empty. */
export function objectsIn(document: ReadYaml): readonly FileObject[] {
  if (document.value === null || document.value === undefined) return [];
  const list = listOfObjects.safeParse(document.value);
  if (!list.success) return [placed(document, document.value, [])];
  return list.data.items.map((item, at) => placed(document, item, ['items', at]));
}

const listOfObjects = z.looseObject({
  apiVersion: z
    .string()
    .regex(/^(v1|(networking\.istio|config\.istio|gateway\.networking\.k8s|consul\.hashicorp)\.(io|com)\/[a-z0-9]+)$/),
  kind: z.string().regex(/^([A-Z][A-Za-z]*)?List$/),
  items: z.array(z.unknown()),
});

function placed(document: ReadYaml, value: unknown, base: Path): FileObject {
  return {
    value,
    line: document.at(base).line,
    at: (path) => document.at([...base, ...path]),
    atKey: (path) => document.atKey([...base, ...path]),
  };
}

/** What an object is: a manifest of today, a RouteRule of 2017, or nothing that a rule file may contain. */
export type Classified =
  | { readonly kind: 'manifest'; readonly of: WrittenKind }
  | { readonly kind: 'route-rule'; readonly format: 1 | 2 }
  /** A kind from the time of RouteRules that Istio no longer knows. */
  | { readonly kind: 'bygone'; readonly of: string; readonly name: string }
  | { readonly kind: 'unknown'; readonly faults: readonly Fault[] };

const head = z.looseObject(
  {
    apiVersion: z.string(wants('`apiVersion: networking.istio.io/v1`')).min(1),
    kind: z.string(wants('`kind: VirtualService`')).min(1),
  },
  wants('an object: `apiVersion:`, `kind:`, `metadata:` and `spec:`'),
);
const oldest = z.looseObject({ type: z.string(), kind: z.undefined().optional() });
const named = z.looseObject({ name: z.string() });

/** The versions that a kind may be written in, the one that we advise first. Their specs mean the same. */
function versionsOf(kind: WrittenKind): readonly [string, ...string[]] {
  const group = groupOf(kind);
  switch (group) {
    case 'consul.hashicorp.com':
      return [`${group}/v1alpha1`];
    case 'gateway.networking.k8s.io':
      return [`${group}/v1`, `${group}/v1beta1`, `${group}/v1alpha3`, `${group}/v1alpha2`];
    default:
      return [`${group}/v1`, `${group}/v1beta1`, `${group}/v1alpha3`];
  }
}

const bygone = 'config.istio.io/v1alpha2';
/** Types of the format that Istio read before it had kinds. */
const oldestTypes = ['route-rule', 'destination-policy', 'ingress-rule'];

export function classify(object: FileObject): Classified {
  const old = oldest.safeParse(object.value);
  if (old.success && oldestTypes.includes(old.data.type))
    return old.data.type === 'route-rule'
      ? { kind: 'route-rule', format: 1 }
      : { kind: 'bygone', of: old.data.type, name: nameIn(old.data['spec']) };

  const read = head.safeParse(object.value);
  if (!read.success)
    return { kind: 'unknown', faults: read.error.issues.map(({ path, message }) => toFault(object, path, message)) };
  const { apiVersion, kind, metadata } = read.data;
  if (apiVersion === bygone)
    return kind === 'RouteRule'
      ? { kind: 'route-rule', format: 2 }
      : { kind: 'bygone', of: kind, name: nameIn(metadata) };
  const known = writtenKinds.find((each) => each === kind);
  if (known === undefined) return { kind: 'unknown', faults: [unknownKind(object, kind)] };
  const [advised, ...others] = versionsOf(known);
  return [advised, ...others].includes(apiVersion)
    ? { kind: 'manifest', of: known }
    : { kind: 'unknown', faults: [unknownVersion(object, apiVersion, advised)] };
}

function unknownKind(object: FileObject, kind: string): Fault {
  const near = nearest(kind, writtenKinds);
  const meant = near === undefined ? '' : `; did you mean \`${near}\`?`;
  const what = kind.endsWith('List') ? 'a list inside a list' : `\`${kind.slice(0, 63)}\``;
  return toFault(
    object,
    ['kind'],
    `${what} is not allowed: rule files contain ${writtenKinds.slice(0, -1).join(', ')} and ${writtenKinds.at(-1)}${meant}`,
  );
}

function unknownVersion(object: FileObject, apiVersion: string, advised: string): Fault {
  return toFault(object, ['apiVersion'], `\`${apiVersion.slice(0, 63)}\` is not known: write \`${advised}\``);
}

function toFault(object: FileObject, path: Path, message: string): Fault {
  return fault(object.at(path), path.length === 0 ? message : `${path.join('.')}: ${message}`);
}

function nameIn(value: unknown): string {
  const read = named.safeParse(value);
  return read.success ? read.data.name.slice(0, 63) : 'without a name';
}
