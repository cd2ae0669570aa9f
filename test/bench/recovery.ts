/**
 * `npm run recovery -- --kills 100`: how long work lies there when the worker that does it is killed with -9 and another one lives.
 * Half of the kills come as the patch is about to be sent, half when it is committed and its answer not yet read. Measured from the
 * kill until the record of the change says that it is applied.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isWaiting } from '../../src/domain/change/change.ts';
import { type ChaosWorld, type Member, startChaosWorld } from '../chaos/chaos-world.ts';
import { RecordReader } from '../chaos/evidence.ts';
import type { Seen } from '../chaos/http-proxy.ts';
import { percentile } from '../chaos/recovery.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '100' } } });
const kills = Number(values.kills);
const goesOnWithinMs = 30_000;

const world = await startChaosWorld();
try {
  const records = await RecordReader.connect(world.redis.url);
  const times: number[] = [];
  for (let nth = 0; nth < kills; nth += 1) times.push(await takenOver(world, records, nth));
  records.close();
  print(times);
} finally {
  await world.stop();
  await rm(world.folder, { recursive: true, force: true });
}

/** One change, whose worker is killed in the middle of it; how long until the other one has brought it to its end. */
async function takenOver({ members, people }: ChaosWorld, records: RecordReader, nth: number): Promise<number> {
  const [, ...workers] = members;
  const killed = Promise.withResolvers<{ readonly member: Member; readonly atMs: number }>();
  for (const member of workers) {
    member.kube.setTrap({
      fits: isWrite,
      when: nth % 2 === 0 ? 'before' : 'after',
      spring: async () => {
        for (const each of workers) each.kube.calm();
        const atMs = performance.now();
        await member.bot.kill();
        killed.resolve({ member, atMs });
      },
    });
  }
  await people.command('alice', `reviews v3 ${(nth % 90) + 5}`);
  const { member, atMs } = await killed.promise;
  const tookMs = await untilNothingWaits(records, atMs);
  await member.bot.start();
  await sleep(1_500); // both run again
  return tookMs;
}

async function untilNothingWaits(records: RecordReader, sinceMs: number): Promise<number> {
  for (;;) {
    const tookMs = performance.now() - sinceMs;
    if (!(await records.open()).some(isWaiting)) return tookMs;
    if (tookMs > goesOnWithinMs) throw new Error(`nobody took over within ${goesOnWithinMs} ms`);
    await sleep(10);
  }
}

function isWrite({ method, path }: Seen): boolean {
  return method === 'PATCH' && path.includes('/virtualservices/');
}

function print(times: readonly number[]): void {
  const shown = [50, 90, 99, 100].map(
    (percent) => `p${percent} ${Math.round(percentile(times, percent) ?? Number.NaN)}`,
  );
  process.stdout.write(
    `${times.length} kills -9 of a worker in the middle of a change, ms until the other has ended it: ${shown.join(', ')}\n`,
  );
}
