import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Change, isWaiting } from '../../src/domain/change/change.ts';
import type { Ramp } from '../../src/domain/ramp/ramp.ts';
import { isSequence } from '../../src/domain/ramp/sequence.ts';
import { type ChaosWorld, startChaosWorld } from './chaos-world.ts';
import { check } from './check.ts';
import { isAtRest } from './check-ramps.ts';
import { type Evidence, RecordReader } from './evidence.ts';
import { Faults } from './faults.ts';
import type { Violation } from './findings.ts';
import { ForeignWriter } from './foreign-writer.ts';
import { type Hearing, hearsWithinMs, proveHearing } from './hearing.ts';
import { secondCluster } from './history.ts';
import { delegate } from './own-objects.ts';
import { People } from './people.ts';
import { percentile, recoveryTimes } from './recovery.ts';

export interface ChaosOptions {
  readonly seed: string;
  readonly forMs: number;
}

export interface Outcome {
  readonly violations: readonly Violation[];
  readonly counts: Counts;
  /** The folder of logs and evidence. It is kept only if something is wrong. */
  readonly folder: string;
}

/** What happened how often, under headings. */
export type Counts = Readonly<Record<string, Readonly<Record<string, number | string>>>>;

/** However things were broken, everything is done this long after the last repair. */
const settledWithinMs = 120_000;
const mostReadings = 100;

/** Lets people, a foreign writer and faults loose on the bot for a while, waits until everything is quiet, and checks what is left. */
export async function runChaos({ seed, forMs }: ChaosOptions): Promise<Outcome> {
  const world = await startChaosWorld();
  let isClean = false;
  try {
    const records = await RecordReader.connect(world.redis.url);
    const people = new People(world, seed);
    const writer = new ForeignWriter(world.kubes, seed);
    const faults = new Faults(world, seed);
    await sleep(forMs);
    await Promise.all([people.stop(), writer.stop()]);
    await faults.stop();

    const settledMs = await settled(records);
    const hearing = await proveHearing(world, people);
    await settled(records, { nothingInDoubt: true });
    await world.history.caughtUp();
    const evidence = await gather(world, records, people, writer);
    records.close();

    const { violations, notes } = check(evidence);
    const crashed = world.members.flatMap(({ bot }) => bot.crashes);
    const deaf = Object.entries(hearing).filter(([, tookMs]) => tookMs === undefined);
    const late = [
      ...crashed,
      ...deaf.map(([name]) => `${name} did nothing for ${hearsWithinMs} ms after all faults had ended`),
    ];
    const all = [...violations, ...late.map((what): Violation => ({ invariant: 'I6', what, evidence: what }))];
    isClean = all.length === 0;
    await writeFile(join(world.folder, 'evidence.json'), JSON.stringify({ all, diary: faults.diary }, undefined, 2));
    return { violations: all, counts: counted(evidence, notes, faults, settledMs, hearing), folder: world.folder };
  } finally {
    await world.stop();
    if (isClean) await rm(world.folder, { recursive: true, force: true });
  }
}

/**
 * Waits until no change waits for a worker, no ramp goes on by itself and every card shows its record, and if asked until no card is in doubt. Returns how long that took, or undefined if it never happened.
 */
async function settled(records: RecordReader, { nothingInDoubt = false } = {}): Promise<number | undefined> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < settledWithinMs) {
    const [open, owed, ramps] = await Promise.all([records.open(), records.owed(), records.ramps()]);
    const isDone = !open.some(isWaiting) && owed.length === 0 && ramps.every(isAtRest);
    if (isDone && !(nothingInDoubt && (await records.isAnyInDoubt()))) return performance.now() - startedMs;
    await sleep(100);
  }
  return undefined;
}

async function gather(
  world: ChaosWorld,
  records: RecordReader,
  people: People,
  writer: ForeignWriter,
): Promise<Evidence> {
  const kept = await ofOneMoment(records);
  return {
    history: world.history.events,
    foreign: writer.versions,
    records: kept.records,
    owed: kept.owed,
    requests: people.requests,
    messages: world.slackRecord.messages,
    unknownPosts: world.unknownPosts,
    ramps: kept.ramps,
    audit: await records.events(),
  };
}

/** A look at what was applied may still find something new, and show it, while the records are read one after the other. */
async function ofOneMoment(records: RecordReader): Promise<Pick<Evidence, 'records' | 'owed' | 'ramps'>> {
  const read = async () => ({
    records: await records.all(),
    ramps: await records.ramps(),
    owed: await records.owed(),
  });
  let before = await read();
  for (let tries = 0; tries < mostReadings; tries += 1) {
    await sleep(200); // what chat was told until then has come to the recorder, too
    const now = await read();
    if (now.owed.length === 0 && isDeepStrictEqual(now, before)) return now;
    before = now;
  }
  return before;
}

function counted(
  evidence: Evidence,
  notes: ReadonlyMap<string, number>,
  faults: Faults,
  settledMs: number | undefined,
  hearing: Hearing,
): Counts {
  const all = [...evidence.records.values()];
  const recovery = recoveryTimes(faults.kills, evidence);
  return {
    'changes by outcome': tally(all.map(outcomeOf)),
    'changes of several objects by outcome': tally(all.filter(({ edits }) => edits.length > 1).map(outcomeOf)),
    'changes that were applied to': tally(all.filter(({ state }) => state.kind === 'applied').flatMap(placesOf)),
    'ramps by what they came to': tally(evidence.ramps.map(rampOutcomeOf)),
    'ramps of two clusters by what they came to': tally(evidence.ramps.filter(isSequence).map(rampOutcomeOf)),
    'steps of ramps': {
      made: all.filter(({ ramp, state }) => (ramp?.step ?? 0) > 0 && state.kind === 'applied').length,
      'ways back': all.filter(({ ramp, state }) => ramp?.step === 0 && state.kind === 'applied').length,
    },
    'requests and cards': Object.fromEntries(notes),
    'writes by somebody else': { edits: evidence.foreign.size },
    'faults by kind': Object.fromEntries([...faults.counts].toSorted(([a], [b]) => a.localeCompare(b))),
    'recovery after kill -9 of a worker, ms': {
      'kills while work waited and the other ran': recovery.length,
      p50: percentile(recovery, 50) ?? 'none',
      p99: percentile(recovery, 99) ?? 'none',
    },
    'after the last fault, ms': {
      'until everything was quiet': rounded(settledMs),
      ...Object.fromEntries(Object.entries(hearing).map(([name, tookMs]) => [`${name} hears`, rounded(tookMs)])),
    },
  };
}

function outcomeOf({ state }: Change): string {
  return 'because' in state ? `${state.kind}: ${state.because}` : state.kind;
}

/** What is about more than one VirtualService of its service's name. */
function placesOf({ edits }: Change): readonly string[] {
  return edits.flatMap(({ object: { cluster, kind, name } }) => [
    ...(kind === 'HTTPRoute' ? ['a HTTPRoute'] : []),
    ...(name === delegate ? ['a delegate'] : []),
    ...(cluster === secondCluster ? ['the second cluster'] : []),
  ]);
}

function rampOutcomeOf({ state }: Ramp): string {
  return state.kind === 'held' ? `held: ${state.hold.because}` : state.kind;
}

function rounded(ms: number | undefined): number | 'never' {
  return ms === undefined ? 'never' : Math.round(ms);
}

function tally(words: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]).toSorted(),
  );
}
