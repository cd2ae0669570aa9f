import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Change, moveTo, objectsOf } from '../../src/domain/change/change.ts';
import { objectKey } from '../../src/domain/routing/object.ts';
import {
  type Connection,
  connectForRequests,
  type RedisAddress,
  readRedisUrl,
  whenReady,
} from '../../src/redis/connect.ts';
import { newsChannel } from '../../src/redis/keys.ts';
import { listenForNews } from '../../src/redis/news.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { change, changeId, reviewsObject } from '../support/builders.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';

const redisBinary = await findRedisServer().catch(() => undefined);

describe.runIf(redisBinary)('news of accepted changes, with a redis-server', () => {
  let server: RedisServer;
  let redis: Connection;

  beforeAll(async () => {
    server = await startRedis();
    redis = connectForRequests(addressOf(server));
    await whenReady(redis);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('reaches every process at once, and once more after it could not listen for a while', async () => {
    const heard = [0, 0];
    const listening = heard.map((_, at) =>
      listenForNews(addressOf(server), new InMemoryLog(), () => {
        heard[at] = (heard[at] ?? 0) + 1;
      }),
    );
    await expect.poll(() => heard).toEqual([1, 1]); // for what was accepted before they listened
    await expect.poll(() => redis.pubsub('NUMSUB', newsChannel)).toEqual([newsChannel, 2]);

    const [changes, wanted] = [new StoredChanges(redis), change({ id: changeId(1) })];
    await changes.accept(wanted, { lines: noneIn(wanted), ahead: false });

    await expect.poll(() => heard).toEqual([2, 2]);
    await changes.update(moveTo(wanted, { kind: 'discarded', at: wanted.acceptedAt, by: wanted.by }));
    await expect.poll(() => heard).toEqual([3, 3]);
    await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await expect.poll(() => heard).toEqual([4, 4]);
    for (const each of listening) each.close();
  });

  it('is not needed to accept a change: a Redis user may lack the right to channels', async () => {
    await redis.call('ACL', 'SETUSER', 'quiet', 'on', '>secret', '+@all', '~*', 'resetchannels');
    const { host = '', port } = addressOf(server).hosts[0] ?? {};
    const address = readRedisUrl(`redis://quiet:secret@${host}:${port}`);
    if (address === undefined) throw new Error('no address');
    const connection = connectForRequests(address);
    await whenReady(connection);
    const log = new InMemoryLog();
    const listening = listenForNews(address, log, () => {});
    const wanted = change({ id: changeId(2), object: { ...reviewsObject, name: 'ratings' } });

    const changes = new StoredChanges(connection);
    expect(await changes.accept(wanted, { lines: noneIn(wanted), ahead: false })).toEqual({ kind: 'accepted' });

    expect(await changes.open()).toContainEqual(wanted);
    await expect
      .poll(() => log.messages('warn'))
      .toEqual(['cannot subscribe to news of accepted changes; they are found by polling every 20 s']);
    listening.close();
    connection.disconnect();
  });
});

/** Nothing was ever accepted for its objects. */
function noneIn(wanted: Change): ReadonlyMap<string, number> {
  return new Map(objectsOf(wanted).map((object) => [objectKey(object), 0]));
}

function addressOf({ url }: RedisServer): RedisAddress {
  const address = readRedisUrl(url);
  if (address === undefined) throw new Error(`no address: ${url}`);
  return address;
}
