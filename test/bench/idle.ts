/**
 * `npm run idle -- --seconds 600 --replicas 1`: how many commands a replica that has nothing to do costs Redis in an hour, counted by
 * Redis itself, while `/readyz` is asked every 10 s and `/metrics` every 15 s, as a kubelet and a Prometheus do.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { startWorld } from '../../src/sandbox/world.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '600' }, replicas: { type: 'string', default: '1' } },
});
const [seconds, replicas] = [Number(values.seconds), Number(values.replicas)];

const folder = await mkdtemp(join(tmpdir(), 'shiftbot-idle-'));
const program = resolve(import.meta.dirname, '../../src/main.ts');
const world = await startWorld({
  folder,
  program,
  bots: Array.from({ length: replicas }, () => ({ roles: 'chat,worker' })),
}).catch(async (error: unknown) => {
  await rm(folder, { recursive: true });
  throw error;
});
const redis = new Redis(world.redisUrl);
try {
  await sleep(15_000); // what a start costs is over
  const before = await calls();
  const asking = [setInterval(() => ask('/readyz'), 10_000), setInterval(() => ask('/metrics'), 15_000)];
  await sleep(seconds * 1000);
  for (const each of asking) clearInterval(each);
  print(before, await calls());
} finally {
  redis.disconnect();
  await world.stop();
  await rm(folder, { recursive: true });
}

function ask(path: string): void {
  for (const { url } of world.bots) void fetch(url + path).then((response) => response.arrayBuffer());
}

/** Redis' own count of the commands it was sent: those that a script runs within itself are a part of that script. */
async function calls(): Promise<ReadonlyMap<string, number>> {
  const stats = await redis.info('commandstats');
  const counts = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
    ([, name = '', count]) => [name, Number(count)] as const,
  );
  return new Map(counts);
}

function print(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
  const perHour = 3600 / seconds / replicas;
  const spent = [...after]
    .map(([name, count]) => ({ name, count: count - (before.get(name) ?? 0) }))
    .filter(({ count }) => count > 0);
  for (const { name, count } of spent.toSorted((a, b) => b.count - a.count)) {
    process.stdout.write(`${name.padEnd(24)} ${String(count).padStart(6)}   ${Math.round(count * perHour)}/h\n`);
  }
  const total = spent.reduce((sum, { count }) => sum + count, 0);
  process.stdout.write(
    `\n${Math.round(total * perHour)} commands an hour and replica, of ${total} in ${seconds} s with ${replicas}\n`,
  );
}
