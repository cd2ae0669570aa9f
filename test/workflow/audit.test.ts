import { beforeEach, describe, expect, it } from 'vitest';
import { planHash } from '../../src/workflow/audit.ts';
import { approve } from '../../src/workflow/deciding/approve.ts';
import { RejectedError } from '../../src/workflow/errors.ts';
import { reviewsObject } from '../support/builders.ts';
import { approvedBy, policyOf } from '../support/policies.ts';
import { acceptedIn, House } from './house.ts';
import { kinds } from './kinds.ts';
import { routed, sends, toJason } from './manifests.ts';
import { trail } from './trail.ts';
import { lives, noes, type Walk } from './walks.ts';

const [alice, bob] = ['U01ALICE', 'U02BOB'] as const;
const onlyBob = policyOf(`rules: [{ name: bobs, target: "**", shift: [${bob}] }]`);

async function expectTrail(house: House, { walk, leaves }: Walk): Promise<void> {
  await walk(house);
  await house.settled();

  expect(trail(house)).toEqual(leaves);
  expect(new Set(house.audit.trail.map(({ id }) => id)).size).toBe(leaves.length);
  expect(house.log.messages('info').filter((message) => message === 'audit')).toHaveLength(leaves.length);
}

describe.each(kinds)('the audit of $kind', ({ houseOf }) => {
  it.each(lives)('tells all of $name, in order and once', (life) => expectTrail(houseOf(), life));
});

describe('the audit', () => {
  let house: House;

  beforeEach(() => {
    house = new House();
  });

  it.each(noes)('tells all of $name, in order and once', (no) => expectTrail(house, no));

  it('is told once by ten workers and for each gesture, however often it is delivered', async () => {
    house.policies.take(approvedBy([bob]));
    const [asks, mistakes, approves] = [house.asker(), house.asker(), house.asker(bob)];
    const again = <T>(deliver: () => Promise<T>) => Promise.all(Array.from({ length: 5 }, deliver));

    await again(() => house.shift('v9', 50, {}, mistakes));
    const [answer] = await again(() => house.shift('v3', 50, {}, asks));
    const { id } = acceptedIn(answer ?? { kind: 'none' });
    await again(() => approve(house.desk, { id }, approves));
    await again(() => approve(house.desk, { id }, approves));
    for (let jobs = 0; jobs < 20; jobs += 1) await house.queue.addAgain(house.stored(id));
    await house.work(10);

    expect(trail(house)).toEqual([
      'U01ALICE refused shift unknown-version',
      'U01ALICE awaiting shift 1 rule r',
      'U02BOB approved approve 0 rule r',
      'nobody applied',
    ]);
  });

  it('says who, when, where, what and for which plan', async () => {
    house.policies.take(approvedBy([bob]));
    const asker = house.asker(alice, { team: 'T01TEAM' });

    const { id } = await house.accepted('v3', 50, { reason: 'red stars' }, asker);
    house.pass(1_000);
    await house.approve(id, bob);
    await house.work();

    const about = {
      ...{ changeId: id, askedBy: alice, object: reviewsObject, route: 'default', reason: 'red stars' },
      ...{ from: { v1: 100 }, to: { v1: 50, v3: 50 }, plan: planHash(house.stored(id)) },
      service: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
    };
    const gesture = { by: { user: alice, team: 'T01TEAM' }, channel: 'C01CHANNEL', request: id.replace('c-', 'g-') };
    const asked = { deed: 'shift', missing: 1, rule: { name: 'r', line: 2 } };
    const live = { v1: 50, v3: 50 };
    expect(house.audit.trail).toEqual([
      { ...about, ...gesture, ...asked, id: `${id}.0`, kind: 'awaiting', at: '2026-11-22T14:03:11.000Z' },
      expect.objectContaining({ ...about, id: `${id}.1`, kind: 'approved', at: '2026-11-22T14:03:12.000Z' }),
      { ...about, id: `${id}.3`, kind: 'applied', at: '2026-11-22T14:03:12.000Z', live },
    ]);
    expect(house.log.lines.filter(({ message }) => message === 'audit').map(({ fields }) => fields)).toMatchObject(
      house.audit.trail,
    );
  });

  it('tells of a rule file that may not be applied, with its objects, unless it was only a dry run', async () => {
    house = new House(routed('reviews', { v1: 100 }, toJason));
    house.ruleFiles.write('all-v1', [sends('reviews', { v1: 100 }), sends('ratings', { v1: 100 })]);
    house.policies.take(onlyBob);
    await house.type('/shift apply all-v1 --dry-run');
    await house.type('/shift apply all-v1');
    house.mesh.rejectEverything(new RejectedError('no such subset'));
    await house.type('/shift apply all-v1', house.asker(bob));

    expect(trail(house)).toEqual(['U01ALICE denied shift not-allowed rule bobs', 'U02BOB refused shift not-taken']);
    const objects = expect.arrayContaining(['default/ratings']);
    expect(house.audit.trail[0]).toMatchObject({ does: 'apply all-v1', objects });
  });

  it('keeps nobody from anything while its store is away, and is in the log all the same', async () => {
    house.audit.goAway();

    expect(await house.shift('v9', 50)).toMatchObject({ kind: 'refused' });

    expect(house.audit.trail).toEqual([]);
    expect(house.log.lines.find(({ message }) => message === 'audit')?.fields).toMatchObject({ kind: 'refused' });
    expect(house.log.messages('warn')).toContain('an event could not be kept for the audit');
  });
});
