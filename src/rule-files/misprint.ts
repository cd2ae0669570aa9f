import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Manifest, RuleFile } from '../domain/routing/rule-file.ts';
import type { JsonObject } from '../domain/text/json.ts';
import type { FileObject } from './file-object.ts';

/** A manifest and its place in the file. */
export interface PlacedManifest {
  readonly manifest: Manifest;
  readonly object: FileObject;
}

/**
 * Finds rules that follow each other, differ only in where they route to, and have weights that only together sum to 100. The manual of
 * Istio 0.8 wrote `- route:` twice where it meant one rule with two destinations. Istio never reaches the second of two such rules.
 */
export function meantInstead(placed: readonly PlacedManifest[], manifests: readonly Manifest[]): RuleFile['meant'] {
  const found = placed.flatMap(({ manifest, object }) => {
    const runs = runsOf(manifest);
    return runs.some(({ rules }) => rules.length > 1) ? [{ manifest, object, runs }] : [];
  });
  if (found.length === 0) return undefined;
  return {
    manifests: manifests.map((each) => {
      const of = found.find(({ manifest }) => manifest === each);
      return of === undefined ? each : { ...each, spec: { ...each.spec, http: of.runs.map(joined) } };
    }),
    doubts: found.flatMap(({ manifest, object, runs }) =>
      runs.filter(({ rules }) => rules.length > 1).map((run) => doubt(manifest.name, run, object)),
    ),
  };
}

/** One rule, or several that look like parts of one. */
interface Run {
  /** Index of its first rule in the list of the file. */
  readonly at: number;
  readonly rules: readonly JsonObject[];
}

const httpRules: z.ZodType<readonly JsonObject[]> = z.array(z.record(z.string(), z.json()));
const destination = z.looseObject({ host: z.string(), subset: z.string() });
const weighted = z.array(z.looseObject({ destination, weight: z.int() })).min(1);
type Weighted = z.infer<typeof weighted>;

function runsOf({ kind, spec }: Manifest): readonly Run[] {
  const read = httpRules.safeParse(spec['http']);
  if (kind !== 'VirtualService' || !read.success) return [];
  const runs: Run[] = [];
  for (let at = 0; at < read.data.length; at += runs.at(-1)?.rules.length ?? 1) {
    const length = lengthOfRun(read.data.slice(at, at + mostRules));
    runs.push({ at, rules: read.data.slice(at, at + length) });
  }
  return runs;
}

const mostRules = 10;

function lengthOfRun(rules: readonly JsonObject[]): number {
  const [first, ...others] = rules;
  const split = weighted.safeParse(first?.['route']);
  if (!split.success || sumOf(split.data) >= 100) return 1;
  const alike = others.findIndex((rule) => !isAlike(rule, first));
  const longest = alike < 0 ? rules.length : alike + 1;
  const lengths = rules.slice(0, longest).map((_, at) => at + 1);
  return lengths.find((length) => length > 1 && isOneSplit(rules.slice(0, length))) ?? 1;
}

function isAlike(one: JsonObject, other: JsonObject | undefined): boolean {
  return isDeepStrictEqual({ ...one, route: null }, { ...other, route: null });
}

/** Together they split one host between versions. The sum may be 99 or 101: three thirds of 33 are 99. */
function isOneSplit(rules: readonly JsonObject[]): boolean {
  const routes = rules.map((rule) => weighted.safeParse(rule['route']));
  const [first, ...others] = routes.flatMap((route) => (route.success ? [route.data] : []));
  if (first === undefined || others.length < rules.length - 1) return false;
  const all = [first, ...others].flat();
  const hosts = new Set(all.map((each) => each.destination.host));
  const subsets = new Set(all.map((each) => each.destination.subset));
  const sum = sumOf(all);
  return sum >= 99 && sum <= 101 && hosts.size === 1 && subsets.size === all.length;
}

function sumOf(route: Weighted): number {
  return route.reduce((sum, { weight }) => sum + weight, 0);
}

function joined({ rules }: Run): JsonObject {
  const route = rules.flatMap((rule) => (Array.isArray(rule['route']) ? rule['route'] : []));
  return rules.length === 1 ? { ...rules[0] } : { ...rules[0], route };
}

function doubt(name: string, run: Run, object: FileObject): string {
  const [first, ...others] = run.rules.map((_, at) => object.at(['spec', 'http', run.at + at]).line);
  const split = weighted.parse(joined(run)['route']).map((each) => `${each.destination.subset} ${each.weight}`);
  const never = others.length === 1 ? `the one in line ${others[0]} is` : `those in lines ${others.join(', ')} are`;
  return (
    `VirtualService \`${name}\`: the rule in line ${first} takes all the requests that it matches, so ${never} never reached. ` +
    `You may have meant one rule that splits them: ${split.join(', ')}.`
  );
}
