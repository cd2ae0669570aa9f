import { beforeEach, describe, expect, it } from 'vitest';
import { courseOf } from '../../../src/domain/change/way-back.ts';
import type { Ledger, Revision } from '../../../src/domain/routing/ledger.ts';
import type { Split } from '../../../src/domain/routing/split.ts';
import { type RecordKey, shortSignature } from '../../../src/redis/signature.ts';
import { StoreUnavailableError, UntrustedRecordError } from '../../../src/workflow/errors.ts';
import { SignedHistory } from '../../../src/workflow/judging/signed-history.ts';
import { lostRampsOf } from '../../../src/workflow/ramping/lost-ramp.ts';
import { changeId, reviewsObject, revision } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { sends, service } from '../manifests.ts';
import { minute, RampHouse } from '../ramping/ramp-house.ts';

const [before, now] = ['the key before the new one', 'the key that signs from now on'];
/** Where a forged history leads. */
const onlyV2: Split = { v1: 0, v2: 100, v3: 0 };
const frozen = { kind: 'denied', denial: { reason: 'frozen', isForward: true } };

let house: RampHouse;

beforeEach(() => {
  house = new RampHouse();
  house.policies.take(policyOf('rules:\n  - { name: r, target: "**", shift: [everyone] }'));
  signWith(now);
});

/** A process with these keys takes over; without one, an older version of us. */
function signWith(key: RecordKey | undefined): void {
  if (key === undefined) delete house.mesh.provenance;
  else house.mesh.provenance = new SignedHistory(shortSignature(key), { changes: house.changes, log: house.log });
}

async function shifted(percent: number): Promise<void> {
  await house.shifted('v3', percent);
  await house.work();
  house.pass(2 * minute);
}

async function freeze(): Promise<void> {
  await house.freeze('U02BOB', 'sandbox/default', { end: { kind: 'for', ms: 24 * 60 * minute } });
}

async function rollback(...typed: Parameters<typeof house.typeRollback>) {
  const answer = await house.typeRollback(...typed);
  await house.goOn();
  house.pass(2 * minute);
  return answer;
}

/** Somebody writes the annotation with an editor. */
function editHistory(edit: (ledger: Ledger) => Ledger): void {
  house.mesh.editByHand(reviewsObject, (route) => ({ ...route, ledger: edit(route.ledger) }));
}

function addOnTop(made: Partial<Revision>): void {
  editHistory(({ seq, revisions }) => ({
    seq: seq + 1,
    revisions: [revision({ id: changeId(99), at: house.now().toISOString(), ...made }), ...revisions],
  }));
}

/** The records of all that the history has are gone, as after a month or a loss. */
function forgetRecords(): void {
  const gone = house.mesh.ledgerOf(reviewsObject).revisions.map(({ id }) => id);
  const read = house.changes.read.bind(house.changes);
  house.changes.read = async (id) => (gone.includes(id) ? undefined : read(id));
}

async function marks(): Promise<readonly (true | undefined)[]> {
  const { live } = await house.mesh.open(reviewsObject);
  return live?.ledger.revisions.map(({ isUnsigned }) => isUnsigned) ?? [];
}

const at = (v3: number): Split => ({ v1: 100 - v3, v2: 0, v3 });

describe('a history that somebody forged', () => {
  it('is no way through a freeze', async () => {
    await shifted(10);
    addOnTop({ from: onlyV2, to: at(10) });
    await freeze();

    expect(await rollback()).toMatchObject(frozen);
    expect(await rollback(changeId(99))).toMatchObject({ kind: 'refused' });
    expect(house.split).toMatchObject(at(10));
  });

  it('is a way where no key is set, as before', async () => {
    signWith(undefined);
    await shifted(10);
    addOnTop({ from: onlyV2, to: at(10) });
    await freeze();

    expect(await rollback()).toMatchObject({ kind: 'accepted' });
    expect(house.split).toMatchObject(onlyV2);
  });

  it.each<[string, (ledger: Ledger) => Ledger]>([
    [
      'with another split before',
      ({ seq, revisions: [newest = revision(), ...older] }) => ({
        seq,
        revisions: [{ ...newest, from: onlyV2 }, ...older],
      }),
    ],
    [
      'with a MAC and a content that belong to another place',
      ({ seq, revisions }) => ({ seq: seq + 1, revisions: [...revisions.slice(-1), ...revisions] }),
    ],
    [
      'with a made-up MAC',
      ({ seq, revisions }) => ({
        seq: seq + 1,
        revisions: [revision({ id: changeId(99), from: onlyV2, to: at(20), mac: '0'.repeat(24) }), ...revisions],
      }),
    ],
  ])('is none either %s', async (_, edit) => {
    house.mesh.moveByHand(reviewsObject, at(60));
    await shifted(0);
    await shifted(20);
    editHistory(edit);
    await freeze();

    await rollback();

    expect(house.split).toMatchObject(at(20));
    expect((await marks())[0]).toBe(true);
  });

  it('is judged by what is ours, which still leads back', async () => {
    await shifted(10);
    await shifted(50);
    const ours = house.mesh.ledgerOf(reviewsObject).revisions[0];
    addOnTop({ from: onlyV2, to: at(50) });
    await freeze();

    expect(await house.clickRollback(ours?.id ?? changeId(0))).toMatchObject({ kind: 'confirm' });
    const { revisions } = (await house.mesh.open(reviewsObject)).live?.ledger ?? { revisions: [] };
    const back = { kind: 'weights', moves: [{ rule: 'default', from: at(50), to: at(10) }] } as const;
    expect(courseOf(revisions, back, ours?.id)).toBe('back');
    expect(courseOf(revisions, { ...back, moves: [{ ...back.moves[0], to: onlyV2 }] }, changeId(99))).toBe('forward');
  });

  it('makes up no ramp that could be gone on with', async () => {
    await shifted(10);
    addOnTop({ from: at(0), to: at(10), ramp: { id: 'r-00000001', step: 1, of: 4 } });

    expect(await lostRampsOf(house.desk, { ...service('reviews'), service: 'reviews' })).toEqual([]);
    signWith(undefined);
    expect(await lostRampsOf(house.desk, { ...service('reviews'), service: 'reviews' })).toHaveLength(1);
  });
});

describe('a card', () => {
  it('says who moved the weights, though the history says that it was a change of ours', async () => {
    const change = await house.shifted('v3', 10);
    await house.work();
    house.mesh.moveByHand(reviewsObject, onlyV2);
    addOnTop({ from: at(10), to: onlyV2 });

    await house.look();

    const { state } = house.stored(change.id);
    expect(state).toMatchObject({ movedAway: { how: 'weights', manager: 'kubectl-edit', live: onlyV2 } });
    expect(state).not.toHaveProperty('later');
  });

  it('does not take a change of an older version of us for one of somebody else', async () => {
    const change = await house.shifted('v3', 10);
    await house.work();
    signWith(undefined);
    await house.writeUntold(await house.shifted('v3', 50));
    signWith(now);

    await house.look();

    expect(house.stored(change.id).state).not.toHaveProperty('movedAway');
  });
});

describe('the way back of what is ours', () => {
  it('stays where the history has outgrown its oldest entries', async () => {
    for (const percent of [10, 30, 50]) await shifted(percent);
    house.mesh.outgrow(reviewsObject, 2);
    forgetRecords();
    await freeze();

    expect(await marks()).toEqual([undefined, undefined]);
    expect(await rollback()).toMatchObject({ kind: 'accepted' });
    expect(house.split).toMatchObject(at(30));
  });

  it('stays where the object was deleted and made again by changes of ours', async () => {
    house.ruleFiles.write('all-v1', [sends('reviews', { v1: 100 })]);
    await shifted(10);
    const deletion = await house.done('/shift delete all-v1');
    await house.rolledBack(deletion.id);
    forgetRecords();

    expect(await marks()).toEqual([undefined, undefined, undefined]);
  });

  it('stays when the records are gone, the key was changed, and the object was made anew with its history', async () => {
    signWith(before);
    await shifted(10);
    signWith([now, before]);
    await shifted(50);
    forgetRecords();
    house.mesh.editByHand(reviewsObject, (route) => ({ ...route, uid: 'made-anew' }));
    await freeze();

    expect(await marks()).toEqual([undefined, undefined]);
    expect(await rollback()).toMatchObject({ kind: 'accepted' });
    expect(house.split).toMatchObject(at(10));
    expect(await rollback()).toMatchObject({ kind: 'accepted' });
    expect(house.split).toMatchObject(at(0));
  });

  it('is signed with the new key by the next write, so that the one before can be taken away', async () => {
    signWith(before);
    await shifted(10);
    signWith([now, before]);
    await shifted(50);
    signWith(now);
    forgetRecords();

    expect(await marks()).toEqual([undefined, undefined]);
  });

  it('ends where neither key fits and the records are gone', async () => {
    signWith(before);
    await shifted(10);
    signWith(now);
    forgetRecords();
    await freeze();

    expect(await marks()).toEqual([true]);
    expect(await rollback()).toMatchObject(frozen);
  });

  it('is vouched for by the stored record where an older version of us wrote it, and is signed with the next write', async () => {
    signWith(undefined);
    await shifted(10);
    await shifted(50);
    signWith(now);
    await freeze();

    expect(await marks()).toEqual([undefined, undefined]);
    expect(await rollback()).toMatchObject({ kind: 'accepted' });
    expect(house.split).toMatchObject(at(10));
    forgetRecords();
    expect(await marks()).toEqual([undefined, undefined, undefined]);
  });

  it.each<[string, Partial<Revision>]>([
    ['time', { at: '2026-11-20T14:03:11.000Z' }],
    ['split', { from: onlyV2 }],
    ['person', { by: 'U02BOB' }],
    ['ramp', { ramp: { id: 'r-00000001', step: 1, of: 4 } }],
  ])('is not vouched for with another %s', async (_, forged) => {
    signWith(undefined);
    await shifted(10);
    signWith(now);
    editHistory(({ seq, revisions }) => ({ seq, revisions: revisions.map((each) => ({ ...each, ...forged })) }));

    expect(await marks()).toEqual([true]);
  });

  it('is not vouched for while the store does not answer', async () => {
    signWith(undefined);
    await shifted(10);
    signWith(now);
    house.changes.read = async () => {
      throw new StoreUnavailableError('away');
    };

    expect(await marks()).toEqual([true]);
  });

  it('is not vouched for by a record that cannot be trusted', async () => {
    signWith(undefined);
    await shifted(10);
    signWith(now);
    house.changes.read = async () => {
      throw new UntrustedRecordError('altered');
    };

    expect(await marks()).toEqual([true]);
  });

  it('keeps its MACs when an older version of us writes beside', async () => {
    await shifted(10);
    signWith(undefined);
    await shifted(50);
    signWith(now);
    forgetRecords();

    expect(await marks()).toEqual([true, undefined]);
  });

  it('asks the store nothing where every MAC fits', async () => {
    await shifted(10);
    let asked = 0;
    house.changes.read = async () => {
      asked += 1;
      return undefined;
    };

    await house.mesh.open(reviewsObject);

    expect(asked).toBe(0);
  });
});
