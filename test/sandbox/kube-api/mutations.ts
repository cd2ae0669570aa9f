import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { KINDS } from '../../../src/sandbox/kube-api/kinds.ts';
import { isObject } from '../../../src/sandbox/kube-api/object.ts';
import type { Schema } from '../../../src/sandbox/kube-api/schema.ts';
import type { Random } from '../../chaos/random.ts';

/** An object that is valid, or wrong in a few places. */
export interface Mutant {
  readonly plural: string;
  readonly object: object;
}

type Node = Record<string, unknown> | unknown[];
type Pick = readonly [unknown, ...unknown[]];

const WRONG: Pick = [
  ...([null, '', 'x', '50', 'a b', '1s', '0s', 'ten', '*', 0, -1, 1, 100, 101, 1.5, 2 ** 31, 2 ** 32, 1e20] as const),
  ...([true, false, [], {}, [null], [''], [1], { x: 1 }, { value: 'x' }, 'SIMPLE', 'UPGRADE', 'v1'] as const),
];
const TEXTS: Pick = ['a', 'reviews', 'v1', '', '1s', '250ms', '0.5ms', '1d', 'HTTP', 'x'.repeat(70), 'é', '10.0.0.1'];
const NUMBERS: Pick = [0, 1, 50, 100, -1, 599, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 0.5, 100.5];
const NAMES: Pick = ['a', 'end-user', 'b*', '', 'x'.repeat(70), 'é'];
const DEEPEST = 7;
const ISTIO = [
  'virtualservices',
  'virtualservices',
  'destinationrules',
  'gateways',
  'serviceentries',
  'sidecars',
] as const;
const ROUTES = ['httproutes', 'grpcroutes', 'tcproutes', 'tlsroutes'] as const;

const bookinfo = resolve('manifests/bookinfo');
const files = readdirSync(bookinfo).flatMap((file) =>
  parseAllDocuments(readFileSync(join(bookinfo, file), 'utf8')).map((document): unknown => document.toJS()),
);

/** One of Bookinfo's objects with a few random changes, or a random object made from its schema. */
export function mutant(random: Random): Mutant {
  const plurals = [...ISTIO, ...ROUTES] as const;
  const isMadeUp = random.chance(0.5);
  const made = isMadeUp ? madeUp(random, random.pick(plurals)) : structuredClone(anyOf(random, files));
  const object = isObject(made) ? { ...made, metadata: { name: 'mutant' } } : {};
  const spec: unknown = Reflect.get(object, 'spec');
  const changes = isMadeUp ? random.between(0, 1) : random.between(1, 3);
  for (let change = 0; change < changes && typeof spec === 'object' && spec !== null; change += 1) {
    mutate(random, spec as Node); // JSON and YAML make nothing else
  }
  const kind = KINDS.find((one) => one.kind === Reflect.get(object, 'kind'));
  return { plural: kind?.plural ?? '', object };
}

function wrong(random: Random): unknown {
  return structuredClone(random.pick(WRONG));
}

function anyOf(random: Random, list: readonly unknown[]): unknown {
  return list[random.between(0, list.length - 1)];
}

function madeUp(random: Random, plural: string): object {
  const kind = KINDS.find((one) => one.plural === plural && one.schema !== undefined);
  const spec = kind?.schema?.properties['spec'];
  if (kind === undefined || spec === undefined) throw new Error(`no schema for ${plural}`);
  return { apiVersion: `${kind.group}/${kind.versions[0]}`, kind: kind.kind, spec: madeOf(random, spec, 0) };
}

/** A random value that mostly follows the schema. */
function madeOf(random: Random, schema: Schema, depth: number): unknown {
  if (random.chance(0.03)) return wrong(random);
  const next = () => depth + 1;
  switch (schema.type) {
    case 'object': {
      const names = Object.keys(schema.properties);
      const share = depth > DEEPEST ? 0 : Math.min(1, 3 / names.length);
      const wanted = names.filter((name) => random.chance(schema.required?.includes(name) ? 0.9 : share));
      const entries = wanted.flatMap((name) => {
        const property = schema.properties[name];
        return property === undefined ? [] : [[name, madeOf(random, property, next())]];
      });
      return Object.fromEntries(random.chance(0.03) ? [...entries, ['bogus', 1]] : entries);
    }
    case 'map':
      return Object.fromEntries(
        Array.from({ length: random.between(0, 2) }, () => [random.pick(NAMES), madeOf(random, schema.values, next())]),
      );
    case 'array':
      return Array.from({ length: random.between(0, 2) }, () => madeOf(random, schema.items, next()));
    case 'string': {
      const [first, ...rest] = schema.enum ?? [];
      return first !== undefined && random.chance(0.9) ? random.pick([first, ...rest]) : random.pick(TEXTS);
    }
    case 'boolean':
      return random.chance(0.5);
    default:
      return random.pick(NUMBERS);
  }
}

function mutate(random: Random, root: Node): void {
  const places = placesIn(root);
  const [first, ...rest] = places;
  if (first === undefined) return;
  const { node, key } = random.pick([first, ...rest]);
  switch (random.weighed({ replace: 5, remove: 2, rename: 1, add: 2, repeat: 1 })) {
    case 'replace':
      Reflect.set(node, key, wrong(random));
      return;
    case 'remove':
      if (Array.isArray(node)) node.splice(Number(key), 1);
      else Reflect.deleteProperty(node, key);
      return;
    case 'rename':
      if (Array.isArray(node)) return;
      Reflect.set(node, `${key}s`, node[key]);
      Reflect.deleteProperty(node, key);
      return;
    case 'add':
      if (Array.isArray(node)) node.push(wrong(random));
      else Reflect.set(node, String(random.pick(['timeout', 'name', 'weight', 'bogus', 'tls'])), wrong(random));
      return;
    default:
      if (Array.isArray(node)) node.push(structuredClone(node[Number(key)]));
  }
}

interface Place {
  readonly node: Node;
  readonly key: string;
}

function placesIn(node: Node): readonly Place[] {
  return Object.keys(node).flatMap((key) => {
    const value: unknown = Reflect.get(node, key);
    const below = typeof value === 'object' && value !== null ? placesIn(value as Node) : []; // JSON and YAML make nothing else
    return [{ node, key }, ...below];
  });
}
