import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { moveTo, objectsOf } from '../../src/domain/change/change.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import { StoredCards } from '../../src/redis/card-log.ts';
import { type Connection, connectForRequests, readRedisUrl, whenReady } from '../../src/redis/connect.ts';
import { keys } from '../../src/redis/keys.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { leaseMs } from '../../src/workflow/applying/apply.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import type { CardClaim, CardLog } from '../../src/workflow/ports/cards.ts';
import type { Changes } from '../../src/workflow/ports/changes.ts';
import { TcpProxy } from '../chaos/tcp-proxy.ts';
import { change as buildChange, changeId } from '../support/builders.ts';
import { InMemoryCards } from '../support/in-memory-cards.ts';
import { InMemoryChanges } from '../support/in-memory-changes.ts';

interface World {
  readonly changes: Changes;
  readonly cards: CardLog;
  /** The process that holds the claim dies. */
  expireClaim(id: ChangeId): Promise<void>;
  /** So much time passes that a card in doubt is to be written again. */
  passDoubt(id: ChangeId): Promise<void>;
}

const redisBinary = await findRedisServer().catch(() => undefined);

describeCards('in memory', async () => {
  const cards = new InMemoryCards();
  return {
    cards,
    changes: new InMemoryChanges({ cards }),
    expireClaim: async (id) => cards.expireClaim(id),
    passDoubt: async (id) => cards.passDoubt(id),
  };
});

describe.runIf(redisBinary)('with a redis-server', () => {
  let server: RedisServer;
  let redis: Connection;

  beforeAll(async () => {
    server = await startRedis();
    redis = await connected(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  describeCards('in Redis', async () => {
    await redis.flushall();
    return {
      cards: new StoredCards(redis),
      changes: new StoredChanges(redis),
      expireClaim: async (id) => {
        await redis.del(keys.cardClaim(id));
      },
      passDoubt: async (id) => {
        await redis.zadd(keys.inDoubt, 'XX', 0, id);
      },
    };
  });

  describe.concurrent('cards in Redis', () => {
    const cards = () => new StoredCards(redis);

    it('expire after a while', async () => {
      const id = changeId(71);
      const writing = await claim(cards(), id);
      await writing.place({ channel: 'C1', ts: '1.2', shownRev: 0 });
      await writing.release();

      expect(await redis.ttl(keys.card(id))).toBeGreaterThan(30 * 24 * 3600);
    });

    it('stay with a live writer, and are free when it lets go', async () => {
      const id = changeId(72);
      const writing = await claim(cards(), id);
      const kept = writing.keep();
      await redis.pexpire(keys.cardClaim(id), 1_000);

      await expect.poll(() => redis.pttl(keys.cardClaim(id)), { timeout: 3_000 }).toBeGreaterThan(1_300);
      kept[Symbol.dispose]();
      await writing.release();

      expect(await redis.exists(keys.cardClaim(id))).toBe(0);
    });

    it('are not renewed for another writer by one whose claim expired', async () => {
      const id = changeId(73);
      using _kept = (await claim(cards(), id)).keep();
      await redis.set(keys.cardClaim(id), 'of one that died', 'PX', 1_500);

      await expect.poll(() => redis.exists(keys.cardClaim(id)), { timeout: 3_000 }).toBe(0);
    });

    it('tell a waiting writer that another one has its claim', async ({ expect }) => {
      const id = changeId(79);
      using kept = (await claim(cards(), id)).keep();
      await redis.set(keys.cardClaim(id), 'of another', 'PX', 10_000);

      await expect.poll(() => kept.lost.aborted).toBe(true);
    });

    it('stay with a writer if Redis once does not answer', async ({ expect, onTestFinished }) => {
      const id = changeId(80);
      const proxy = await TcpProxy.start(server.port);
      const through = await connected(`redis://127.0.0.1:${proxy.port}`);
      onTestFinished(async () => {
        through.disconnect();
        await proxy.stop();
      });
      const writing = await claim(new StoredCards(through), id);
      using kept = writing.keep();
      await redis.pexpire(keys.cardClaim(id), 60_000);
      proxy.stall();
      for (let times = 0; times < 2; times += 1) await expect(through.get('any')).rejects.toThrow();
      proxy.calm();
      const answers = () =>
        through.get('any').then(
          () => true,
          () => false,
        ); // not always at once on a busy machine
      await expect.poll(answers, { timeout: 10_000 }).toBe(true); // by now the pending renewal has been answered
      await redis.pexpire(keys.cardClaim(id), 60_000);

      await expect.poll(() => redis.pttl(keys.cardClaim(id))).toBeLessThan(3_000);
      expect(kept.lost.aborted).toBe(false);
    });

    it('are free soon after a claim was forgotten', async () => {
      const id = changeId(74);
      await claim(cards(), id);

      await expect.poll(() => redis.exists(keys.cardClaim(id)), { timeout: 3_000 }).toBe(0);
    });

    it('are not posted twice with one claim', async () => {
      const id = changeId(75);
      const writing = await claim(cards(), id);
      await writing.beginPost();

      await expect(writing.beginPost()).rejects.toThrow(StoreUnavailableError);
      await writing.forgetPost();
      await writing.beginPost();
    });

    it('remember the post of the current owner, even if one whose claim expired forgets its own', async () => {
      const id = changeId(78);
      const late = await claim(cards(), id);
      await late.beginPost();
      await redis.del(keys.cardClaim(id));
      const prompt = await claim(cards(), id);
      await prompt.beginPost();

      await late.forgetPost();
      await prompt.release();

      expect((await claim(cards(), id)).postBegun).toBe(true);
    });

    it('stay owed if a late writer overwrites them while another one settles', async () => {
      const change = buildChange({ id: changeId(77) });
      const changes = new StoredChanges(redis);
      await changes.accept(change, { lines: (await changes.lines(objectsOf(change))).versions, ahead: false });
      const late = await claim(cards(), change.id);
      await redis.del(keys.cardClaim(change.id));
      await changes.update(moveTo(change, { kind: 'applying' }));
      const prompt = await claim(cards(), change.id);
      await prompt.place({ channel: 'C1', ts: '1.0', shownRev: 1 });
      await prompt.release();
      const looking = await claim(cards(), change.id);

      await late.place({ channel: 'C1', ts: '1.0', shownRev: 0 });
      await looking.settle();

      expect(await cards().owed()).toContain(change.id);
    });

    it('are where their claim placed them', async () => {
      const writing = await claim(cards(), changeId(76));
      await writing.place({ channel: 'C1', ts: '1.2', shownRev: 0 });

      expect(writing.placed).toEqual({ channel: 'C1', ts: '1.2', shownRev: 0 });
    });
  });
});

function describeCards(where: string, enter: () => Promise<World>): void {
  describe(`cards ${where}`, () => {
    const id = changeId(1);
    let world: World;
    let cards: CardLog;

    beforeEach(async () => {
      world = await enter();
      cards = world.cards;
    });

    const accept = async () => {
      const change = buildChange({ id });
      const { versions } = await world.changes.lines(objectsOf(change));
      await world.changes.accept(change, { lines: versions, ahead: false });
    };
    const begin = async () => {
      const begun = await world.changes.begin(id, leaseMs);
      if (begun.kind !== 'begun') throw new Error(begun.kind);
      return begun.change;
    };

    it('are owed once a change is accepted', async () => {
      expect(await cards.owed()).toEqual([]);
      await accept();

      expect(await cards.owed()).toEqual([id]);
    });

    it.each`
      what           | transition
      ${'begun'}     | ${begin}
      ${'held'}      | ${async () => world.changes.update(moveTo(await begin(), { kind: 'held', at: '2026-11-22T14:04:00.000Z', because: 'moved', found: [], stamp: '0' }))}
      ${'discarded'} | ${async () => world.changes.update(moveTo(await begin(), { kind: 'discarded', at: '2026-11-22T14:04:00.000Z', by: 'U02BOB' }))}
    `('are owed again when a change is $what', async ({ transition }) => {
      await accept();
      const first = await claim(cards, id);
      await first.place({ channel: 'C1', ts: '1.2', shownRev: 0 });
      expect(await first.release()).toBe(false);

      await transition();

      expect(await cards.owed()).toEqual([id]);
    });

    it('say where they stand, once that is noted', async () => {
      expect(await cards.placeOf(id)).toBeUndefined();
      const writing = await claim(cards, id);
      expect(await cards.placeOf(id)).toBeUndefined();
      await writing.place({ channel: 'C1', ts: '1.2', shownRev: 0 });

      expect(await cards.placeOf(id)).toEqual({ channel: 'C1', ts: '1.2' });
    });

    it('belong to one writer at a time', async () => {
      const claims = await Promise.all(Array.from({ length: 8 }, () => cards.claim(id)));

      const [only, ...more] = claims.filter((each) => each !== undefined);
      expect(more).toEqual([]);
      await only?.release();
      expect(await cards.claim(id)).toBeDefined();
    });

    it('of other changes are free at the same time', async () => {
      await claim(cards, id);

      expect(await cards.claim(changeId(2))).toBeDefined();
    });

    it('are free again when their writer dies', async () => {
      const lost = await claim(cards, id);
      await world.expireClaim(id);
      const next = await claim(cards, id);

      await lost.release();

      expect(await cards.claim(id)).toBeUndefined();
      await next.release();
    });

    describe('that a writer began to update and never let go', () => {
      const at = { channel: 'C1', ts: '1.2', shownRev: 0 };
      const leave = async () => {
        const writing = await claim(cards, id);
        await writing.beginUpdate();
        await world.expireClaim(id);
        return writing;
      };
      const write = async (writing: CardClaim) => {
        await writing.beginUpdate();
        await writing.place(at);
        await writing.release();
      };

      it('are in doubt, and written once more a while after another writer took over', async () => {
        await leave();
        const next = await claim(cards, id);
        expect(next.inDoubt).toBe(false);
        await write(next);
        expect(await cards.owed()).toEqual([]);
        expect(await world.changes.areQuiet()).toBe(false);

        await world.passDoubt(id);

        expect(await cards.owed()).toEqual([id]);
        const last = await claim(cards, id);
        expect(last.inDoubt).toBe(true);
        await write(last);
        expect(await cards.owed()).toEqual([]);
        expect(await world.changes.areQuiet()).toBe(true);
        expect((await claim(cards, id)).inDoubt).toBe(false);
      });

      it('stay in doubt while nobody has surely written them, until they are given up', async () => {
        await leave();
        await (await claim(cards, id)).release();
        await world.passDoubt(id);

        await (await claim(cards, id)).release();
        const unsure = await claim(cards, id);
        await unsure.place(at, { endsDoubt: false });
        await unsure.release();
        expect(await cards.owed()).toEqual([id]);
        const last = await claim(cards, id);
        await last.giveUp();
        await last.release();

        expect(await cards.owed()).toEqual([]);
      });

      it('stay in doubt when the one who writes them once more does not let go either', async () => {
        await leave();
        await write(await claim(cards, id));
        await world.passDoubt(id);
        await leave();

        const next = await claim(cards, id);
        await write(next);

        expect(await world.changes.areQuiet()).toBe(false);
        await world.passDoubt(id);
        expect(await cards.owed()).toEqual([id]);
      });
    });

    it('are in no doubt after a writer that let go, or began no message', async () => {
      for (let times = 0; times < 3; times += 1) {
        const writing = await claim(cards, id);
        await writing.beginUpdate();
        await writing.release();
        await claim(cards, id);
        await world.expireClaim(id);
      }
      await world.passDoubt(id);

      expect(await cards.owed()).toEqual([]);
      expect((await claim(cards, id)).inDoubt).toBe(false);
    });

    it('are not updated by one whose claim is another’s', async () => {
      const late = await claim(cards, id);
      await world.expireClaim(id);
      await claim(cards, id);

      await expect(late.beginUpdate()).rejects.toThrow(StoreUnavailableError);
    });

    it('know where they are and what they show', async () => {
      const first = await claim(cards, id);
      expect(first.placed).toBeUndefined();
      await first.place({ channel: 'D0ASKER', ts: '1700000000.000100', shownRev: 3 });
      await first.release();

      expect((await claim(cards, id)).placed).toEqual({ channel: 'D0ASKER', ts: '1700000000.000100', shownRev: 3 });
    });

    it('stay where they were placed first, and a second post is refused', async () => {
      const one = await claim(cards, id);
      await world.expireClaim(id);
      const other = await claim(cards, id);

      expect(await other.place({ channel: 'C1', ts: '1.2', shownRev: 0 })).toBe(true);
      expect(await one.place({ channel: 'C1', ts: '1.3', shownRev: 1 })).toBe(false);
      await other.release();

      expect((await claim(cards, id)).placed).toEqual({ channel: 'C1', ts: '1.2', shownRev: 0 });
    });

    it('are settled only up to what they show', async () => {
      await accept();
      const writing = await claim(cards, id);
      await begin();

      await writing.place({ channel: 'C1', ts: '1.2', shownRev: 0 });
      expect(await writing.release()).toBe(true);
      expect(await cards.owed()).toEqual([id]);

      const again = await claim(cards, id);
      await again.place({ channel: 'C1', ts: '1.2', shownRev: 1 });
      expect(await again.release()).toBe(false);
      expect(await cards.owed()).toEqual([]);
    });

    it('are still owed when a writer lets go without writing', async () => {
      await accept();

      expect(await (await claim(cards, id)).release()).toBe(true);
      expect(await cards.owed()).toEqual([id]);
    });

    it('are not owed after they were given up, until the change moves again', async () => {
      await accept();
      const writing = await claim(cards, id);
      await writing.giveUp();
      expect(await writing.release()).toBe(false);
      expect(await cards.owed()).toEqual([]);

      await begin();

      expect(await cards.owed()).toEqual([id]);
    });

    it('remember a post that was begun, until it is known that it was not sent', async () => {
      const first = await claim(cards, id);
      expect(first.postBegun).toBe(false);
      await first.beginPost();
      await first.release();

      const second = await claim(cards, id);
      expect(second.postBegun).toBe(true);
      expect(second.placed).toBeUndefined();
      await second.forgetPost();
      await second.release();

      expect((await claim(cards, id)).postBegun).toBe(false);
    });
  });
}

async function claim(cards: CardLog, id: ChangeId): Promise<CardClaim> {
  const taken = await cards.claim(id);
  if (taken === undefined) throw new Error(`the card of ${id} is another's`);
  return taken;
}

async function connected(url: string): Promise<Connection> {
  const address = readRedisUrl(url);
  if (address === undefined) throw new Error(`no address: ${url}`);
  const connection = connectForRequests(address);
  await whenReady(connection);
  return connection;
}
