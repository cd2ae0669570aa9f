import { beforeEach, describe, expect, it } from 'vitest';
import { RejectedError } from '../../../src/workflow/errors.ts';
import { reviews, reviewsObject } from '../../support/builders.ts';
import { House } from '../house.ts';
import { kinds } from '../kinds.ts';
import { sends } from '../manifests.ts';

const half = { v1: 50, v3: 50 };

describe('a shift as a dry run', () => {
  let house: House;

  beforeEach(() => {
    house = new House();
  });

  const dryRun = () => house.shift('v3', 50, { dryRun: true });

  it('shows the plan and what the server says, and leaves no trace', async () => {
    house.mesh.warn('subset v3 has no pods');

    const answer = await dryRun();

    const trial = { kind: 'fine', warnings: ['subset v3 has no pods'] };
    const edits = [{ edit: { moves: [{ from: { v1: 100 }, to: half }] }, trial }];
    expect(answer).toMatchObject({ kind: 'preview', waiting: 0, plan: { edits } });
    expect(house.changes.all).toEqual([]);
    expect(house.queue.jobs).toEqual([]);
    expect(house.split).toEqual({ v1: 100 });
    expect(house.ledger.seq).toBe(0);
  });

  it('tells a rejection in the words of the server', async () => {
    house = new House(reviews({ v1: 50, v2: 50 }));
    const message = 'admission webhook "example" denied the request: no';
    house.mesh.rejectEverything(new RejectedError(message));

    const edits = [{ trial: { kind: 'rejected', message } }];
    expect(await dryRun()).toMatchObject({ kind: 'preview', plan: { edits } });
  });

  it('does not ask the server while others are in line, since it would judge another object', async () => {
    await house.accepted('v3', 30);

    const edits = [{ edit: { moves: [{ from: { v1: 70, v3: 30 } }] }, trial: { kind: 'not-asked' } }];
    expect(await dryRun()).toMatchObject({ kind: 'preview', waiting: 1, plan: { edits } });
  });

  it('claims no verdict when the object moved before the server was asked', async () => {
    house.mesh.afterNextRead(() => house.mesh.moveByHand(reviewsObject, { v1: 100 }));

    expect(await dryRun()).toMatchObject({ plan: { edits: [{ trial: { kind: 'moved' } }] } });
  });
});

describe('a rule file as a dry run', () => {
  it('shows what it would do also where it is weights alone, and leaves no trace', async () => {
    const house = new House();
    house.ruleFiles.write('half', [sends('reviews', half)]);

    const answer = await house.type('/shift apply half --dry-run');

    const edits = [{ edit: { moves: [{ from: { v1: 100 }, to: half }] }, trial: { kind: 'fine' } }];
    expect(answer).toMatchObject({ kind: 'preview', plan: { edits } });
    expect([house.changes.all, house.split]).toEqual([[], { v1: 100 }]);
  });
});

describe.each(kinds)('the rollback of $kind as a dry run', ({ houseOf }) => {
  it('asks the API server, too, where what waits comes after it', async () => {
    const house = houseOf();
    await house.applied('v3', 50);
    await house.shifted('v3', 80);

    const answer = await house.typeRollback(undefined, house.asker(), { dryRun: true });

    const edits = house.ofEach({}).map(() => ({ trial: { kind: 'fine' } }));
    expect(answer).toMatchObject({ kind: 'preview', waiting: 0, plan: { edits } });
  });

  it('shows the way back, and leaves no trace', async () => {
    const house = houseOf();
    await house.applied('v3', 50);

    const answer = await house.typeRollback(undefined, house.asker(), { dryRun: true });

    const move = { edit: { moves: [{ from: half, to: house.brought({ v1: 100, v3: 0 }) }] } };
    expect(answer).toMatchObject({ kind: 'preview', plan: { edits: house.ofEach(move) } });
    expect(await house.changes.open()).toEqual([]);
    expect(house.changes.all).toHaveLength(1);
    expect(house.split).toEqual(half);
  });
});
