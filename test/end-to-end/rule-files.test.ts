import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { buttonsOf, textOf } from '../support/slack-client.ts';
import { labelsOf, startTestWorld, type TestWorld } from '../support/test-world.ts';

const { alice, bob } = workspace.users;
const allV1 = 'bookinfo/virtual-service-all-v1';
const testV2 = 'bookinfo/virtual-service-reviews-test-v2';

describe('rule files, applied by the built bot', () => {
  let world: TestWorld;

  beforeAll(async () => {
    world = await startTestWorld({
      bots: [{ roles: 'chat' }, { roles: 'worker' }],
      environment: { RECORD_KEY: 'a key of the end to end tests' },
    });
  });
  afterAll(() => world.stop());

  it('create what is missing, apply jason’s rule, unpin it, delete all, and take each of it back', async () => {
    const { people, objects } = world;
    await objects.delete('ratings');
    const before = await objects.get('reviews');

    await people.command('alice', `apply ${allV1}`);
    const missing = await world.told(alice.id, 'it would create 1 object', 'VirtualService ratings');
    await people.click('alice', missing, 'Apply');
    const created = await world.card(`· ${allV1}`, 'created `VirtualService ratings`', 'Applied in');
    expect((await objects.get('ratings')).spec.hosts).toEqual(['ratings']);
    expect(await objects.ledger('ratings')).toMatchObject({ seq: 1 });

    await people.command('bob', `apply ${testV2} --reason "black stars for jason"`);
    const jason = await world.told(bob.id, 'it would replace 1 object', 'end-user = jason → v2');
    expect(textOf(jason).replaceAll('\u00A0', ' ')).toContain(
      '`+             end-user:`\n`+               exact: jason`',
    );
    await people.click('bob', jason, 'Apply');
    const applied = await world.card(`· ${testV2}`, 'Applied in', 'black stars for jason', 'Not reached by the split');
    expect((await objects.get('reviews')).spec.http).toHaveLength(2);

    await people.command('alice', 'unpin reviews end-user=jason');
    await people.click('alice', await world.told(alice.id, 'Unpinning `end-user=jason`'), 'Apply');
    const unpinned = await world.card('reviews · unpin end-user = jason', 'Applied in');
    expect((await objects.get('reviews')).spec).toEqual(before.spec);
    expect(unpinned.text).not.toContain('Not reached');

    await people.click('bob', unpinned, 'Roll back');
    await world.card('back to before unpin end-user = jason', 'Applied in');
    expect((await objects.get('reviews')).spec.http).toHaveLength(2);
    await people.click('bob', applied, 'Roll back');
    await world.card(`back to before ${testV2}`, 'Applied in');
    expect((await objects.get('reviews')).spec).toEqual(before.spec);

    await people.click('alice', created, 'Roll back');
    await world.card(`back to before ${allV1}`, 'deleted `VirtualService ratings`', 'Applied in');
    await expect(objects.get('ratings')).rejects.toThrow('not found');
  });

  it('delete what they name, and a rollback makes it anew with its history', async () => {
    const { people, objects } = world;
    await people.command('alice', 'reviews v3 50');
    await world.card('reviews · 50 % to v3', 'Applied in');
    const before = [await objects.get('reviews'), await objects.ledger('reviews')] as const;

    await people.command('alice', `delete ${testV2}`);
    const question = await world.told(alice.id, 'it would delete 1 object');
    expect(labelsOf(question)).toEqual(['Delete']);
    await people.click('alice', question, 'Delete');
    const deleted = await world.card(`delete ${testV2}`, 'deleted `VirtualService reviews`', 'Applied in');
    await expect(objects.get('reviews')).rejects.toThrow('not found');
    await people.click('bob', deleted, 'Roll back');
    await world.card(`back to before delete ${testV2}`, 'Applied in');

    expect((await objects.get('reviews')).spec).toEqual(before[0].spec);
    expect(await objects.ledger('reviews')).toMatchObject({ seq: before[1].seq + 2 });
    await people.command('bob', 'history reviews');
    await world.told(bob.id, `delete ${testV2}`, 'takes back');
  });

  it('that come to weights are shifts, at once', async () => {
    const { people, objects } = world;

    await people.command('alice', 'apply bookinfo/virtual-service-reviews-80-20');
    await world.card('reviews · v1 80 %, v2 20 %', 'Applied in');

    expect(new Map(await objects.weights('reviews'))).toEqual(
      new Map([
        ['v1', 80],
        ['v2', 20],
        ['v3', 0],
      ]),
    );
    await people.command('alice', 'apply bookinfo/virtual-service-reviews-80-20');
    await world.told(alice.id, 'All is already as the file says');
  });

  it('are named when they are mistyped', async () => {
    await world.people.command('alice', 'apply bookinfo/virtual-service-al-v1');

    await world.told(alice.id, 'There is no rule file of that name', `Did you mean \`${allV1}\``);
  });
});

describe('rule files that are wrong, or that the bot has no rights for', () => {
  let world: TestWorld;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shiftbot-rules-'));
    world = await startTestWorld({ environment: { RULES_DIR: folder }, ruleFiles: false });
  });
  afterAll(async () => {
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('are refused whole, or by the API server in its own words before anything is done', async () => {
    const { people } = world;
    await writeFile(
      join(folder, 'broken.yaml'),
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\n\tspec: {}\n',
    );
    await writeFile(
      join(folder, 'refused.yaml'),
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: reviews }\nspec: { hosts: [reviews], http: [{ route: [{ destination: { host: reviews }, weight: 0 }, { destination: { host: reviews, subset: v1 }, weight: 0 }] }] }\n',
    );
    const before = await world.objects.get('reviews');

    await people.command('alice', 'apply broken');
    await world.told(alice.id, 'cannot be used', 'line 3');
    await people.command('alice', 'apply refused');
    const refused = await world.told(alice.id, 'The API server would refuse `VirtualService reviews`', 'weight');

    expect(buttonsOf(refused)).toEqual([]);
    expect(await world.objects.get('reviews')).toEqual(before);
  });

  it('are answered with the right that is missing and the overlay that grants it, while shifts go on', async () => {
    const { people } = world;
    await writeFile(
      join(folder, 'new.yaml'),
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: new }\nspec: { hosts: [new], http: [{ route: [{ destination: { host: new } }] }] }\n',
    );

    await people.command('alice', 'apply new');
    const answer = await world.told(
      alice.id,
      'the bot cannot create resource "virtualservices"',
      '`manifests/rule-files`',
    );
    await people.command('alice', 'reviews v3 50');
    await world.card('reviews · 50 % to v3', 'Applied in');

    expect(buttonsOf(answer)).toEqual([]);
  });
});
