import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../src');

/** Which folders of src a folder may import from, beside itself. Imports point inwards, never sideways (README, "How a change travels"). */
const allowed: Record<string, readonly string[]> = {
  domain: [],
  workflow: ['domain'],
  slack: ['workflow', 'domain'],
  cluster: ['workflow', 'domain'],
  redis: ['workflow', 'domain'],
  prometheus: ['workflow', 'domain'],
  http: ['workflow', 'domain'],
  policy: ['workflow', 'domain', 'yaml'],
  rules: ['workflow', 'domain', 'yaml'],
  yaml: ['domain'],
  sandbox: ['workflow', 'domain', 'slack', 'cluster', 'redis', 'prometheus', 'http', 'policy', 'rules', '.'],
  '.': ['workflow', 'domain', 'slack', 'cluster', 'redis', 'prometheus', 'http', 'policy', 'rules'],
};

/** Packages that only one folder may know, so that a foreign library's words end where it is called. */
const homes: Record<string, readonly string[]> = {
  '@slack/bolt': ['slack'],
  '@slack/web-api': ['slack'],
  '@kubernetes/client-node': ['cluster'],
  bullmq: ['redis'],
  ioredis: ['redis'],
  croner: ['policy'],
  yaml: ['yaml'],
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

describe('the layers of src', () => {
  it.each(sourceFiles())('%s imports only from the folders it may know', (file) => {
    const own = folderOf(file);
    const foreign = imports(file)
      .filter((target) => target.startsWith('.'))
      .map((target) => folderOf(relative(src, resolve(src, dirname(file), target))))
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

      expect(packages.filter((name) => !['zod', 'fastest-levenshtein'].includes(name))).toEqual([]);
    },
  );
});
