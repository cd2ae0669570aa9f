import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContentEdit, Edits } from '../../../src/domain/change/edit.ts';
import { type Counted, type Seen, unmeasuredReasons } from '../../../src/domain/change/seen.ts';
import type { Split } from '../../../src/domain/routing/split.ts';
import { card } from '../../../src/slack/card/card.ts';
import { aSplit } from '../../support/arbitraries.ts';
import { applied, change, contentEdit, jason, reviewsObject, weightsEdit } from '../../support/builders.ts';
import { wrongInMessage } from '../../support/slack-reading.ts';

const at = '2026-11-22T14:03:11.000Z';
const live = { v1: 50, v3: 50 };

function seen(answered: object, unanswered: object = {}, seconds = 60): Counted {
  const until = new Date(Date.parse(at) + 75_000);
  const from = new Date(until.getTime() - seconds * 1000);
  return {
    kind: 'counted',
    from: from.toISOString(),
    until: until.toISOString(),
    answered: { ...answered },
    unanswered: { ...unanswered },
  };
}

function shown(what: Seen | undefined, overrides: Parameters<typeof change>[0] = {}) {
  const state = applied({ at, live, seen: what });
  return card(change({ state, ...overrides }));
}

/** The last section above the buttons. */
function lastLine(message: ReturnType<typeof card>): string {
  const section = message.blocks.findLast(({ type }) => type === 'section');
  return section?.type === 'section' ? (section.text?.text ?? '') : '';
}

describe('what a card says of the traffic', () => {
  const asOf = 'as of 14:04:26 UTC.';

  it.each`
    what                       | of                                          | says
    ${'enough requests'}       | ${seen({ v1: 591, v3: 613 })}               | ${`v1 49.1 %, v3 50.9 % of 1,204 requests, ${asOf}`}
    ${'fewer, by chance'}      | ${seen({ v1: 60, v3: 40 })}                 | ${`v1 60.0 %, v3 40.0 % of 100 requests (± 10 by chance), ${asOf}`}
    ${'few'}                   | ${seen({ v1: 3, v3: 4 })}                   | ${`v1 3, v3 4 of 7 requests, ${asOf}`}
    ${'one'}                   | ${seen({ v3: 1 })}                          | ${`v1 none, v3 1 of 1 request, ${asOf}`}
    ${'none to one version'}   | ${seen({ v1: 2_000 })}                      | ${`v1 100.0 %, v3 none, of 2,000 requests, ${asOf}`}
    ${'next to none'}          | ${seen({ v1: 99_999, v3: 1 })}              | ${`v1 over 99.9 %, v3 under 0.1 % of 100,000 requests, ${asOf}`}
    ${'one that is no subset'} | ${seen({ v1: 1_000, v3: 500, 'v9*': 500 })} | ${`v1 50.0 %, v3 25.0 %, v9\u2060* 25.0 % of 2,000 requests, ${asOf}`}
    ${'no traffic'}            | ${seen({})}                                 | ${`no traffic, ${asOf}`}
    ${'failures'}              | ${seen({ v1: 600 }, { NC: 600 })}           | ${`v1 50.0 %, v3 none, of 1,200 requests, ${asOf}\nReached no version: 50.0 %, 600 requests (503 NC: no DestinationRule defines the version)`}
    ${'few failures'}          | ${seen({ v1: 6 }, { UH: 1, DC: 2 })}        | ${`v1 6, v3 none, of 9 requests, ${asOf}\nReached no version: 1 request (503 UH: the version has no ready pod)\nReached no version: 2 requests (\`DC\`)`}
  `('says $what', ({ of, says }) => {
    expect(lastLine(shown(of))).toBe(`Seen in the last minute: ${says}`);
  });

  it('says it of each service of a change that has several, as far as there is room', () => {
    const edit = (name: string, to: Split, more: Partial<ContentEdit> = {}) =>
      contentEdit({ object: { ...reviewsObject, name }, from: {}, to, after: { spec: {} }, ...more });
    const names = ['details', 'productpage', 'cart', 'far', 'one', 'two'];
    const edits: Edits = [
      edit('reviews', { v1: 50, v3: 50 }, { pinned: ['end-user = jason → v2'] }),
      edit('ratings', { v1: 100 }, { object: { ...reviewsObject, namespace: 'shop', name: 'ratings' } }),
      ...names.map((name) => edit(name, { v1: 100 })),
      edit('gone', { v1: 100 }, { after: undefined }),
    ];
    const counts = (name: string, answered: object, unanswered: object = {}, namespace = 'default') => ({
      ...{ namespace, name, answered: { ...answered }, unanswered: { ...unanswered } },
    });
    const services = [
      counts('reviews', { v1: 600, v3: 600 }),
      counts('ratings', { v1: 10 }, { NC: 3, UH: 2, DC: 1 }, 'shop'),
      counts('details', {}),
    ];
    const what = { ...seen({ v1: 600, v3: 600 }), services };

    expect(lastLine(shown(what, { edits, state: applied({ at, seen: what }, edits) })).split('\n')).toEqual([
      `Seen in the last minute, ${asOf.slice(0, -1)}:`,
      '• `reviews`: v1 50.0 %, v3 50.0 % of 1,200 requests. Requests of pinned rules are counted, too.',
      '• `shop/ratings`: v1 10 of 16 requests.',
      'Reached no version: 3 requests (503 NC: no DestinationRule defines the version)',
      'Reached no version: 2 requests (503 UH: the version has no ready pod)',
      '• `details`: no traffic.',
      '• `productpage`: not measured',
      '• `cart`: not measured',
      '… +3 more, which are not measured here',
    ]);
  });

  it('says it of each object of several shifts, by the splits that came out', () => {
    const ratings = weightsEdit({ object: { ...reviewsObject, name: 'ratings' }, from: { v1: 100 }, to: { v2: 100 } });
    const services = [
      { namespace: 'default', name: 'reviews', answered: { v1: 600, v3: 600 }, unanswered: {} },
      { namespace: 'default', name: 'ratings', answered: { v2: 1_000 }, unanswered: {} },
    ];
    const edits: Edits = [weightsEdit(), ratings];
    const state = applied({ at, seen: { ...seen({}), services } }, edits);

    expect(
      lastLine(card(change({ edits, state })))
        .split('\n')
        .slice(1),
    ).toEqual(['• `reviews`: v1 50.0 %, v3 50.0 % of 1,200 requests.', '• `ratings`: v2 100.0 % of 1,000 requests.']);
  });

  it('says how long it looked when it was less than a minute', () => {
    expect(lastLine(shown(seen({ v1: 600, v3: 400 }, {}, 10)))).toMatch(/^Seen in the last 10 s: v1 60\.0 %/);
  });

  it.each(unmeasuredReasons)('says in a sentence why it was not measured: %s', (because) => {
    expect(lastLine(shown({ kind: 'not-measured', because }))).toMatch(/^Not measured: Prometheus [^.]+\.$/);
  });

  it('says nothing while nobody has looked', () => {
    expect(JSON.stringify(shown(undefined))).not.toMatch(/Seen|measured/);
  });

  it('says after the pinned rules that their requests are counted, too, and says all of it in its text', () => {
    const message = shown(seen({ v1: 591, v3: 613 }), { pinned: [`${jason.match} → v2`] });
    const sections = message.blocks.flatMap((block) => (block.type === 'section' ? [block.text?.text ?? ''] : []));

    expect(sections.at(-2)).toContain('Not reached by the split: `end-user = jason → v2`.');
    expect(sections.at(-1)).toBe(
      `Seen in the last minute: v1 49.1 %, v3 50.9 % of 1,204 requests, ${asOf} Requests of pinned rules are counted, too.`,
    );
    expect(message.text).toContain(sections.at(-1));
    expect(lastLine(shown(seen({ v1: 591 })))).not.toContain('pinned');
  });

  it('is fit for Slack whatever was counted, and tells no traffic in no percentage', () => {
    fc.assert(
      fc.property(aSplit({ min: 0 }), aSplit({ min: 0 }), (answered, unanswered) => {
        const message = shown(seen(answered, unanswered));
        const total = [...Object.values(answered), ...Object.values(unanswered)].reduce((a, b) => a + b, 0);

        expect(wrongInMessage(message)).toBeUndefined();
        expect(lastLine(message)).not.toMatch(/(?<![\d.])0(\.0)? %|NaN|Infinity/);
        if (total === 0) expect(lastLine(message)).toBe(`Seen in the last minute: no traffic, ${asOf}`);
      }),
    );
  });
});
