import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, planShown } from '../../../src/domain/change/change.ts';
import {
  failReasons,
  holdReasons,
  type MovedAway,
  movedHow,
  objectMoves,
  type State,
  voidReasons,
} from '../../../src/domain/change/state.ts';
import { whys } from '../../../src/domain/map/governed.ts';
import { tools } from '../../../src/domain/routing/owner.ts';
import type { Split } from '../../../src/domain/routing/split.ts';
import type { Effect } from '../../../src/domain/routing/standing.ts';
import { card } from '../../../src/slack/card/card.ts';
import { readButtonValue } from '../../../src/slack/words/button.ts';
import {
  applied as appliedState,
  change,
  changeId,
  found,
  reviewsObject,
  weightsEdit,
} from '../../support/builders.ts';

const at = '2026-11-22T14:03:11.000Z';
const applied = appliedState({ at, tookMs: 84 });
const stamp = '0123456789abcdef';
const ratingsObject = { ...reviewsObject, name: 'ratings' };
const moved = found({ v1: 70, v2: 30 }, { lastWriter: 'kubectl-edit' });
const away = { object: reviewsObject, rule: 'default', at };
/** One of every state a change can be in. */
const states: readonly State[] = [
  { kind: 'queued' },
  { kind: 'applying' },
  applied,
  { ...applied, rolledBack: { by: 'U02BOB', change: changeId(2) } },
  { ...applied, later: changeId(2) },
  ...movedHow.map(
    (how): State => ({ ...applied, movedAway: { ...away, how, live: { v1: 100 }, manager: 'kubectl-edit' } }),
  ),
  ...holdReasons.map((because): State => ({ kind: 'held', at, because, found: [moved], stamp })),
  { kind: 'awaiting', expiresAt: at, needs: { by: [], count: 2, expiresMs: 60_000, rule: { name: 'r', line: 1 } } },
  { kind: 'rejected', at, by: 'U02BOB', reason: 'not today' },
  { kind: 'withdrawn', at, by: 'U01ALICE' },
  { kind: 'expired', at },
  ...voidReasons.map((because): State => ({ kind: 'void', at, because, moved: [moved], stamp })),
  { kind: 'superseded', at, by: changeId(2) },
  { kind: 'discarded', at, by: 'U02BOB' },
  ...failReasons.map((because): State => ({ kind: 'failed', at, because, detail: 'the server’s own words' })),
];

const isOver = new Set<State['kind']>(['superseded', 'discarded', 'held', 'rejected', 'withdrawn', 'expired', 'void']);

interface Element {
  readonly type: string;
  readonly text?: string | { readonly type: string; readonly text: string };
  readonly value?: string;
  readonly action_id?: string;
  readonly confirm?: { readonly title: { readonly text: string }; readonly text: { readonly text: string } };
}
interface Block {
  readonly type: string;
  readonly text?: { readonly type: string; readonly text: string };
  readonly elements?: readonly Element[];
}

function blocksOf(shown: Change): readonly Block[] {
  return card(shown).blocks as readonly Block[]; // read as Slack would read it
}

function buttons(
  shown: Change,
): readonly { readonly text: string; readonly value: string | undefined; readonly asks: boolean }[] {
  return blocksOf(shown)
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements = [] }) => elements)
    .map(({ text, value, confirm }) => ({
      text: typeof text === 'object' ? text.text : '',
      value,
      asks: confirm !== undefined,
    }));
}

/** All texts that Slack would read as markup. */
function markup(shown: Change): string {
  const texts = blocksOf(shown).flatMap(({ text, elements = [] }) => [
    text,
    ...elements.map((element) =>
      typeof element.text === 'object' ? element.text : { type: element.type, text: element.text ?? '' },
    ),
  ]);
  return [card(shown).text, ...texts.filter((text) => text?.type === 'mrkdwn').map((text) => text?.text ?? '')].join(
    '\n',
  );
}

describe('the card', () => {
  it('shows what moved, who asked, why, how long it took, and the buttons that go on from there', () => {
    const shown = change({ state: applied, reason: 'red stars for everyone' });

    const [header, rows, facts, reason] = blocksOf(shown);
    expect(header?.text).toMatchObject({ type: 'plain_text', text: 'reviews · 50 % to v3' });
    expect(rows?.text?.text.replaceAll('\u00A0', ' ').split('\n')).toEqual([
      `\`v1  100 → 50 %   ${'▰'.repeat(10)}${'▱'.repeat(10)}\``,
      `\`v3    0 → 50 %   ${'▰'.repeat(10)}${'▱'.repeat(10)}\``,
    ]);
    expect(facts?.elements?.[0]?.text).toBe(
      '*Applied in 84 ms* · asked by <@U01ALICE> · c-00000001 · default @ sandbox',
    );
    expect(reason?.elements?.[0]).toMatchObject({ type: 'plain_text', text: '“red stars for everyone”' });
    expect(buttons(shown)).toEqual([
      { text: 'Roll back to v1 100 %', value: 'c-00000001', asks: true },
      { text: 'v3 → 100 %', value: 'c-00000001', asks: false },
      { text: 'History', value: 'c-00000001', asks: false },
    ]);
  });

  it('says all of it in its text, for who hears it and for notifications', () => {
    const { text } = card(change({ state: applied, reason: 'red stars', pinned: ['end-user = jason → v2'] }));

    expect(text).toBe(
      'reviews · 50 % to v3: v1 100 → 50 %, v3 0 → 50 %. Applied in 84 ms, asked by <@U01ALICE>, c-00000001, default @ sandbox, “red stars”. Not reached by the split: `end-user = jason → v2`. `/shift unpin reviews end-user=jason -n default --cluster sandbox` removes it.',
    );
  });

  it('says how many pinned rules it does not name', () => {
    const pinned = Array.from({ length: 300 }, (_, at) => `end-user = user-${at} → v2`);

    const { text } = card(change({ state: applied, pinned }));

    expect(text).toContain('`end-user = user-4 → v2`, … +295. `/shift unpin');
  });

  it.each(states)('tells the state in words: $kind $because', (state) => {
    const shown = change({ state });

    const words =
      state.kind === 'failed'
        ? 'Not applied'
        : isOver.has(state.kind)
          ? 'not applied'
          : state.kind === 'awaiting'
            ? 'Waits for 2 approvals'
            : '';
    expect(card(shown).text.toLowerCase()).toContain(words.toLowerCase() || state.kind);
    expect(markup(shown)).not.toMatch(/undefined|null|\[object/);
  });

  it.each(
    states.filter(
      ({ kind }) =>
        kind === 'failed' || kind === 'superseded' || kind === 'discarded' || kind === 'queued' || kind === 'applying',
    ),
  )('has no button while nothing can be taken back: $kind', (state) => {
    expect(buttons(change({ state }))).toEqual([]);
  });

  it('has no button once it was rolled back, and says by whom', () => {
    const shown = change({ state: { ...applied, rolledBack: { by: 'U02BOB', change: changeId(2) } } });

    expect(buttons(shown)).toEqual([]);
    expect(markup(shown)).toContain('*Rolled back* by <@U02BOB> (c-00000002).');
  });

  it('keeps the way back, but does not promote further, once another change came after', () => {
    const shown = change({ state: { ...applied, later: changeId(2) } });

    expect(buttons(shown).map(({ text }) => text)).toEqual(['Roll back to v1 100 %', 'History']);
  });

  it('says whether controllers have put it into effect, or why not', () => {
    const refused = {
      type: 'ResolvedRefs',
      isTrue: false,
      reason: 'BackendNotFound',
      message: 'no Service reviews-v3',
    };
    const of = (effect: Effect) => markup(change({ state: { ...applied, effect } }));

    expect(of({ kind: 'in-effect', parents: ['Service reviews'] })).toContain('In effect at `Service reviews`.');
    expect(of({ kind: 'waits', parents: ['Gateway edge'] })).toContain('Not in effect yet at `Gateway edge`');
    expect(of({ kind: 'waits', parents: [] })).toContain('No controller has said yet that it is in effect.');
    expect(of({ kind: 'refused', parent: 'Service reviews', because: refused })).toContain(
      '*A part of it leads nowhere* at `Service reviews`: `BackendNotFound`. “no Service reviews-v3”',
    );
  });

  describe('once somebody else moved what it made', () => {
    const live = { v1: 100, v3: 0 };
    const putBack: MovedAway = { ...away, how: 'weights', manager: 'argocd-controller', live };
    const lost = (to: Partial<MovedAway>) => change({ state: { ...applied, movedAway: { ...putBack, ...to } } });

    it('says who put it back, when, what is live, how to stop that, and what to type to have it again', () => {
      const shown = markup(lost({}));

      expect(shown).toContain('*Put back* by `argocd-controller` at 14:03 UTC. Live is now v1 100 %.');
      expect(shown).toContain("jqPathExpressions: ['.spec.http[].route[].weight']");
      expect(shown).toContain('syncOptions: [RespectIgnoreDifferences=true]');
      expect(shown).toContain('To have it again: `/shift reviews v1=50 v3=50 -n default --cluster sandbox`');
    });

    it.each`
      manager                   | words
      ${'kustomize-controller'} | ${'kustomize.toolkit.fluxcd.io/ssa: IfNotPresent'}
      ${'helm-controller'}      | ${'driftDetection'}
      ${'helm'}                 | ${'`helm upgrade`'}
      ${'flagger'}              | ${'promote or roll back through it'}
      ${'rollouts-controller'}  | ${'kubectl argo rollouts abort'}
      ${'kubectl-edit'}         | ${'by hand or in a script'}
      ${'terraform'}            | ${'Whoever runs `terraform`'}
      ${undefined}              | ${'*Put back* by somebody else'}
    `('says of $manager how to stop it: $words', ({ manager, words }) => {
      expect(markup(lost({ manager }))).toContain(words);
    });

    it.each`
      how              | words
      ${'weights'}     | ${'*Moved away* by `kubectl-edit` at 14:03 UTC. Live is now v1 70 %, v2 30 %.'}
      ${'ledger-lost'} | ${'Live is now v1 70 %, v2 30 %. Its history was removed too.'}
      ${'made-anew'}   | ${'*The object was deleted and made anew* by `kubectl-edit`'}
      ${'rule-gone'}   | ${'*The rule `default` was removed or renamed* by `kubectl-edit`'}
      ${'object-gone'} | ${'*VirtualService `reviews` was deleted*, as seen at 14:03 UTC, and the split with it.'}
    `('says what happened: $how', ({ how, words }) => {
      expect(markup(lost({ how, manager: 'kubectl-edit', live: { v1: 70, v2: 30 } }))).toContain(words);
    });

    it.each`
      how              | live                  | offered
      ${'weights'}     | ${{ v1: 100, v3: 0 }} | ${['History']}
      ${'weights'}     | ${{ v1: 70, v3: 30 }} | ${['Roll back to v1 100 %', 'History']}
      ${'made-anew'}   | ${{ v1: 70, v3: 30 }} | ${['Roll back to v1 100 %', 'History']}
      ${'rule-gone'}   | ${{}}                 | ${['History']}
      ${'object-gone'} | ${{}}                 | ${['History']}
    `('offers to roll back only what that would change: $how to $live', ({ how, live, offered }) => {
      expect(buttons(lost({ how, live })).map(({ text }) => text)).toEqual(offered);
    });

    it('tells it in short once a later change says what is live', () => {
      const shown = change({ state: { ...applied, movedAway: putBack, later: changeId(2) } });

      expect(markup(shown)).toContain('*Put back* by `argocd-controller` at 14:03 UTC.\nThe split was changed since');
      expect(markup(shown)).not.toContain('Live is now');
    });
  });

  it('warns before the first change that a tool may put the weights back, until it did', () => {
    const warnings = [{ kind: 'puts-back', owner: { tool: 'argo-cd', name: 'shop' } }] as const;
    const movedAway = { ...away, how: 'weights', manager: 'argocd-controller', live: { v1: 100 } } as const;
    const words = '*Argo CD (application `shop`) manages this object* and may put the weights back.';

    expect(markup(change({ warnings }))).toContain(words);
    expect(markup(change({ warnings, state: applied }))).toContain(words);
    expect(markup(change({ warnings, state: { ...applied, movedAway } }))).not.toContain(words);
    expect(markup(change({ warnings, state: { kind: 'superseded', at } }))).not.toContain(words);
  });

  it('asks a person what to do when it is held, and says who moved what', () => {
    const stopped = found({ v1: 70, v2: 30 }, { lastWriter: 'argocd-controller' });
    const shown = change({ state: { kind: 'held', at, because: 'moved', found: [stopped], stamp } });

    expect(markup(shown)).toContain('Somebody else moved the weights');
    expect(markup(shown)).toContain(
      'planned from v1 100 %; live is now v1 70 %, v2 30 %, last written by `argocd-controller`. Nothing was changed.',
    );
    expect(buttons(shown).map(({ text }) => text)).toEqual(['Apply anyway', 'Discard']);
  });

  it('shows the weights that the API server stored, not those that were asked for', () => {
    const shown = change({ state: appliedState({ at, live: { v1: 60, v3: 40 } }) });

    expect(card(shown).text).toContain('v1 100 → 60 %, v3 0 → 40 %');
  });

  describe('of several moves', () => {
    const orders = { rule: 'orders', from: { v2: 100 }, to: { v2: 90, v4: 10 } };
    const edit = { ...weightsEdit(), moves: [...weightsEdit().moves, orders] as const };
    const ratings = weightsEdit({ object: ratingsObject, from: { v1: 100 }, to: { v1: 0, v2: 100 } });
    const rowsOf = (shown: Change) =>
      blocksOf(shown)[1]
        ?.text?.text.replaceAll('\u00A0', ' ')
        .replaceAll(/ +[▰▱]+/g, '');

    it('of one object has a heading for each rule', () => {
      const shown = change({ edits: [edit], state: appliedState({ at, tookMs: 84 }, [edit]) });

      expect(blocksOf(shown)[0]?.text?.text).toBe('reviews (2 rules) · 50 % to v3');
      expect(rowsOf(shown)).toBe(
        'Rule `default`\n`v1  100 → 50 %`\n`v3    0 → 50 %`\nRule `orders`\n`v2  100 → 90 %`\n`v4    0 → 10 %`',
      );
      expect(card(shown).text).toContain(
        'reviews (2 rules) · 50 % to v3: rule `default` v1 100 → 50 %, v3 0 → 50 %; rule `orders` v2 100 → 90 %, v4 0 → 10 %.',
      );
      expect(buttons(shown).map(({ text }) => text)).toEqual(['Roll back', 'History']);
    });

    it('of several objects has one for each object, and one for its rules where they are not the default one', () => {
      const shown = change({ edits: [edit, ratings], aim: { kind: 'back' } });

      expect(blocksOf(shown)[0]?.text?.text).toBe('reviews (2 rules) and 1 more · back to v1 50 %, v3 50 %');
      expect(
        rowsOf(shown)
          ?.split('\n')
          .filter((line) => !/^`v/.test(line)),
      ).toEqual([
        '`VirtualService reviews`, rule `default`',
        '`VirtualService reviews`, rule `orders`',
        '`VirtualService ratings`',
      ]);
    });

    it('shows as many as fit, and how many more there are', () => {
      const rules = Array.from({ length: 40 }, (_, place) => ({ ...orders, rule: `rule-${place}` }));
      const rows = rowsOf(change({ edits: [{ ...edit, moves: [...edit.moves, ...rules] }] }));

      expect(rows).toMatch(/Rule `rule-\d+`\n.*\n.*\n… \+\d+ more$/);
    });

    it('that is held tells which object and which rule moved, and from what it was planned', () => {
      const live = [
        { rule: 'default', split: { v1: 100 } },
        { rule: 'orders', split: { v2: 70, v4: 30 } },
      ];
      const stopped = { ...found({}, { lastWriter: 'helm' }), live };
      const shown = change({
        edits: [edit, ratings],
        state: { kind: 'held', at, because: 'moved', found: [stopped], stamp },
      });

      expect(markup(shown)).toContain(
        '`VirtualService reviews`: *Somebody else moved the weights* since this was planned. Rule `orders` was planned from v2 100 %; live is now v2 70 %, v4 30 %, last written by `helm`. Nothing was changed.',
      );
    });

    it('that is void tells what became of each object', () => {
      const gone = { object: ratingsObject, how: 'gone', live: [] } as const;
      const shown = change({
        edits: [weightsEdit(), ratings],
        state: { kind: 'void', at, because: 'moved', moved: [moved, gone], stamp },
      });

      expect(markup(shown)).toContain(
        '`VirtualService reviews` was moved by somebody else to v1 70 %, v2 30 % since it was made, last written by `kubectl-edit`; `VirtualService ratings` was deleted. Nothing was changed',
      );
    });

    it('that somebody moved away tells which rule, and what to type to have it again', () => {
      const movedAway = { ...away, rule: 'orders', how: 'weights', live: { v2: 100 } } as const;
      const shown = change({ edits: [edit], state: { ...appliedState({ at }, [edit]), movedAway } });

      expect(markup(shown)).toContain('*The weights of rule `orders` were moved* by somebody else at 14:03 UTC.');
      expect(markup(shown)).toContain('`/shift reviews v2=90 v4=10 -n default --cluster sandbox --route orders`');
    });
  });

  it('says so where no version has traffic, since Slack takes no empty text', () => {
    expect(blocksOf(change({ from: { v1: 0 }, to: { v1: 0 } }))[1]?.text?.text).toBe('No version has traffic.');
  });

  it('puts nothing into a button but the id of the change, and what was shown where the click decides about it', () => {
    for (const state of states) {
      for (const { value, text } of buttons(change({ state, rev: 3 }))) {
        const isAboutAll = text === 'Apply anyway' || text === 'Plan again';
        const isAboutPlan = ['Approve', 'Reject', 'Withdraw'].includes(text);
        const seen = isAboutPlan ? planShown({ expiresAt: at }) : isAboutAll ? '0000000000000003' : undefined;
        expect(readButtonValue(value)).toEqual({ id: changeId(1), ...(seen === undefined ? {} : { seen }) });
      }
    }
  });
});

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.constantFrom(
    '<!channel>',
    '<@U99OTHER>',
    '<http://evil|reviews>',
    '`*_~>',
    '&lt;!here&gt;',
    'x'.repeat(5000),
    '💥'.repeat(2000),
  ),
);

describe('whatever a person or the cluster wrote', () => {
  const anyRule = fc.record({ name: nasty, line: fc.nat() });
  const anyWho = fc.oneof(
    fc.constant({ kind: 'everyone' as const }),
    fc.record({ kind: fc.constant('user' as const), id: nasty }),
    fc.record({ kind: fc.constant('group' as const), name: nasty, users: fc.array(nasty, { maxLength: 20 }) }),
    fc.record({ kind: fc.constant('usergroup' as const), name: nasty, id: nasty }),
  );
  const anySplit: fc.Arbitrary<Split> = fc.dictionary(nasty, fc.nat({ max: 100 }));
  const anyMoved = fc.record({
    object: fc.constantFrom(reviewsObject, ratingsObject),
    how: fc.constantFrom(...objectMoves),
    live: fc.oneof(
      fc.constant([{ rule: 'default', split: { v1: 1 } }]),
      fc.array(fc.record({ rule: fc.oneof(fc.constant('orders'), nasty), split: anySplit }), { maxLength: 3 }),
    ),
    lastWriter: nasty,
  });
  const anyState = fc.oneof(
    fc.record({
      kind: fc.constant('failed' as const),
      at: fc.constant(at),
      because: fc.constantFrom(...failReasons),
      detail: nasty,
    }),
    fc.record({
      kind: fc.constant('held' as const),
      at: fc.constant(at),
      because: fc.constantFrom(...holdReasons),
      found: fc.array(anyMoved, { maxLength: 3 }),
      stamp: fc.constant(stamp),
    }),
    fc
      .record({ manager: nasty, how: fc.constantFrom(...movedHow), live: anySplit, rule: nasty })
      .map((to): State => ({ ...applied, movedAway: { ...away, ...to } })),
    fc.record({
      kind: fc.constant('awaiting' as const),
      expiresAt: fc.constant(at),
      needs: fc.record({
        by: fc.array(anyWho, { maxLength: 12 }),
        count: fc.integer({ min: 1, max: 20 }),
        expiresMs: fc.constant(60_000),
        rule: anyRule,
      }),
    }),
    fc.record({ kind: fc.constant('rejected' as const), at: fc.constant(at), by: nasty, reason: nasty }),
    fc.record({ kind: fc.constant('withdrawn' as const), at: fc.constant(at), by: nasty }),
    fc.record({
      kind: fc.constant('void' as const),
      at: fc.constant(at),
      because: fc.constantFrom(...voidReasons),
      moved: fc.array(anyMoved, { maxLength: 3 }),
      stamp: fc.constant(stamp),
      rule: anyRule,
    }),
    fc.record({ warnings: fc.array(nasty, { maxLength: 6 }), host: nasty }).map(
      ({ warnings, host }): State => ({
        ...{ ...applied, warnings },
        effect: { kind: 'not-followed', elsewhere: [{ host, caller: { kind: 'mesh', namespace: host } }] },
      }),
    ),
  );
  const anyChange = fc
    .record({
      state: anyState,
      reason: nasty,
      service: nasty,
      by: nasty,
      approvals: fc.array(fc.record({ by: nasty, at: fc.constant(at) }), { maxLength: 20 }),
      pinned: fc.array(nasty, { maxLength: 20 }),
      warnings: fc.array(
        fc.oneof(
          fc.record({
            kind: fc.constant('puts-back' as const),
            owner: fc.record({ tool: fc.constantFrom(...tools), name: nasty }),
          }),
          fc.record({
            kind: fc.constantFrom('not-followed', 'followed-in-part'),
            rule: nasty,
            elsewhere: fc.array(
              fc.record({
                host: nasty,
                caller: fc.record({ kind: fc.constant('gateway' as const), gateway: nasty }),
                by: fc.record({ kind: fc.constant('HTTPRoute' as const), namespace: nasty, name: nasty }),
                why: fc.constantFrom(...whys),
              }),
              { maxLength: 4 },
            ),
          }),
          fc.record({
            kind: fc.constant('undefined-versions' as const),
            versions: fc.array(fc.record({ host: nasty, version: nasty })),
          }),
        ),
        { maxLength: 6 },
      ),
      versions: fc.integer({ min: 1, max: 60 }),
      rules: fc.array(nasty, { maxLength: 30 }),
      isOfTwo: fc.boolean(),
    })
    .map(({ versions, rules, isOfTwo, pinned, ...rest }) => {
      const split = Object.fromEntries(
        Array.from({ length: versions }, (_, index) => [`version-with-a-long-name-${index}`, index + 1]),
      );
      const edit = weightsEdit({ from: split, to: split, pinned });
      const [move] = edit.moves;
      const several = { ...edit, moves: [move, ...rules.map((rule) => ({ ...move, rule }))] as const };
      return change({ ...rest, edits: isOfTwo ? [several, { ...several, object: ratingsObject }] : [several] });
    });

  it('neither pings nor links', () => {
    fc.assert(
      fc.property(anyChange, (shown) => {
        const tags = [...markup(shown).matchAll(/<([^>]*)>?/g)].map(([, tag = '']) => tag);

        const ours = /^(?:@[UW][A-Z0-9]+|!date\^\d+\^\{date_short_pretty\} \{time\}\|[\w :,]+)$/;
        expect(tags.filter((tag) => !ours.test(tag))).toEqual([]);
      }),
    );
  });

  it("stays within Slack's limits", () => {
    fc.assert(
      fc.property(anyChange, (shown) => {
        const blocks = blocksOf(shown);

        expect(blocks.length).toBeLessThanOrEqual(50);
        expect(JSON.stringify(blocks).length).toBeLessThan(13_000);
        for (const { type, text, elements = [] } of blocks) {
          if (type === 'header') expect([...(text?.text ?? '')].length).toBeLessThanOrEqual(150);
          if (type === 'section') expect(text?.text.length).toBeLessThanOrEqual(3_000);
          for (const element of elements) {
            if (element.type !== 'button') continue;
            expect(typeof element.text === 'object' ? [...element.text.text].length : 0).toBeLessThanOrEqual(75);
            expect([...(element.confirm?.text.text ?? '')].length).toBeLessThanOrEqual(300);
            expect([...(element.confirm?.title.text ?? '')].length).toBeLessThanOrEqual(100);
          }
        }
      }),
    );
  });
});

describe('the value of a button', () => {
  it.each([
    '',
    'c-1',
    'c-0000000I',
    'c-00000001@',
    'c-00000001@-1',
    'c-00000001 ',
    '{"id":"c-00000001"}',
    undefined,
    7,
    'c-00000001@99999999999999999',
  ])('is not read from %j', (value) => {
    expect(readButtonValue(value)).toBeUndefined();
  });
});
