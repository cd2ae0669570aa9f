import { afterEach, describe, expect, it } from 'vitest';
import { reviews, reviewsObject } from '../support/builders.ts';
import { InMemoryLimits } from '../support/in-memory-limits.ts';
import { House } from '../workflow/house.ts';
import { Door } from './door.ts';

let door: Door;

afterEach(() => door.close());

const services = ['reviews', 'ratings', 'details'];

async function open(options: { readonly summaryAfterMs?: number } = {}): Promise<House> {
  const house = new House(...services.map((name) => reviews({ v1: 100 }, { object: { ...reviewsObject, name } })));
  door = await new Door(house, { perMinute: 30 }).open(options);
  return house;
}

/** Types as many as there are, every one another share, and tells what was said to them. */
async function typeMany(
  times: number,
  service: string,
  user: (at: number) => string,
): Promise<readonly (string | undefined)[]> {
  const answers: (string | undefined)[] = [];
  for (let at = 0; at < times; at += 1) {
    const answer = await door.command(`${service} v3 ${(at % 98) + 1}`, { user: user(at) });
    answers.push(answer?.text);
  }
  return answers;
}

const isAccepted = (text: string | undefined) => text?.startsWith('Accepted:') === true;

describe('row 21: 500 commands at once', () => {
  it('by one person: 20 are taken, the first that is too many is told, and the rest is not answered one by one', async () => {
    const house = await open();

    const answers = await typeMany(500, 'reviews', () => 'U01ALICE');

    expect(answers.filter(isAccepted)).toHaveLength(20);
    expect(house.changes.all).toHaveLength(20);
    expect(answers[20]).toContain('I take 30 a minute from one person, so this was *not accepted*');
    expect(answers.slice(21).filter((text) => text !== undefined)).toEqual([]);
    await house.settled();
    const told = house.audit.trail.map(({ kind, because }) => [kind, because].join(' '));
    expect(told.filter((each) => each !== 'accepted ')).toEqual(['refused too-many']);
  });

  it('by one person: one message tells in the end how many were not taken', async () => {
    await open({ summaryAfterMs: 2_000 });
    await typeMany(20, 'reviews', () => 'U01ALICE');

    await Promise.all(Array.from({ length: 9 }, (_, at) => door.command(`reviews v3 ${at + 1}`)));

    await expect
      .poll(() => door.told().map(({ text }) => text), { timeout: 10_000 })
      .toEqual([expect.stringMatching(/^\*Not accepted:\* \d of what you sent in the last minute/)]);
  });

  it('by one person: others and other services are not kept out, and the person may look and roll back', async () => {
    const house = await open();
    await house.applied('v3', 50);
    await typeMany(60, 'reviews', () => 'U01ALICE');

    expect(isAccepted((await door.command('ratings v3 50', { user: 'U02BOB' }))?.text)).toBe(true);
    expect((await door.answered('status reviews')).text).toContain('`default`');
    expect((await door.answered('rollback reviews')).text).not.toContain('not accepted');
    expect(await door.command('ratings v3 50', { user: 'U01ALICE' })).toBeUndefined();
  });

  it('on one service by many people: the service takes 40 at once, each is told, and other services are free', async () => {
    const house = await open();

    const answers = await typeMany(200, 'reviews', (at) => `U${String(at % 20).padStart(8, '0')}`);

    expect(answers.filter(isAccepted)).toHaveLength(40);
    expect(answers.filter((text) => text?.includes('I take 60 a minute for one service'))).toHaveLength(20);
    expect(house.changes.all).toHaveLength(40);
    expect(isAccepted((await door.command('ratings v3 50', { user: 'U00000001' }))?.text)).toBe(true);
  });

  it('on one service by many people: none of them keeps a rollback out', async () => {
    const house = await open();
    const applied = await house.applied('v3', 50);
    await typeMany(100, 'reviews', (at) => `U${String(at % 20).padStart(8, '0')}`);

    const told = await door.click({ action: 'roll_back', value: applied.id, user: 'U00000001' });

    expect(told?.text).toContain('Accepted: c-');
    expect(house.changes.all.filter(({ reverts }) => reverts === applied.id)).toHaveLength(1);
  });

  it('takes again what comes after a while', async () => {
    const house = await open();
    await typeMany(25, 'reviews', () => 'U01ALICE');
    house.pass(2_000);

    expect(isAccepted((await door.command('reviews v2 50'))?.text)).toBe(true);
    expect(await door.command('reviews v2 51')).toBeUndefined();
  });

  it('of looking: many more are taken, and then it is told too', async () => {
    await open();
    const answers: (string | undefined)[] = [];
    for (let at = 0; at < 100; at += 1) answers.push((await door.command('help'))?.text);

    expect(answers.filter((text) => text?.includes('/shift status'))).toHaveLength(80 + 0);
    expect(answers[80]).toContain('That is a lot: I take 120 a minute');
    expect(answers.slice(81).every((text) => text === undefined)).toBe(true);
  });
});

describe('when nobody can count', () => {
  it('a shift is not accepted, and looking goes on', async () => {
    const limits = new InMemoryLimits();
    limits.goAway();
    door = await new Door(new House(), { perMinute: 30, limits }).open();

    expect((await door.answered('reviews v3 50')).text).toContain('*Not accepted:* Redis');
    expect((await door.answered('status reviews')).text).toContain('`default`');
    expect(door.house.changes.all).toEqual([]);
  });
});

describe('a delivery that comes again', () => {
  it('is answered as accepted, though its person asks too much by now', async () => {
    await open();
    const fields = {
      command: '/shift',
      text: 'reviews v3 50',
      user_id: 'U01ALICE',
      team_id: 'T01TEAM',
      channel_id: 'C01CHANNEL',
    };
    const again = () =>
      door.post(
        'application/x-www-form-urlencoded',
        new URLSearchParams({ ...fields, trigger_id: '1.2.same', x: String(Math.random()) }).toString(),
      );
    await again();
    await typeMany(25, 'ratings', () => 'U01ALICE');

    expect((await again()).body).toContain('Already asked for by <@U01ALICE>');
  });
});
