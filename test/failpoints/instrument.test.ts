import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { compile } from './build.ts';
import { instrument } from './instrument.ts';

const compiled = temporaryFolder();
await compile(compiled);
const onTheWay = ['workflow', 'redis', 'cluster', 'slack', 'http'];
const files = onTheWay.flatMap((folder) =>
  readdirSync(join(compiled, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .map((file) => join(folder, file)),
);

describe('every await of the bot', () => {
  it.each(files)('is a step of its own in %s', (file) => {
    const source = readFileSync(join(compiled, file), 'utf8');

    const { steps } = instrument(source, file, 'step.ts');

    const awaits = steps.filter(({ kind }) => kind === 'await' || kind === 'for-await');
    expect(awaits).toHaveLength(awaitsIn(source));
    expect(new Set(steps.map(({ name }) => name)).size).toBe(steps.length);
  });

  it('is sent through its step, from within as from without', () => {
    const { code, steps } = instrument(
      'async function load(ids) { return first(await all(ids.map(async (id) => read(await find(id))))); }',
      'store',
      'step.ts',
    );

    expect(code).toContain(
      'return first(await $step("store load 1: all(ids.map(async (id) => read(await find(id))))", () => (' +
        'all(ids.map(async (id) => read(await $step("store load 2: find(id)", () => (find(id)))))))));',
    );
    expect(steps).toHaveLength(2);
  });

  it('may wait for what it is made of', () => {
    const { code } = instrument('async function put() { await place(await post()); }', 'card', 'step.ts');

    expect(code).toContain(
      'await $step("card put 1: place(await post())", async () => (place(await $step("card put 2: post()", () => (post())))));',
    );
  });

  it.each`
    source                                                                | kind           | calls    | throws   | begins
    ${'async function f() { await g(); }'}                                | ${'await'}     | ${true}  | ${true}  | ${true}
    ${'async function f(before) { await before; }'}                       | ${'await'}     | ${false} | ${true}  | ${false}
    ${'async function f(a, b) { await Promise.race([a, b]); }'}           | ${'await'}     | ${true}  | ${true}  | ${false}
    ${'async function f(a) { await Promise.race([g(), a]); }'}            | ${'await'}     | ${true}  | ${true}  | ${true}
    ${'async function f() { await g().catch(() => 0); }'}                 | ${'await'}     | ${true}  | ${false} | ${true}
    ${'async function f() { return g(); }'}                               | ${'return'}    | ${true}  | ${true}  | ${true}
    ${'const f = async () => g();'}                                       | ${'return'}    | ${true}  | ${true}  | ${true}
    ${'async function f(all) { for await (const each of all) g(each); }'} | ${'for-await'} | ${false} | ${true}  | ${true}
  `('is known for what it is: $source', ({ source, ...known }) => {
    expect(instrument(source, 'file', 'step.ts').steps).toMatchObject([known]);
  });

  it('that cannot be sent through a step is an error, and not left out', () => {
    expect(() => instrument('async function f() { await using it = g(); }', 'file', 'step.ts')).toThrow('await using');
  });
});

/** Counted without a parser: what remains when comments and texts are taken away. */
function awaitsIn(source: string): number {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$|'(?:[^'\\\n]|\\.)*'/gm, '');
  return [...code.matchAll(/\bawait\b/g)].length;
}
