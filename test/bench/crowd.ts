/**
 * `npm run crowd`: how soon the bot answers with 5,000 changes that wait for one service, while one of them is approved, applied and taken
 * back and all the others end; beside the same answers of the same bot with none.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Change, objectsOf } from '../../src/domain/change/change.ts';
import { type ChangeId, isChangeId } from '../../src/domain/routing/names.ts';
import { connectForRequests, readRedisUrl, whenReady } from '../../src/redis/connect.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { startWorld, type World } from '../../src/sandbox/world.ts';
import { changeId } from '../support/builders.ts';
import { postSigned } from '../support/signed-request.ts';
import { ratio, show, type Times, table, times } from './times.ts';

const { values } = parseArgs({ options: { changes: { type: 'string', default: '5000' } } });
const count = Number(values.changes);
const rounds = 100;
const pauseMs = 20;
const aimMs = 1_000;
/** What ends a change is done behind what people wait for; so long is waited for the last one. */
const endedWithinMs = 600_000;

const policy = `
rules:
  - { name: reviews, target: "*/default/reviews", shift: [everyone], approve: { by: [${workspace.users.bob.id}], expires: 1d } }
`;

type Answers = 'status' | 'rollback' | 'health' | 'readiness';

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'shiftbot-crowd-'));
  const recordKey = randomBytes(32).toString('hex');
  const policyFile = join(folder, 'policy.yaml');
  await writeFile(policyFile, policy);
  const program = resolve(import.meta.dirname, '../../src/main.ts');
  const environment = { POLICY_FILE: policyFile, RECORD_KEY: recordKey, COMMANDS_PER_MINUTE: '0' };
  const world = await startWorld({ folder, program, http: true, environment });
  const redis = connectForRequests(readRedisUrl(world.redisUrl) ?? unknownRedis());
  try {
    await whenReady(redis);
    const changes = new StoredChanges(redis, { recordKey });
    await measure(world, changes);
  } finally {
    redis.disconnect();
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(world: World, changes: StoredChanges): Promise<void> {
  const first = await ask(world, 'reviews v3 10');
  await untilReady(world);
  const alone = await watch(world, async (at) => at < rounds);

  await crowd(changes, first);
  const waiting = await watch(world, async (at) => at < rounds);

  await type(world, `approve ${first}`, 'bob');
  const started = performance.now();
  const tookBack = times('/shift rollback reviews, while they end');
  const ending = await watch(world, async () => {
    if (tookBack.ms.length === 0) await takeBack(world, changes, { id: first, took: tookBack });
    const open = (await changes.open()).filter(({ state }) => state.kind === 'awaiting').length;
    return open > 0 && performance.now() - started < endedWithinMs;
  });
  print({ alone, waiting, ending, endedMs: performance.now() - started, tookBack });
}

/** The id of what was accepted. */
async function ask(world: World, text: string): Promise<ChangeId> {
  const id = /c-[0-9A-Z]{8}/.exec(await type(world, text, 'alice'))?.[0];
  if (id === undefined || !isChangeId(id)) throw new Error(`${text} was not accepted`);
  return id;
}

/** As if as many people had asked for the same. */
async function crowd(changes: StoredChanges, first: ChangeId): Promise<void> {
  const one = await changes.read(first);
  if (one === undefined) throw new Error(`${first} is not stored`);
  for (let at = 1; at < count; at += 1) {
    const other: Change = { ...one, id: changeId(at), by: `U0CROWD${at}`, rev: 0 };
    const { versions } = await changes.lines(objectsOf(other));
    const accepted = await changes.accept(other, { lines: versions, ahead: false });
    if (accepted.kind !== 'accepted') throw new Error(`change ${at} was not accepted: ${accepted.kind}`);
  }
}

/** Once the approved one is applied. */
async function takeBack(
  world: World,
  changes: StoredChanges,
  { id, took }: { readonly id: ChangeId; readonly took: Times },
): Promise<void> {
  if ((await changes.read(id))?.state.kind !== 'applied') return;
  await time(took, async () => {
    const answer = await type(world, 'rollback reviews', 'alice');
    if (!answer.includes('Accepted')) throw new Error(`the rollback was not accepted: ${answer}`);
  });
}

/** Asks for one thing after the other as long as it goes on. */
async function watch(world: World, goesOn: (at: number) => Promise<boolean>): Promise<Record<Answers, Times>> {
  const took = {
    status: times('/shift status reviews'),
    rollback: times('/shift rollback reviews --dry-run'),
    health: times('/healthz'),
    readiness: times('/readyz'),
  };
  for (let at = 0; await goesOn(at); at += 1) {
    await time(took.status, () => type(world, 'status reviews', 'alice'));
    await time(took.rollback, () => type(world, 'rollback reviews --dry-run', 'alice'));
    await time(took.health, () => get(world, '/healthz'));
    await time(took.readiness, () => get(world, '/readyz'));
    await delay(pauseMs);
  }
  return took;
}

async function time({ ms }: Times, deed: () => Promise<unknown>): Promise<void> {
  const startMs = performance.now();
  await deed();
  ms.push(performance.now() - startMs);
}

async function get({ bots }: World, path: string): Promise<number> {
  const response = await fetch(`${bots[0]?.url}${path}`);
  await response.arrayBuffer();
  return response.status;
}

async function untilReady(world: World): Promise<void> {
  while ((await get(world, '/readyz')) !== 200) await delay(100);
}

let commands = 0;

function type(world: World, text: string, user: 'alice' | 'bob'): Promise<string> {
  commands += 1;
  return postSigned(world, {
    command: '/shift',
    text,
    user_id: workspace.users[user].id,
    team_id: workspace.teamId,
    channel_id: workspace.channels.reviews.id,
    trigger_id: `crowd.${process.pid}.${commands}`,
    response_url: world.slack.url,
  });
}

interface Measured {
  readonly alone: Record<Answers, Times>;
  readonly waiting: Record<Answers, Times>;
  readonly ending: Record<Answers, Times>;
  readonly endedMs: number;
  readonly tookBack: Times;
}

function print({ alone, waiting, ending, endedMs, tookBack }: Measured): void {
  const named = (of: Record<Answers, Times>, when: string) =>
    Object.values(of).map(({ label, ms }) => ({ label: `${label}, ${when}`, ms }));
  const all = [
    ...named(alone, 'one waits'),
    ...named(waiting, `${count} wait`),
    ...named(ending, 'while they end'),
    tookBack,
  ];
  const slowest = Math.max(...[...Object.values(waiting), ...Object.values(ending), tookBack].flatMap(({ ms }) => ms));
  const lines = [
    ...table(all),
    '',
    `${count} changes of one service, Node ${process.versions.node}`,
    `the slowest answer took ${show(slowest)} ms (aim ≤ ${aimMs}); all had ended after ${show(endedMs / 1000)} s`,
    `p99 while they end beside one: ${(['status', 'rollback', 'health', 'readiness'] as const).map((of) => `${of} ${ratio(ending[of], alone[of], 0.99)}`).join(', ')}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function unknownRedis(): never {
  throw new Error('the Redis of the world has no address');
}

await main();
