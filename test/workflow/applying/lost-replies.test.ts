import { beforeEach, describe, expect, it } from 'vitest';
import { maxTries } from '../../../src/workflow/applying/apply.ts';
import {
  MeshUnavailableError,
  NotPermittedError,
  RejectedError,
  StoreUnavailableError,
  TooLargeError,
} from '../../../src/workflow/errors.ts';
import type { House } from '../house.ts';
import { kinds } from '../kinds.ts';

const half = { v1: 50, v3: 50 };
const writes = ['first', 'last'] as const;
const reset = new MeshUnavailableError('connection reset');

describe.each(kinds)('a change that is asked for as $kind, whose write goes wrong', ({ houseOf }) => {
  let house: House;

  beforeEach(() => {
    house = houseOf();
  });

  it.each(writes)('is applied once when the reply to the %s write was lost after the commit', async (which) => {
    house.failWrite(which, { error: reset, stored: true });
    const { id } = await house.accepted('v3', 50);

    expect(await house.work()).toEqual([]);

    const made = house.ofEach({ seq: 1, live: [{ split: half }] });
    expect(house.stored(id).state).toMatchObject({ kind: 'applied', made });
    expect(house.seqs).toEqual([1]);
  });

  it.each(writes)('goes on later with the %s write when that was not committed, and any worker may', async (which) => {
    house.failWrite(which, { error: reset });
    const accepted = await house.accepted('v3', 50);

    expect(await house.attempt(accepted)).toMatchObject({ kind: 'not-yet' });
    expect(house.stored(accepted.id).state.kind).toBe('applying');
    house.pass(1_000);
    expect(await house.attempt(accepted)).toEqual({ kind: 'done' });

    expect(house.seqs).toEqual([1]);
    expect(house.split).toEqual(half);
  });

  it('is tried later when the cluster is gone after a commit, and found applied then', async () => {
    house.mesh.failWrites({ error: reset, stored: true });
    const accepted = await house.accepted('v3', 50);
    house.afterReading(() => house.mesh.failReads(new MeshUnavailableError('away')));

    expect(await house.attempt(accepted)).toMatchObject({ kind: 'not-yet' });
    house.pass(1_000);
    expect(await house.attempt(accepted)).toEqual({ kind: 'done' });

    expect(house.stored(accepted.id).state.kind).toBe('applied');
    expect(house.ledger.seq).toBe(1);
  });

  it('rests longer after each try, never less than the server asked, and fails after the eighth', async () => {
    const accepted = await house.accepted('v3', 50);
    const rests: number[] = [];
    for (let tries = 1; tries <= maxTries; tries += 1) {
      house.mesh.failReads(new MeshUnavailableError('still away', tries === 2 ? { retryAfterMs: 9_000 } : {}));
      const answer = await house.attempt(accepted);
      if (answer.kind === 'not-yet') rests.push(answer.afterMs);
      house.pass(20_000);
    }

    expect(rests).toHaveLength(maxTries - 1);
    expect(rests[1]).toBe(9_000);
    for (const [at, least] of [425, 9_000, 1_700, 3_400, 6_800, 12_750, 12_750].entries()) {
      expect(rests[at]).toBeGreaterThanOrEqual(least);
      expect(rests[at]).toBeLessThanOrEqual(Math.max(9_000, least * 1.4));
    }
    const failed = { kind: 'failed', because: 'unreachable', detail: 'still away' };
    expect(house.stored(accepted.id).state).toMatchObject(failed);
    expect(house.split).toEqual({ v1: 100 });
  });

  it('comes to an end though the server asks for a day', async () => {
    const accepted = await house.accepted('v3', 50);
    house.mesh.failReads(new MeshUnavailableError('busy', { retryAfterMs: 86_400_000 }));

    const answer = await house.attempt(accepted);
    house.pass(61_000);
    await house.attempt(accepted);

    expect(answer).toEqual({ kind: 'not-yet', afterMs: 60_000 });
    expect(house.stored(accepted.id).state.kind).toBe('applied');
  });

  it('is left alone by all workers while it rests', async () => {
    const accepted = await house.accepted('v3', 50);
    house.mesh.failReads(new MeshUnavailableError('busy', { retryAfterMs: 30_000 }));
    await house.attempt(accepted);
    house.pass(10_000);

    expect(await house.attempt(accepted)).toEqual({ kind: 'not-yet', afterMs: 20_000 });
    expect(house.ledger.seq).toBe(0);
  });

  it.each`
    error                                                | because
    ${new NotPermittedError('the bot cannot write')}     | ${'not-permitted'}
    ${new RejectedError('a webhook denied the request')} | ${'rejected'}
    ${new TooLargeError('request is too large')}         | ${'too-large'}
  `('fails at once when it is $because, in the words of the server', async ({ error, because }) => {
    house.mesh.failWrites({ error });
    const { id } = await house.accepted('v3', 50);

    expect(await house.work()).toEqual([]);

    expect(house.stored(id).state).toMatchObject({ kind: 'failed', because, detail: error.message });
    expect(house.chat.shows(id)?.state).toMatchObject({ kind: 'failed', because });
    expect(house.meter.outcomes).toEqual([`failed:${because}`]);
    expect(house.split).toEqual({ v1: 100 });
  });

  it('is tried later when nobody knows who we are just now: a token may have been replaced', async () => {
    house.mesh.failWrites({ error: new NotPermittedError('our credentials are not accepted', { retryable: true }) });
    const accepted = await house.accepted('v3', 50);

    expect(await house.attempt(accepted)).toMatchObject({ kind: 'not-yet' });
    house.pass(1_000);
    await house.attempt(accepted);

    expect(house.stored(accepted.id).state.kind).toBe('applied');
  });

  it('is contended, and says so, when somebody writes without end', async () => {
    const { id } = await house.accepted('v3', 50);
    for (let writes = 0; writes < 150; writes += 1) {
      house.mesh.failWrites('conflict');
      house.mesh.afterNextRead(() => house.pass(100));
    }
    const startedMs = house.now().getTime();

    await house.work();

    expect(house.stored(id).state).toMatchObject({ kind: 'failed', because: 'contended' });
    expect(house.now().getTime() - startedMs).toBeLessThanOrEqual(10_100);
  });

  it('is not lost when the store is away while it is applied', async () => {
    const accepted = await house.accepted('v3', 50);
    house.afterReading(() => house.changes.goAway());

    await expect(house.attempt(accepted)).rejects.toThrow(StoreUnavailableError);
    house.changes.comeBack();
    house.pass(5_000);
    await house.work();

    expect(house.ledger.seq).toBe(1);
    expect(house.stored(accepted.id).state.kind).toBe('applied');
    expect(house.chat.shows(accepted.id)?.state.kind).toBe('applied');
  });
});
