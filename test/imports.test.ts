import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../src');

const adapters = ['slack', 'cluster', 'redis', 'prometheus', 'http', 'policy-file', 'rule-files'];

/** Which folders of src a folder may import from, beside itself. Imports point inwards, never sideways (src/README.md, "Rooms"). */
const allowed: Record<string, readonly string[]> = {
  domain: [],
  workflow: ['domain'],
  slack: ['workflow', 'domain'],
  cluster: ['workflow', 'domain'],
  redis: ['workflow', 'domain'],
  prometheus: ['workflow', 'domain'],
  http: ['workflow', 'domain'],
  'policy-file': ['workflow', 'domain', 'yaml'],
  'rule-files': ['workflow', 'domain', 'yaml'],
  yaml: ['domain'],
  process: ['workflow'],
  bot: [...adapters, 'workflow', 'domain', 'process', '.'],
  sandbox: [...adapters, 'workflow', 'domain', 'process', '.'],
  '.': [...adapters, 'workflow', 'domain', 'process', 'bot'],
};

/** Packages that only one folder may know, so that a foreign library's words end where it is called. */
const homes: Record<string, readonly string[]> = {
  '@slack/bolt': ['slack'],
  '@slack/web-api': ['slack'],
  '@kubernetes/client-node': ['cluster'],
  bullmq: ['redis'],
  ioredis: ['redis'],
  croner: ['policy-file'],
  yaml: ['yaml'],
  re2js: ['domain'],
  '@marcbachmann/cel-js': ['sandbox'],
};

function sourceFiles(): string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
}

function imports(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  return [
    ...text.matchAll(/^(?:import|export)\b[^'";]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

function folderOf(file: string): string {
  const [first = '', ...rest] = file.split('/');
  return rest.length === 0 ? '.' : first;
}

/** What a file imports of src, types included. */
function ownImports(file: string): string[] {
  return imports(file)
    .filter((target) => target.startsWith('.'))
    .map((target) => relative(src, resolve(src, dirname(file), target)));
}

/** Files that lead back to themselves, by Tarjan's strongly connected components. */
function cycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const at = order.size;
    order.set(file, at);
    open.push(file);
    let low = at;
    for (const next of edges.get(file) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, lowest.get(next) ?? order.get(next) ?? low);
    }
    lowest.set(file, low);
    if (low < at) return low;
    const component = open.splice(open.indexOf(file));
    if (component.length > 1 || edges.get(file)?.includes(file)) found.push(component.toSorted());
    return low;
  };
  for (const file of edges.keys()) if (!order.has(file)) visit(file);
  return found;
}

describe('the layers of src', () => {
  it('has no two files that import each other, however far around', () => {
    expect(cycles(new Map(sourceFiles().map((file) => [file, ownImports(file)])))).toEqual([]);
  });

  it('finds cycles where there are some', () => {
    const edges = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['a', 'd']],
      ['d', ['e']],
      ['e', ['d']],
      ['f', ['a']],
    ]);

    expect(cycles(edges)).toEqual([
      ['d', 'e'],
      ['a', 'b', 'c'],
    ]);
  });

  it.each(sourceFiles())('%s imports only from the folders it may know', (file) => {
    const own = folderOf(file);
    const foreign = ownImports(file)
      .map(folderOf)
      .filter((folder) => folder !== own && !(allowed[own] ?? []).includes(folder));

    expect(foreign).toEqual([]);
  });

  it.each(sourceFiles())('%s keeps foreign libraries at their one home', (file) => {
    const own = folderOf(file);
    const strays = imports(file).filter((target) => {
      const home = homes[target];
      return home !== undefined && own !== 'sandbox' && !home.includes(own);
    });

    expect(strays).toEqual([]);
  });

  it.each(sourceFiles().filter((file) => folderOf(file) === 'domain'))(
    '%s imports no package but what is pure',
    (file) => {
      const packages = imports(file).filter((target) => !target.startsWith('.'));

      expect(packages.filter((name) => !['zod', 'fastest-levenshtein', 'diff', 're2js'].includes(name))).toEqual([]);
    },
  );
});
