import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readVirtualService, virtualServices } from '../../src/cluster/kinds/virtual-service.ts';
import { WatchCache } from '../../src/cluster/watch-cache.ts';
import { moveTo, objectsOf } from '../../src/domain/change/change.ts';
import { StoredCards } from '../../src/redis/card-log.ts';
import { type Connection, connectForRequests, readRedisUrl, whenReady } from '../../src/redis/connect.ts';
import { keys } from '../../src/redis/keys.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { SlackChannel } from '../../src/slack/client/channel.ts';
import { slackClient } from '../../src/slack/client/web-api.ts';
import { apply } from '../../src/workflow/applying/apply.ts';
import { MeshUnavailableError, StoreUnavailableError } from '../../src/workflow/errors.ts';
import { changeShown } from '../../src/workflow/ports/cards.ts';
import { cardsOf } from '../../src/workflow/showing/cards.ts';
import { change as buildChange, changeId } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { InMemoryCharts } from '../support/in-memory-charts.ts';
import { InMemoryChat } from '../support/in-memory-chat.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { sandboxKube } from '../support/kube.ts';
import { StubSlack } from '../support/stub-slack.ts';
import { House, QuietHouse } from '../workflow/house.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** What long runs found, each as a case that does not depend on luck. */
describe('found by chaos', () => {
  it('a write that took effect without a reply is reported as applied, however long that took', async () => {
    const house = new House();
    const change = await house.accepted('v3', 50);
    house.mesh.failWrites({ error: new MeshUnavailableError('no reply'), stored: true });
    house.mesh.afterNextRead(() => {});
    house.mesh.afterNextRead(() => house.pass(11_000));

    await house.attempt(change);

    expect(house.stored(change.id).state.kind).toBe('applied');
  });

  it('a card is posted once, even if its claim expires while it waits for its turn', async () => {
    const house = new QuietHouse();
    const { id } = await house.accepted('v3', 50);
    const { changes, cardLog, log } = house;
    const chat = new SlowTurns();
    const desk = {
      changes,
      ramps: house.ramps,
      cards: cardLog,
      chat,
      log,
      aside: house.bench.aside,
      lookAgain: () => {},
      approvers: () => Promise.resolve([]),
    };
    chat.whileWaiting(async () => {
      cardLog.expireClaim(id);
      await cardsOf(desk).show(id);
    });

    await cardsOf(desk).show(id);

    expect(chat.cardsOf(id)).toHaveLength(1);
  });

  it('a card mentions the next change, even if the process that applied that one exited at once', async () => {
    const house = new House();
    const earlier = await house.applied('v3', 50);
    const later = await house.accepted('v3', 60);

    await apply({ ...house.bench, aside: () => {} }, later);

    expect(house.stored(earlier.id).state).toMatchObject({ later: later.id });
  });

  it('a card of a busy channel is found on a later page', async () => {
    const slack = new StubSlack();
    await slack.start();
    onTestFinished(() => slack.stop());
    const log = new InMemoryLog();
    const channel = new SlackChannel(
      slackClient({ botToken: 'xoxb-test', apiUrl: slack.apiUrl }, log),
      new InMemoryCharts(),
      log,
    );
    slack.answer(
      'conversations.history',
      { body: { ok: true, messages: [{ ts: '9.0' }], response_metadata: { next_cursor: 'older' } } },
      { body: { ok: true, messages: [{ ts: '8.0', blocks: [{ block_id: changeId(1) }] }] } },
    );

    expect(await channel.look(changeShown(buildChange()))).toMatchObject({ ts: '8.0' });
    expect(slack.callsOf('conversations.history')[1]?.arguments).toMatchObject({ cursor: 'older' });
  });

  it("a watch's bookmarks are not errors", async () => {
    const kube = await sandboxKube({ bookmarkIntervalMs: 20 });
    onTestFinished(() => kube.end());
    const cache = new WatchCache(kube.client(), {
      resource: virtualServices,
      namespace: kube.namespace,
      read: readVirtualService,
      log: kube.log,
    });
    await cache.start();
    onTestFinished(() => cache.stop());

    await sleep(300);

    expect(kube.log.messages('warn')).toEqual([]);
  });
});

/** Delays each message, so that other things happen in between. */
class SlowTurns extends InMemoryChat {
  #meanwhile: (() => Promise<void>) | undefined;

  whileWaiting(happens: () => Promise<void>): void {
    this.#meanwhile = happens;
  }

  override async turn(): Promise<boolean> {
    const happens = this.#meanwhile;
    this.#meanwhile = undefined;
    await happens?.();
    return happens !== undefined;
  }
}

const redisBinary = await findRedisServer().catch(() => undefined);

describe.runIf(redisBinary)('found by chaos, with a redis-server', () => {
  let server: RedisServer;
  let redis: Connection;

  beforeAll(async () => {
    server = await startRedis();
    redis = await connect(server.port);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('a writer whose claim expired does not post', async () => {
    const id = changeId(1);
    const claim = await new StoredCards(redis).claim(id);
    await redis.del(keys.cardClaim(id));

    await expect(claim?.beginPost()).rejects.toThrow(StoreUnavailableError);
    await claim?.release();
  });

  it('a card that a late writer overwrote with an older state is owed again', async () => {
    const change = buildChange({ id: changeId(2) });
    const [changes, cards] = [new StoredChanges(redis), new StoredCards(redis)];
    await changes.accept(change, { lines: (await changes.lines(objectsOf(change))).versions, ahead: false });
    const late = await cards.claim(change.id);
    await redis.del(keys.cardClaim(change.id));
    await changes.update(moveTo(change, { kind: 'applying' }));
    const prompt = await cards.claim(change.id);
    await prompt?.place({ channel: 'C1', ts: '1.0', shownRev: 1 });
    await prompt?.release();

    await late?.place({ channel: 'C1', ts: '1.0', shownRev: 0 });

    expect(await late?.release()).toBe(true);
    expect(await cards.owed()).toContain(change.id);
  });

  it('a half-open connection is replaced', async () => {
    const wire = await TcpProxy.start(server.port);
    const connection = await connect(wire.port);
    onTestFinished(async () => {
      connection.disconnect();
      await wire.stop();
    });

    wire.halfOpen();

    await expect(connection.ping()).rejects.toThrow();
    await eventually(() => connection.ping());
  });
});

async function connect(port: number): Promise<Connection> {
  const address = readRedisUrl(`redis://127.0.0.1:${port}`);
  if (address === undefined) throw new Error('no address');
  const connection = connectForRequests(address);
  connection.on('error', () => {}); // it comes back
  await whenReady(connection);
  return connection;
}
