import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Route } from '../../src/domain/routing/route.ts';
import { jason, reviews, reviewsObject, revision, rule } from '../support/builders.ts';
import { wrongInMessage } from '../support/slack-reading.ts';
import { House } from '../workflow/house.ts';
import { Door } from './door.ts';

let door: Door;

afterEach(() => door.close());

async function open(...routes: readonly Route[]): Promise<Door> {
  door = await new Door(new House(...routes)).open();
  return door;
}

/** Nothing was accepted, queued, written or posted. */
function nothingHappened(): void {
  expect(door.house.changes.all).toEqual([]);
  expect(door.house.queue.take()).toBeUndefined();
  expect(door.slack.callsOf('chat.postMessage')).toEqual([]);
}

const ratings = { ...reviewsObject, name: 'ratings' };

describe('row 1: an empty command, help, an unknown verb, a mistyped name', () => {
  it.each(['', '   ', 'help'])('is answered with help and the services that are there: %j', async (text) => {
    await open(reviews({ v1: 100 }), reviews({ v1: 100 }, { object: ratings }));

    const { text: answer } = await door.answered(text);

    expect(answer).toContain('`/shift status [reviews]`');
    expect(answer).toContain('Services here: `ratings`, `reviews`.');
    nothingHappened();
  });

  it.each`
    typed                   | words
    ${'shfit reviews v3 5'} | ${'Did you mean `/shift reviews v3 5`?'}
    ${'reviws v3 50'}       | ${'There is no service `reviws` in `default`. Did you mean `reviews`?'}
    ${'reviews v33 50'}     | ${'`reviews` has no version `v33`; it has `v1`, `v2`, `v3`.'}
    ${'status reviws'}      | ${'Did you mean `reviews`?'}
    ${'rolback reviews'}    | ${'`/shift rollback reviews`'}
  `('is answered with the nearest name: $typed', async ({ typed, words }) => {
    await open();

    expect((await door.answered(typed)).text).toContain(words);
    nothingHappened();
  });
});

describe('row 2: arguments too many, missing or in another order, quotes, line breaks, other ways to write a share', () => {
  it.each`
    typed                                  | next
    ${'reviews 50 v3'}                     | ${'`/shift reviews v3 50`'}
    ${'reviews v3'}                        | ${'`/shift reviews v3 50`'}
    ${'reviews v3 50 please'}              | ${'`/shift reviews v3 50`'}
    ${'reviews v3=50'}                     | ${'`/shift reviews v3 50`'}
    ${'reviews 50% to v3'}                 | ${'`/shift reviews v3 50%`'}
    ${'reviews v1 = 50 v3 = 50'}           | ${'`/shift reviews v1=50 v3=50`'}
    ${'reviews v3 50 --reason "red stars'} | ${'`--reason "red stars"`'}
  `('is refused with the corrected command: $typed', async ({ typed, next }) => {
    await open();

    expect((await door.answered(typed)).text).toContain(next);
    nothingHappened();
  });

  it.each([
    'reviews\tv3\n50',
    '“reviews” v3 50',
    'reviews v3 50 %',
    '`/shift reviews v3 50`',
    'reviews v1=50 v3=50',
    'reviews v3 50 —reason “red stars”',
  ])('is accepted where there is no doubt: %j', async (text) => {
    await open();

    expect((await door.answered(text)).text).toContain('Accepted: c-');
    expect(door.house.changes.all).toMatchObject([{ edits: [{ moves: [{ to: { v1: 50, v3: 50 } }] }] }]);
  });
});

describe('rows 3 and 29: weights that are no whole percentages, and numbers of other locales', () => {
  it.each([
    '-1',
    '101',
    '33.3',
    '1e2',
    '0x32',
    '050',
    '+50',
    '5O',
    '５０',
    '٥٠',
    'NaN',
    'Infinity',
    '2147483648',
    '9007199254740993',
    '9'.repeat(400),
    '50,5',
  ])('are refused: %s', async (weight) => {
    await open();

    const { text } = await door.answered(`reviews v3 ${weight}`);

    expect(text).toMatch(/is not a percentage|There is no flag/);
    nothingHappened();
  });
});

describe('row 4: weights whose sum is not the total', () => {
  it.each`
    typed                          | sum                      | fix
    ${'reviews v1=60 v3=60'}       | ${'60 + 60 is 120'}      | ${'`/shift reviews v1=60 v3=40`'}
    ${'reviews v1=50 v3=20'}       | ${'50 + 20 is 70'}       | ${'`/shift reviews v1=50 v3=50`'}
    ${'reviews v1=100 v2=50 v3=1'} | ${'100 + 50 + 1 is 151'} | ${'`/shift reviews v1=66 v2=33 v3=1`'}
  `('are refused with the sum and the fix: $typed', async ({ typed, sum, fix }) => {
    await open();

    const { text } = await door.answered(typed);

    expect(text).toContain(sum);
    expect(text).toContain(fix);
    nothingHappened();
  });

  it.each`
    live                   | shown      | after
    ${{ v1: 1, v2: 1 }}    | ${'50 %'}  | ${{ v1: 20, v2: 80 }}
    ${{ v1: 150, v2: 50 }} | ${'75 %'}  | ${{ v1: 40, v2: 160 }}
    ${{ v1: 3, v2: 0 }}    | ${'100 %'} | ${{ v1: 20, v2: 80 }}
  `(
    'of an object are understood, shown as percent, and kept where they can be: $live',
    async ({ live, shown, after }) => {
      await open(reviews(live));

      expect((await door.answered('status reviews')).text.replaceAll('\u00A0', ' ')).toContain(shown);
      await door.answered('reviews v2 80');

      expect(door.house.changes.all).toMatchObject([{ edits: [{ moves: [{ to: after }] }] }]);
    },
  );
});

describe('row 5: objects of other shapes', () => {
  it.each`
    what                              | route                                                                                                 | typed                          | words
    ${'rules with a match alone'}     | ${reviews({}, { rules: [jason, rule({ v1: 100 }, { key: 'api', match: 'path starts with /api' })] })} | ${'reviews v3 50'}             | ${'Name one: `--route api`.'}
    ${'rules that have no name'}      | ${reviews({}, { rules: [jason, { ...jason, key: '#2 x = y', match: 'x = y' }] })}                     | ${'reviews v3 50'}             | ${'Name one: `--route 1`.'}
    ${'no rule at all'}               | ${reviews({}, { rules: [] })}                                                                         | ${'reviews v3 50'}             | ${'no rule at all'}
    ${'a delegate'}                   | ${reviews({}, { rules: [rule({}, { unsplittable: 'delegate' })] })}                                   | ${'reviews v3 50'}             | ${'hands over to another VirtualService'}
    ${'versions under several hosts'} | ${reviews({}, { rules: [rule({ v1: 50, v2: 50 }, { host: undefined })] })}                            | ${'reviews v3 50'}             | ${'do not share one host'}
    ${'everything on one version'}    | ${reviews({ v1: 100 })}                                                                               | ${'reviews v1 50'}             | ${'is the only version with a destination'}
    ${'a rule that is not there'}     | ${reviews({ v1: 100 })}                                                                               | ${'reviews v3 50 --route аpi'} | ${'no rule `аpi` (with U+0430)'}
  `('with $what are refused, and it is said why', async ({ route, typed, words }) => {
    await open(route);

    expect((await door.answered(typed)).text).toContain(words);
    nothingHappened();
  });

  const orders = rule({ v1: 90, v2: 10 }, { key: 'orders', match: 'path = /orders' });
  const api = rule({ v1: 80, v2: 20 }, { key: '#2 path = /api', match: 'path = /api' });
  const accessory = z.object({ accessory: z.object({ action_id: z.string(), value: z.string(), text: z.unknown() }) });

  it('with several rules and none for all the rest are asked about with buttons, and a click does what its line says', async () => {
    await open(reviews({}, { rules: [orders, api] }));

    const { blocks = [] } = await door.answered('reviews v2 50');
    const choices = blocks.flatMap((block) => accessory.safeParse(block).data?.accessory ?? []);
    nothingHappened();

    expect(choices.map(({ value }) => value)).toEqual([
      '/shift reviews v2 50 -n default --cluster sandbox --route orders',
      '/shift reviews v2 50 -n default --cluster sandbox --route "#2 path = /api"',
      '/shift reviews v2 50 -n default --cluster sandbox --all-routes',
    ]);
    await door.click({ action: choices[1]?.action_id ?? '', value: choices[1]?.value });
    expect(door.house.changes.all).toMatchObject([{ edits: [{ moves: [{ rule: '#2 path = /api' }] }] }]);
    await door.click({ action: 'this_one', value: choices[2]?.value });
    expect(door.house.changes.all.at(-1)).toMatchObject({ edits: [{ moves: [{ rule: 'orders' }] }] });
  });

  it.each(['/shift lock reviews', '/shift rollback reviews', 'reviews v2 50', 17])(
    'take no other line from such a button: %j',
    async (value) => {
      await open(reviews({ v1: 100 }));

      expect((await door.click({ action: 'this_one', value }))?.text).toContain('not one of mine');
      nothingHappened();
      expect(await door.house.holds.standing(door.house.now())).toEqual([]);
    },
  );

  it('with several rules are changed in the one that takes all the rest, and it is said which', async () => {
    await open(reviews({}, { rules: [jason, rule({ v1: 100 })] }));

    expect((await door.answered('reviews v3 50 --dry-run')).text).toContain('rule `default`: nothing was changed');
    expect((await door.answered('reviews v3 50')).text).toContain(
      'Of its rules this is the one that takes all the rest.',
    );
  });

  it('with faults and mirrors tell so in their status', async () => {
    await open(reviews({}, { rules: [rule({ v1: 0, v2: 0 }, { besides: ['fault', 'mirror'] })] }));

    const { text } = await door.answered('status reviews');

    expect(text).toContain('injects faults');
    expect(text).toContain('mirrors its requests');
    expect(text.replaceAll('\u00A0', ' ')).toContain('v1    0 %');
  });

  it('know a rule by its name however its letters are composed', async () => {
    await open(reviews({}, { rules: [rule({ v1: 100 }, { key: 'caf\u00E9', match: 'path = /' })] }));

    expect((await door.answered('reviews v3 50 --route "cafe\u0301"')).text).toContain('Accepted: c-');
  });
});

describe('row 7: a target that is there already', () => {
  it('is answered with since when and by which change, and there is no job and no post', async () => {
    const at = '2026-11-22T13:03:11Z';
    await open(reviews({ v1: 50, v3: 50 }, { revisions: [revision({ at })] }));

    const { text } = await door.answered('reviews v3 50');

    expect(text).toBe(
      '`reviews` already has v1 50 %, v3 50 %, since 1 h ago, by change c-00000001 of <@U01ALICE>. Nothing was changed.',
    );
    nothingHappened();
  });
});

describe('rows 8 and 9: a service that is in several places, or in none that is seen', () => {
  it('names all objects that its requests follow, and changes none until one is named', async () => {
    await open(reviews({ v1: 100 }), { ...reviews({ v1: 100 }, { object: ratings }), hosts: ['reviews'] });
    door.house.mesh.editWhole(ratings, (content) => ({ ...content, spec: { ...content.spec, exportTo: ['.'] } }));

    expect((await door.answered('reviews v3 50')).text).toContain(
      'follow several objects: `VirtualService reviews`, `VirtualService ratings`',
    );
    nothingHappened();

    await door.answered('vs/ratings v3 50');
    expect(door.house.changes.all).toMatchObject([{ edits: [{ object: ratings }] }]);
  });

  it('is another one in another namespace', async () => {
    await open(reviews({ v1: 100 }), reviews({ v2: 100 }, { object: { ...reviewsObject, namespace: 'bookinfo' } }));

    await door.answered('bookinfo/reviews v3 50');

    expect(door.house.changes.all).toMatchObject([
      { edits: [{ object: { namespace: 'bookinfo' }, moves: [{ from: { v2: 100 } }] }] },
    ]);
  });

  it('is not told apart from one in a namespace that does not exist', async () => {
    await open();
    const words = async (namespace: string) =>
      (await door.answered(`reviews v3 50 -n ${namespace}`)).text.replaceAll(namespace, 'X');

    expect(await words('empty')).toBe(await words('absent'));
  });
});

describe('row 10: names that look like others', () => {
  it.each`
    typed                                | words
    ${'rеviews v3 50'}                   | ${'`rеviews` (with U+0435)'}
    ${'reviews vЗ 50'}                   | ${'(with U+0437)'}
    ${'re\u202Eviews v3 50'}             | ${'(with U+202E)'}
    ${'re\u2066views v3 50'}             | ${'(with U+2066)'}
    ${'cafe\u0301 v3 50'}                | ${'(with U+0301)'}
    ${'caf\u00E9 v3 50'}                 | ${'(with U+00E9)'}
    ${'🌟 v3 50'}                        | ${'(with U+1F31F)'}
    ${'reviews\0 v3 50'}                 | ${'(with U+0000)'}
    ${'reviews v3 50 --cluster sаndbox'} | ${'There is no cluster `sаndbox` (with U+0430)'}
  `('are refused with their code points: $typed', async ({ typed, words }) => {
    await open();

    const answer = await door.answered(typed);

    expect(answer.text).toContain(words);
    expect(wrongInMessage(answer)).toBeUndefined();
    nothingHappened();
  });

  it('are the same where only what nobody sees differs', async () => {
    await open();

    expect((await door.answered('re\u200Bviews\uFEFF v3\u00A050')).text).toContain('Accepted: c-');
  });
});

describe('row 12: what is too long', () => {
  it('of a command is refused', async () => {
    await open();

    expect((await door.answered(`reviews v3 50 --reason ${'x'.repeat(8_000)}`)).text).toContain('characters long');
    nothingHappened();
  });

  it('of a reason is cut between two characters, and says how much is missing', async () => {
    await open();
    await door.answered(`reviews v3 50 --reason "${'🌟'.repeat(1_500)}"`);

    const [card] = await door.cards();

    expect(card?.arguments['blocks']).toContain(`${'🌟'.repeat(300)}… +1200”`);
  });

  it('of a namespace is told with how many are missing and how to see them', async () => {
    const many = Array.from({ length: 200 }, (_, at) =>
      reviews({ v1: 1, v2: 1 }, { object: { ...reviewsObject, name: `service-${at}` } }),
    );
    await open(...many);

    const answer = await door.answered('status');

    expect(answer.text).toContain('… +160 more; name one: `/shift status service-40 -n default --cluster sandbox`');
    expect(answer.text).toContain('`service-0` v1 50 %, v2 50 %\n`service-1`');
    expect(wrongInMessage(answer)).toBeUndefined();
  });
});

describe('what is suggested', () => {
  it('stays in the place that was typed', async () => {
    await open(reviews({ v1: 100 }, { object: { ...reviewsObject, namespace: 'shop' } }));

    expect((await door.answered('rollback reviews -n shop')).text).toContain(
      '`/shift status reviews -n shop --cluster sandbox` shows what it has.',
    );
    expect((await door.answered('shop/reviews v1 50')).text).toContain(
      '`/shift reviews v1=50 v2=50 -n shop --cluster sandbox`',
    );
    nothingHappened();
  });

  it.each`
    typed                        | suggested
    ${'reviews v1 50 --dry-run'} | ${'`/shift reviews v1=50 v2=50 -n default --cluster sandbox --dry-run`'}
    ${'why reviews v1 50'}       | ${'`/shift why reviews v1=50 v2=50 -n default --cluster sandbox`'}
    ${'reviews v3 50 noop'}      | ${'`/shift reviews v3 50 --dry-run`'}
  `('changes nothing where nothing was to be changed: $typed', async ({ typed, suggested }) => {
    await open(reviews({ v1: 100 }));

    expect((await door.answered(typed)).text).toContain(suggested);
    nothingHappened();
  });
});

describe('row 20: a rollback to a version that is gone', () => {
  it('is refused, and names the version', async () => {
    await open(reviews({ v1: 50, v3: 50 }, { revisions: [revision()] }));
    door.house.mesh.serve(reviewsObject, ['v2', 'v3']);

    expect((await door.answered('rollback reviews')).text).toContain(
      '`reviews` has no version `v1`; it has `v2`, `v3`.',
    );
    nothingHappened();
  });
});

describe('row 22: two people on one service', () => {
  it('let the second see whose change stands before it', async () => {
    await open();
    await door.answered('reviews v3 50', { user: 'U01ALICE' });
    const [first] = door.house.changes.all;

    const { text } = await door.answered('reviews v2 50', { user: 'U02BOB' });
    const { text: status } = await door.answered('status reviews', { user: 'U02BOB' });

    expect(text).toContain(
      `One change stands before it, ${first?.id} (reviews · 50 % to v3) is queued, asked by <@U01ALICE>.`,
    );
    expect(status).toContain(`${first?.id} (reviews · 50 % to v3) is queued, asked by <@U01ALICE>.`);
  });
});
