import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { plantedFaults } from './planted-faults.ts';

/** `npm run planted` plants them all, which takes long; here it is only seen that there is a place for each. */
describe('a planted fault', () => {
  it.each(plantedFaults)('has its places in the code: $name', ({ edits }) => {
    const places = edits.map(({ file, find }) => readFileSync(file, 'utf8').split(find).length - 1);

    expect(places).toEqual(edits.map(() => 1));
  });

  it.each(plantedFaults)('has tests that are there: $name', ({ tests }) => {
    expect(tests.filter((file) => !existsSync(file))).toEqual([]);
  });

  it('is counted in the page about tests', () => {
    const [, count] = /^\| (\d+) faults planted in the code/m.exec(readFileSync('test/README.md', 'utf8')) ?? [];

    expect(Number(count)).toBe(plantedFaults.length);
  });
});
