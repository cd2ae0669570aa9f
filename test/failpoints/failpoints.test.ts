import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findRedisServer } from '../../src/sandbox/redis-server.ts';
import { Random } from '../chaos/random.ts';
import type { Case } from './cases.ts';
import type { Fault } from './faults.ts';
import { reportOf } from './report.ts';
import { type Outcome, runFailpoints } from './run.ts';
import { type ScenarioName, scenarioNames, scenarios as scenarioOf } from './scenarios.ts';

const redisBinary = await findRedisServer().catch(() => undefined);
const seed = 'suite';
const lanes = 2;

/** Of rule files two: they take long to record, and the others differ from these in what they write. */
const inLongRunsOnly = ['delete-file', 'unpin', 'take-back-file', 'take-back-deletion', 'meddled-file'];
const scenarios = scenarioNames.filter((name) => !inLongRunsOnly.includes(name));

/** How many cases of each fault. A freeze lasts as long as the longest lock, so there is one. */
const sample: readonly (readonly [Fault, Case['form'], number])[] = [
  ['throw-before', 'peer', 3],
  ['throw-after', 'peer', 3],
  ['twice', 'peer', 3],
  ['kill-before', 'peer', 1],
  ['kill-after', 'peer', 1],
  ['kill-before', 'alone', 1],
  ['kill-after', 'alone', 1],
  ['pause-after', 'peer', 1],
];

/** What the enumeration has found: a step within which, and a fault at which, something else was told than was done. */
const found: readonly (readonly [ScenarioName, Fault, RegExp])[] = [
  ['shift', 'throw-after', /listeners onCommand .*answer-command answerCommand [^>]*requestShift[^>]*$/],
  ['discard', 'throw-after', /listeners onClick 1: ack\(\)$/],
  ['discard', 'throw-after', /accept replace.*redis\/stored-changes update[^>]*> redis\/connect ask[^>]*$/],
  ['discard', 'throw-before', /cards showCard [^>]*claim\.release\(\)$/],
  ['shift', 'twice', /cards put [^>]*claim\.beginPost\(\)$/],
  ['undone-creation', 'kill-after', /apply-edits writeAll .*kube-client create /],
];

describe.runIf(redisBinary)('a fault at an await, with a redis-server', () => {
  let outcome: Outcome;

  beforeAll(async () => {
    outcome = await runFailpoints({ lanes, scenarios, choose: (cases) => [...regressions(cases), ...sampleOf(cases)] });
  }, 300_000);

  it('loses nothing, doubles nothing, and is told rightly, wherever it is', () => {
    const wrong = outcome.ran.filter(({ violations }) => violations.length > 0);

    expect(wrong, reportOf(outcome)).toEqual([]);
  });

  it.each`
    scenario             | steps
    ${'shift'}           | ${['desk.changes.accept(', 'queue.add(', 'bench.changes.begin(', 'bench.mesh.read(', 'open.write(', 'moveOn(bench', 'desk.chat.post(', 'desk.chat.update(']}
    ${'rollback'}        | ${['rollBack(', 'desk.changes.accept(', 'open.write(', 'mark(', 'desk.chat.update(', 'client.chat.postEphemeral(']}
    ${'apply-anyway'}    | ${['planAnew(', 'desk.changes.accept(', 'open.write(', 'moveOn(bench', 'client.chat.postEphemeral(']}
    ${'discard'}         | ${['discard(', 'changes.update(', 'desk.chat.update(', 'client.chat.postEphemeral(']}
    ${'approve'}         | ${['approve(', 'looking.mesh.read(', 'moveOn(', 'queue.add(', 'open.write(', 'desk.chat.update(']}
    ${'reject'}          | ${['reject(', 'changes.update(', 'desk.chat.update(']}
    ${'apply-file'}      | ${['planEdit(', 'desk.changes.accept(', 'openBegun(', 'tryAll(', 'noteWriting(', 'write(bench', 'moveOn(bench', 'desk.chat.update(']}
    ${'undone-creation'} | ${['changes.writing(', 'write(bench', 'moveOn(bench']}
  `('may be at each await that $scenario is made of', ({ scenario, steps }) => {
    const points = outcome.enumerated.get(scenario)?.points ?? [];
    const struck = outcome.enumerated.get(scenario)?.cases.map(({ path }) => path) ?? [];

    for (const step of steps)
      expect(
        points.some(({ name }) => name.includes(step)),
        step,
      ).toBe(true);
    for (const { path } of points) expect(struck).toContain(path);
  });
});

it.runIf(redisBinary)(
  'a worker that does not look for its own change in the ledger is caught',
  async () => {
    const sources = await distWithout("if (own !== undefined)\n        return { kind: 'done'");
    const isAfterWrite = ({ path, fault }: Case) => fault === 'throw-after' && /open\.write\([^>]*$/.test(path);

    const { ran } = await runFailpoints({
      lanes: 1,
      scenarios: ['shift'],
      sources,
      choose: (cases) => cases.filter(isAfterWrite),
    });

    expect(ran.map(({ violations }) => violations.map(({ invariant }) => invariant))).toEqual([
      expect.arrayContaining(['I1']),
    ]);
  },
  180_000,
);

function regressions(cases: readonly Case[]): readonly Case[] {
  return found.map(([scenario, fault, path]) => {
    const each = cases.find((one) => one.scenario === scenario && one.fault === fault && path.test(one.path));
    if (each === undefined) throw new Error(`${scenario} has no such await any more: ${path}`);
    return each;
  });
}

function sampleOf(cases: readonly Case[]): readonly Case[] {
  const random = new Random(seed);
  let at = -1;
  return sample.flatMap(([fault, form, count]) =>
    Array.from({ length: count }, () => {
      at += 1;
      const able = scenarios.filter((name) => scenarioOf[name].without?.includes(fault) !== true);
      const scenario = able[at % able.length];
      const [first, ...others] = cases.filter(
        (each) => each.scenario === scenario && each.fault === fault && each.form === form,
      );
      if (first === undefined) throw new Error(`${scenario} has no ${fault}`);
      return random.pick([first, ...others]);
    }),
  );
}

/** What was built, with a fault planted: a copy in which a line says something else. */
async function distWithout(condition: string): Promise<string> {
  const sources = await mkdtemp(join(tmpdir(), 'shiftbot-planted-'));
  onTestFinished(() => rm(sources, { recursive: true, force: true }));
  await cp(resolve('dist'), sources, { recursive: true });
  const file = join(sources, 'domain/change/decide.js');
  const text = await readFile(file, 'utf8');
  if (!text.includes(condition)) throw new Error('there is no such line to plant a fault in');
  await writeFile(file, text.replace(condition, condition.replace('own !== undefined', 'false')));
  return sources;
}
