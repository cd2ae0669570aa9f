import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findRedisServer } from '../../src/sandbox/redis-server.ts';
import { compile } from './build.ts';
import { type Case, namedCase, wayOf } from './cases.ts';
import type { Fault, NamedStep } from './faults.ts';
import { foundCases } from './found.ts';
import { reportOf } from './report.ts';
import { type Outcome, type Recorded, runFailpoints } from './run.ts';
import { type ScenarioName, scenarios as scenarioOf } from './scenarios.ts';

const redisBinary = await findRedisServer().catch(() => undefined);
const lanes = 2;

/** The others differ from these in what they write, and take long to record: they are in long runs only. */
const scenarios: readonly ScenarioName[] = [
  'shift',
  'rollback',
  'apply-anyway',
  'discard',
  'approve',
  'reject',
  'apply-file',
  'undone-creation',
  'ramp',
  'abort-ramp',
  'guard-takes-back',
  'shift-httproute',
  'sequence',
];

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

/** By their names, since it is luck in which way a run comes to a card. */
const onCards: readonly (readonly [ScenarioName, Fault, NamedStep])[] = [
  ['shift', 'kill-after', { place: 'cards put', awaits: 'desk.chat.post(' }],
  ['approve', 'throw-after', { place: 'cards put', awaits: 'desk.chat.update(' }],
  ['rollback', 'kill-before', { place: 'card-log place', awaits: 'placeScript.run(' }],
];

describe.runIf(redisBinary)('a fault at an await, with a redis-server', () => {
  let outcome: Outcome;

  beforeAll(async () => {
    outcome = await runFailpoints({ lanes, scenarios, choose: chosenFrom });
  }, 300_000);

  it('loses nothing, doubles nothing, and is told rightly, wherever it is', () => {
    const wrong = outcome.ran.filter(({ violations }) => violations.length > 0);

    expect(wrong, reportOf(outcome)).toEqual([]);
  });

  it.each`
    scenario              | steps
    ${'shift'}            | ${['desk.changes.accept(', 'queue.add(', 'bench.changes.begin(', 'mesh.open(', 'open.write(', 'moveOn(bench']}
    ${'rollback'}         | ${['rollBack(', 'desk.changes.accept(', 'open.write(', 'mark(', 'client.chat.postEphemeral(']}
    ${'apply-anyway'}     | ${['planAnew(', 'desk.changes.accept(', 'open.write(', 'moveOn(bench', 'client.chat.postEphemeral(']}
    ${'discard'}          | ${['discard(', 'changes.update(', 'client.chat.postEphemeral(']}
    ${'approve'}          | ${['approve(', 'openEdits(', 'moveOn(', 'queue.add(', 'open.write(']}
    ${'reject'}           | ${['reject(', 'changes.update(']}
    ${'apply-file'}       | ${['planEdits(', 'desk.changes.accept(', 'openBegun(', 'tryAll(', 'noteWriting(', 'write(bench', 'moveOn(bench']}
    ${'ramp'}             | ${['requestRamp(', 'makeStep(', 'accept(', 'ramps.update(', 'open.write(']}
    ${'abort-ramp'}       | ${['decideOnRamp(', 'ramps.update(', 'busyCluster(', 'planEdits(', 'open.write(']}
    ${'guard-takes-back'} | ${['look(ramp', 'lookAtStep(', 'sight(', 'scrapedAt(', 'countAll(', 'this.#store(', 'moveRamp(', 'busyCluster(', 'open.write(']}
    ${'shift-httproute'}  | ${['planEdits(', 'desk.changes.accept(', 'open.write(', 'moveOn(bench']}
    ${'sequence'}         | ${['requestRamp(', 'accept(', 'liveBeside(', 'makeStep(', 'ramps.update(', 'open.write(']}
    ${'undone-creation'}  | ${['changes.writing(', 'write(bench', 'moveOn(bench']}
  `('may be at each await that $scenario is made of', ({ scenario, steps }) => {
    const points = outcome.enumerated.get(scenario)?.points ?? [];
    const struck = outcome.enumerated.get(scenario)?.cases.map(({ at }) => wayOf(at)) ?? [];

    for (const step of steps)
      expect(
        points.some(({ name }) => name.includes(step)),
        step,
      ).toBe(true);
    for (const { path } of points) expect(struck).toContain(path);
  });

  it('may be at what brings a card, whoever brings it', () => {
    const passed = [...outcome.enumerated.values()].flatMap(({ points }) => points.map(({ name }) => name));

    expect(passed).toContainEqual(expect.stringContaining('desk.chat.post('));
    expect(passed).toContainEqual(expect.stringContaining('desk.chat.update('));
  });
});

it.runIf(redisBinary)(
  'a worker that does not look for its own change in the ledger is caught',
  async () => {
    const sources = await compiledWithout('findRevision(live.ledger, id) !== undefined');
    const afterWrite = { place: 'walk writeIt', awaits: 'open.write(' };

    const { ran } = await runFailpoints({
      lanes: 1,
      scenarios: ['shift'],
      sources,
      choose: ({ steps }) => [namedCase('shift', 'throw-after', afterWrite, steps)],
    });

    expect(ran.map(({ violations }) => violations.map(({ invariant }) => invariant))).toEqual([
      expect.arrayContaining(['I1']),
    ]);
  },
  180_000,
);

/** The same in every run as long as the code is: what a run passes by luck is either named or left out. */
function chosenFrom({ enumerated, steps }: Recorded): readonly Case[] {
  const cards = onCards.map(([scenario, fault, at]) => namedCase(scenario, fault, at, steps));
  return [...foundCases(steps), ...cards, ...sampleOf(enumerated)];
}

function sampleOf(enumerated: Recorded['enumerated']): readonly Case[] {
  const wanted = sample.flatMap(([fault, form, count]) => Array.from({ length: count }, () => ({ fault, form })));
  return wanted.map(({ fault, form }, at) => {
    const able = scenarios.filter((name) => scenarioOf[name].without?.includes(fault) !== true);
    const scenario = able[at % able.length];
    const certain = (scenario && enumerated.get(scenario)?.certain) ?? [];
    // Ids are hashes, so that the lowest one is anywhere; one case more or less mostly leaves it as it is.
    const [lowest] = certain
      .filter((each) => each.fault === fault && each.form === form)
      .toSorted((a, b) => a.id.localeCompare(b.id));
    if (lowest === undefined) throw new Error(`${scenario} has no ${fault}`);
    return lowest;
  });
}

/** What was built, with a fault planted: a copy in which a line says something else. */
async function compiledWithout(condition: string): Promise<string> {
  const sources = await mkdtemp(join(tmpdir(), 'shiftbot-planted-'));
  onTestFinished(() => rm(sources, { recursive: true, force: true }));
  await compile(sources);
  const file = join(sources, 'domain/change/decide.js');
  const text = await readFile(file, 'utf8');
  if (!text.includes(condition)) throw new Error('there is no such line to plant a fault in');
  await writeFile(file, text.replace(condition, 'false'));
  return sources;
}
