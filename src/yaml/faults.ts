import type { z } from 'zod';
import { nearest } from '../domain/text/nearest.ts';
import type { Fault, Path, ReadYaml } from './read-yaml.ts';

const mostFaults = 50;

/** In the order of the file, and no more than a person can read. */
export function inOrder(faults: readonly Fault[]): readonly Fault[] {
  const sorted = faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const [last] = sorted.slice(mostFaults - 1);
  if (sorted.length <= mostFaults || last === undefined) return sorted;
  return [
    ...sorted.slice(0, mostFaults - 1),
    fault(last, `and ${sorted.length - mostFaults + 1} more faults from here on`),
  ];
}

export function fault({ line, column }: Pick<Fault, 'line' | 'column'>, message: string): Fault {
  return { line, column, message };
}

type Issue = z.core.$ZodIssue;

/** The faults that a schema finds, with their places in the file. `knownKeys`: keys to suggest for a misspelt one. */
export function schemaFaults(
  issues: readonly Issue[],
  yaml: Pick<ReadYaml, 'at' | 'atKey'>,
  knownKeys: readonly string[],
): readonly Fault[] {
  return issues.flatMap((issue) => faultsOf(issue, yaml, knownKeys, []));
}

function faultsOf(
  issue: Issue,
  yaml: Pick<ReadYaml, 'at' | 'atKey'>,
  knownKeys: readonly string[],
  above: Path,
): readonly Fault[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key, at) =>
      fault(yaml.atKey([...path, key]), prefixed(path, unknownKey(key, at < mostFaults ? knownKeys : []))),
    );
  if (issue.code === 'invalid_key')
    return [fault(yaml.atKey(path), prefixed(path, issue.issues[0]?.message ?? issue.message))];
  const inner = issue.code === 'invalid_union' ? meant(issue.errors) : undefined;
  if (inner !== undefined) return inner.flatMap((each) => faultsOf(each, yaml, knownKeys, path));
  return [fault(yaml.at(path), prefixed(path, issue.message))];
}

/** Of the forms that a value may have, the one that was meant: the one whose faults are all inside the value. */
function meant(forms: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return forms.find((issues) => issues.every(({ path, code }) => path.length > 0 || code !== 'invalid_type'));
}

/** `rules[0].approve.count: write …` */
function prefixed(path: Path, message: string): string {
  const where = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part).slice(0, 63)}`))
    .join('')
    .replace(/^\./, '');
  return where === '' ? message : `${where}: ${message}`;
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = key.length < 3 ? undefined : nearest(key, known);
  return `there is no key \`${key.slice(0, 63)}\` here${near === undefined || near === key ? '' : `; did you mean \`${near}\`?`}`;
}
