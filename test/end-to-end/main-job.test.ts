import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { buttonsOf } from '../support/slack-client.ts';
import { labelsOf, startTestWorld, type TestWorld } from '../support/test-world.ts';

const { alice, bob } = workspace.users;
const service = 'ratings';

describe.each([
  { mode: 'Socket Mode', http: false },
  { mode: 'signed HTTP events', http: true },
])('the main job over $mode', ({ http }) => {
  let world: TestWorld;

  beforeAll(async () => {
    world = await startTestWorld({ http });
  });
  afterAll(() => world.stop());

  it('moves half of the traffic, shows it on one card, and takes it back with one click', async () => {
    const before = await world.objects.get('reviews');

    await world.people.command('alice', 'reviews v3 50 --reason “red stars for everyone”');
    const applied = await world.card(
      'reviews · 50 % to v3',
      'v1 100 → 50 %',
      'v3 0 → 50 %',
      'Applied in',
      `<@${alice.id}>`,
    );
    const live = await world.objects.get('reviews');
    await world.people.click('bob', applied, 'Roll back');
    const back = await world.card('back to v1 100 %', 'Applied in', `<@${bob.id}>`);
    const first = await world.card('50 % to v3', 'Rolled back', `<@${bob.id}>`);

    const destinations = [
      { destination: { host: 'reviews', subset: 'v1' }, weight: 50 },
      { destination: { host: 'reviews', subset: 'v3' }, weight: 50 },
    ];
    expect(live.spec).toEqual({ ...before.spec, http: [{ route: destinations }] });
    expect(await world.objects.weights('reviews')).toEqual([
      ['v1', 100],
      ['v3', 0],
    ]);
    const [rollback, shift] = (await world.objects.ledger('reviews')).revisions;
    expect(shift).toMatchObject({
      from: { v1: 100 },
      to: { v1: 50, v3: 50 },
      by: alice.id,
      reason: 'red stars for everyone',
    });
    expect(rollback).toMatchObject({
      from: { v1: 50, v3: 50 },
      to: { v1: 100, v3: 0 },
      by: bob.id,
      reverts: shift?.id,
    });
    expect(first.ts).toBe(applied.ts);
    expect(labelsOf(applied)).toEqual(['Roll back to v1 100 %', 'v3 → 100 %', 'History']);
    expect(buttonsOf(first)).toEqual([]);
    expect(labelsOf(back)).toContain('Roll back to v1 50 %, v3 50 %');
  });

  it('takes a rollback back as well', async () => {
    await world.people.command('alice', `${service} v2 40`);
    const applied = await world.card(`${service} · 40 % to v2`, 'Applied in');
    await world.people.click('bob', applied, 'Roll back');
    const back = await world.card(`${service} · back to v1 100 %`, 'v1 60 → 100 %', 'Applied in', 'takes back');

    await world.people.click('alice', back, 'Roll back');

    await world.card(`${service} · back to v1 60 %, v2 40 %`, 'Applied in');
    expect(await world.objects.weights(service)).toEqual([
      ['v1', 60],
      ['v2', 40],
    ]);
  });

  it('shows what a late rollback would undo, and asks before it does', async () => {
    await world.people.command('alice', `${service} v2 10`);
    const early = await world.card(`${service} · 10 % to v2`, 'Applied in');
    await world.people.command('bob', `promote ${service} v2`);
    await world.card(`${service} · 100 % to v2`, 'Applied in');

    await world.people.click('alice', early, 'Roll back');
    const question = await world.told(alice.id, 'no longer the last change', 'v2\u00A0\u00A0100\u00A0→\u00A040\u00A0%');
    const untouched = await world.objects.weights(service);
    await world.people.click('alice', question, 'Roll back');
    await world.card(`${service} · 10 % to v2`, 'Rolled back', `<@${alice.id}>`);

    expect(untouched).toEqual([
      ['v1', 0],
      ['v2', 100],
    ]);
    expect(await world.objects.weights(service)).toEqual([
      ['v1', 60],
      ['v2', 40],
    ]);
  });

  it('promotes by the button of the card', async () => {
    await world.people.command('alice', 'details v2 20');
    const applied = await world.card('details · 20 % to v2', 'Applied in');

    await world.people.click('bob', applied, 'v2 → 100 %');

    await world.card('details · 100 % to v2', 'Applied in', `<@${bob.id}>`);
    await world.card('details · 20 % to v2', 'changed since');
    expect(await world.objects.weights('details')).toEqual([
      ['v1', 0],
      ['v2', 100],
    ]);
  });

  it('answers a mention in a thread there, and puts the card there', async () => {
    const root = await world.people.say('bob', 'shall we?');

    await world.people.mention('bob', 'details v1=70 v2=30', { thread_ts: root.ts });

    const posted = await world.card('details · v1 70 %, v2 30 %', 'Applied in');
    expect(posted.thread_ts).toBe(root.ts);
    expect((await world.told(bob.id, 'Accepted', 'details')).thread_ts).toBe(root.ts);
  });

  it('does nothing when it is only spoken of in a message', async () => {
    const before = await world.objects.get('reviews');

    await world.people.mention('bob', `I would not let <@${workspace.bot.id}> promote reviews v2`);

    await world.told(bob.id, 'begins with my name', 'Nothing was done');
    expect(await world.objects.get('reviews')).toEqual(before);
  });

  it.each`
    text                              | words
    ${'reviews v4 50'}                | ${['no version `v4`', '`v1`, `v2`, `v3`']}
    ${'reviws v3 50'}                 | ${['no service `reviws`', 'Did you mean `reviews`']}
    ${'reviews v3 150'}               | ${['`150` is not a percentage']}
    ${'reviews v1=80 v3=30'}          | ${['80 + 30 is 110']}
    ${'statsu reviews'}               | ${['Did you mean `/shift status reviews`']}
    ${'reviews v3 50 --raeson x'}     | ${['no flag `--raeson`', '`--reason`']}
    ${'promote productpage v1'}       | ${['already has v1 100 %']}
    ${'reviews v3 50 -n nowhere'}     | ${['the bot cannot list resource', 'in the namespace "nowhere"', 'a Role and a RoleBinding']}
    ${'rollback productpage'}         | ${['Nothing to roll back']}
    ${'reviews v3 50 --cluster prod'} | ${['no cluster `prod`']}
  `(
    'answers "$text" to the one who typed it, and to nobody else',
    async ({ text, words }: { text: string; words: string[] }) => {
      const startedMs = performance.now();
      await world.people.command('carol', text);
      const tookMs = performance.now() - startedMs;

      const told = await world.told(workspace.users.carol.id, ...words);
      expect(told.subtype).toBe('ephemeral');
      expect(tookMs).toBeLessThan(3_000);
    },
  );

  it('shows a plan and the verdict of the API server on a dry run, and changes nothing', async () => {
    const before = await world.objects.get('productpage');

    await world.people.command('alice', 'reviews v2 20 —dry-run');

    const { text } = await world.told(alice.id, 'Dry run', 'The API server would take it');
    expect(text.replaceAll('\u00A0', ' ')).toContain('v2    0 → 20 %');
    expect(await world.objects.get('productpage')).toEqual(before);
  });

  it('says who changed what and why, from the object itself', async () => {
    await world.people.command('bob', 'history reviews');

    const { text } = await world.told(bob.id, 'newest first');
    expect(text).toContain(`<@${alice.id}> · v1 100 → 50 %, v3 0 → 50 % · “red stars for everyone”`);
  });
});
