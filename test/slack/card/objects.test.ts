import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Aim, Change } from '../../../src/domain/change/change.ts';
import type { ContentEdit, Edits } from '../../../src/domain/change/edit.ts';
import type { MovedAway, MovedObject, State } from '../../../src/domain/change/state.ts';
import type { Split } from '../../../src/domain/routing/split.ts';
import type { JsonObject } from '../../../src/domain/text/json.ts';
import { card, type Message } from '../../../src/slack/card/card.ts';
import { anyText } from '../../support/arbitraries.ts';
import {
  applied,
  changeId,
  changeOf,
  contentEdit,
  reviewsObject,
  reviewsUid,
  weightsEdit,
} from '../../support/builders.ts';
import { wrongInMessage } from '../../support/slack-reading.ts';

const at = '2026-11-22T14:03:11.000Z';
const stamp = '0123456789abcdef';
const ratings = { ...reviewsObject, name: 'ratings' };
const was = { spec: { hosts: ['reviews'], http: [{ route: [to('v1')] }] } };
const is = {
  spec: {
    hosts: ['reviews'],
    http: [{ match: [{ uri: { prefix: '/a' } }], route: [to('v2')] }, { route: [to('v1')] }],
  },
};

function edit({ to: after = { v1: 100 }, ...overrides }: Partial<ContentEdit> & { to?: Split } = {}): ContentEdit {
  const all = { object: reviewsObject, uid: reviewsUid, before: was, after: is, from: { v1: 100 }, to: after };
  return { ...contentEdit(all), ...overrides };
}

describe('the card of a change of objects', () => {
  const edits: Edits = [edit(), edit({ object: ratings, uid: undefined, before: undefined, to: { v1: 100 } })];
  const aim = { kind: 'file', verb: 'apply', file: 'bookinfo/x' } as const;
  const of = (state: State, overrides: Partial<Change> = {}) => card(changeOf(edits, { aim, state, ...overrides }));
  const written = (more: Partial<MovedObject> = {}): MovedObject => ({
    ...{ object: reviewsObject, how: 'written', live: [] },
    ...more,
  });
  const held = (more: Partial<MovedObject> = {}): State => ({
    ...{ kind: 'held', at, because: 'moved', found: [written(more)], stamp },
  });
  const voided = (...moved: readonly MovedObject[]): State => ({ kind: 'void', at, because: 'moved', moved, stamp });

  it('names the file and each object, and takes all of it back', () => {
    const shown = of(applied({ at }, edits));

    expect(shown.text).toContain(
      'reviews and 1 more · bookinfo/x: replaced `VirtualService reviews`: v1 100 %; created `VirtualService ratings`: v1 100 %.',
    );
    expect(buttonsOf(shown).map(({ text: { text } }) => text)).toEqual(['Roll back', 'History']);
  });

  it('shows the difference of each object to whoever is to approve it', () => {
    const needs = { by: [], count: 1, expiresMs: 1, rule: { name: 'x', line: 1 } };
    const texts = textsOf(of({ kind: 'awaiting', expiresAt: at, needs }));

    expect(texts.join('\n')).toContain('*Replace* `VirtualService reviews`: v1 100 %\n`');
    expect(texts.join('\n').replaceAll('\u00A0', ' ')).toContain('`+             prefix: /a`');
    expect(textsOf(of({ kind: 'queued' })).join('\n')).not.toContain('prefix');
  });

  it('that is held names the object and who wrote it', () => {
    const shown = of(held({ lastWriter: 'helm' }));

    expect(shown.text).toContain(
      '*`VirtualService reviews` was written by somebody else* since this was planned, last written by `helm`. Nothing was changed.',
    );
    expect(buttonsOf(shown).map(({ text: { text } }) => text)).toEqual(['Apply anyway', 'Discard']);
  });

  it('that is held shows what would be written over what somebody else wrote', () => {
    const content = { spec: { ...was.spec, gateways: ['theirs'] } };
    const shown = of(held({ content }));

    expect(textsOf(shown).join('\n').replaceAll('\u00A0', ' ')).toContain('`-   gateways:`\n`-     - theirs`');
  });

  it('that is void shows what each object was when it was planned from, and what it is now', () => {
    const content = { spec: { ...was.spec, gateways: ['theirs'] } };
    const created = written({ object: ratings, content: { spec: { hosts: ['<!channel>`x'] } } });

    const shown = of(voided(written({ content, lastWriter: 'kubectl-edit' }), created));

    const texts = textsOf(shown).join('\n').replaceAll('\u00A0', ' ');
    expect(texts).toContain('*Planned from, and now:* `VirtualService reviews`');
    expect(texts).toContain('`+   gateways:`\n`+     - theirs`');
    expect(texts).toContain('`+   hosts:`\n`+     - "&lt;!channel&gt;\'x"`');
    expect(shown.text).toContain(
      '*The plan does not hold any more.* `VirtualService reviews` was written by somebody else since it was made, last written by `kubectl-edit`; `VirtualService ratings` was created by somebody else. Nothing was changed',
    );
    expect(buttonsOf(shown).map(({ text: { text } }) => text)).toEqual(['Plan again']);
  });

  it.each`
    how              | words                                                            | by
    ${'gone'}        | ${'`VirtualService reviews` was deleted since'}                  | ${undefined}
    ${'made-anew'}   | ${'reviews` was deleted and made anew (too much to show) since'} | ${undefined}
    ${'ledger-lost'} | ${'`VirtualService reviews` has lost its history since'}         | ${undefined}
    ${'changed'}     | ${'reviews` was changed by c-00000002 (too much to show) since'} | ${changeId(2)}
    ${'unreadable'}  | ${'a history that is not what shiftbot wrote since'}             | ${undefined}
  `(
    'that is void tells of an object that is $how, without a difference where there is none to show',
    ({ how, by, words }) => {
      const shown = of(voided(written({ how, by })));

      expect(shown.text).toContain(words);
      expect(textsOf(shown).join()).not.toContain('Planned from');
    },
  );

  it('that is void since another goes before it says so', () => {
    expect(of(voided()).text).toContain('Its objects are what it was made from, but something came in between');
  });

  it('that was applied in part says exactly what was and what was not, and takes that back', () => {
    const shown = of({
      kind: 'failed',
      at,
      because: 'not-permitted',
      object: ratings,
      written: [reviewsObject],
      detail: 'cannot create',
    });

    expect(shown.text).toContain(
      '*Only a part was applied.* Written: `VirtualService reviews`. Not written: `VirtualService ratings`.',
    );
    expect(shown.text).toContain('the cluster does not allow it: `cannot create`');
    expect(shown.text).not.toContain('Nothing was changed');
    expect(buttonsOf(shown).map(({ text: { text } }) => text)).toEqual(['Roll back']);
  });

  it('of a rollback says what it takes back', () => {
    const back = { aim: { kind: 'back', before: aim }, reverts: changeId(2) } as const;

    expect(of({ kind: 'queued' }, back).text).toContain('reviews and 1 more · back to before bookinfo/x');
    expect(of({ kind: 'queued' }, back).text).toContain('takes back c-00000002');
  });

  it.each<[Aim, string]>([
    [{ kind: 'file', verb: 'delete', file: 'x' }, 'reviews and 1 more · delete x'],
    [{ kind: 'unpin', rule: 'end-user = jason' }, 'reviews and 1 more · unpin end-user = jason'],
    [{ kind: 'init', service: 'reviews' }, 'reviews and 1 more · first rules'],
    [{ kind: 'back' }, 'reviews and 1 more · back to v1 100 %'],
    [
      { kind: 'back', before: { kind: 'file', verb: 'delete', file: 'x' } },
      'reviews and 1 more · back to before delete x',
    ],
  ])('names what was asked for: %o', (asked, words) => {
    expect(of({ kind: 'queued' }, { aim: asked }).text).toContain(words);
  });

  it('does not count an object of the same name, nor tell a split of a DestinationRule', () => {
    const versions = edit({ object: { ...reviewsObject, kind: 'DestinationRule' }, after: undefined });
    const shown = card(changeOf([edit({ to: { v1: 50, v3: 50 } }), versions], { aim }));

    expect(shown.text).toContain(
      'reviews · bookinfo/x: replace `VirtualService reviews`: v1 100 → 50 %, v3 0 → 50 %; delete `DestinationRule reviews`.',
    );
  });

  it('lists an object of which only weights move among the others', () => {
    const shown = card(changeOf([edit(), weightsEdit({ object: ratings })], { aim }));

    expect(textsOf(shown)[0]).toBe(
      '• replace `VirtualService reviews`: v1 100 %\n• move `VirtualService ratings`: v1 100 → 50 %, v3 0 → 50 %',
    );
  });

  it('says how many objects it does not list', () => {
    const all = Array.from({ length: 20 }, (_, n) => edit({ object: { ...reviewsObject, name: `r${n}` } }));

    expect(textsOf(card(changeOf([edit(), ...all])))[0]).toMatch(/\n… \+9 more objects$/);
  });

  it('does not tell how to remove a rule that went with the file that brought it', () => {
    const [first, ...more] = edits;
    const pinned: Edits = [{ ...first, pinned: ['end-user = jason → v2'] }, ...more];
    const state = applied({ at }, pinned);
    const undone = { ...state, rolledBack: { by: 'U02BOB', change: changeId(2) } };

    expect(card(changeOf(pinned, { state })).text).toContain('/shift unpin');
    expect(card(changeOf(pinned, { state: undone })).text).not.toContain('jason');
  });

  it.each<[Partial<MovedAway>, string]>([
    [{ how: 'weights' }, '*The weights of VirtualService `ratings` were moved* by `helm` at 14:03 UTC.'],
    [{ how: 'made-anew' }, '*VirtualService `ratings` was made anew* by `helm`'],
    [{ how: 'pinned-rules' }, '*The pinned rules of VirtualService `ratings` were changed* by `helm`'],
    [{ how: 'object-gone' }, '*VirtualService `ratings` was deleted*, as seen at 14:03 UTC, and the split with it.'],
    [{ how: 'weights' }, 'To have it again: `/shift apply bookinfo/x -n default --cluster sandbox`'],
  ])('says which object somebody moved away, and how: %o', (how, words) => {
    const movedAway = {
      object: ratings,
      rule: 'default',
      at,
      manager: 'helm',
      live: {},
      how: 'weights',
      ...how,
    } as const;
    const shown = of({ ...applied({ at }, edits), movedAway });

    expect(textsOf(shown).join('\n')).toContain(words);
    expect(buttonsOf(shown).map(({ text: { text } }) => text)).toEqual(['Roll back', 'History']);
  });

  it('is fit for Slack in every state, whatever the objects hold', () => {
    const text = anyText(300);
    const spec: fc.Arbitrary<JsonObject> = fc.dictionary(
      text,
      fc.oneof(text, fc.array(text), fc.dictionary(text, text)),
    );
    const content = fc.option(fc.record({ labels: fc.option(fc.dictionary(text, text), { nil: undefined }), spec }), {
      nil: undefined,
    });
    const anEdit = fc
      .record({ before: content, after: content, name: text, pinned: fc.array(text) })
      .map(({ name, ...rest }) => edit({ ...rest, object: { ...reviewsObject, name } }));
    const anAim = fc.oneof(
      fc.record({ kind: fc.constant('file' as const), verb: fc.constantFrom('apply', 'delete'), file: text }),
      fc.record({ kind: fc.constant('unpin' as const), rule: text }),
      fc.record({ kind: fc.constant('init' as const), service: text }),
    );
    const needs = { by: [], count: 1, expiresMs: 1, rule: { name: 'x', line: 1 } };

    fc.assert(
      fc.property(anEdit, fc.array(anEdit, { maxLength: 60 }), anAim, (first, more, asked) => {
        const all: Edits = [first, ...more];
        const moved = all.map(({ object }, place) =>
          written({ object, content: more[place]?.before, lastWriter: '`x`' }),
        );
        const states: readonly State[] = [
          { kind: 'queued' },
          { kind: 'awaiting', expiresAt: at, needs },
          applied({ at }, all),
          held({ lastWriter: '<!channel>' }),
          { kind: 'held', at, because: 'moved', found: moved, stamp },
          {
            ...{ kind: 'failed', at, because: 'half-applied', detail: '*x*' },
            ...{ object: first.object, written: [first.object] },
          },
          voided(),
          voided(...moved),
        ];
        for (const state of states) expect(wrongInMessage(card(changeOf(all, { aim: asked, state })))).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });
});

function to(subset: string): JsonObject {
  return { destination: { host: 'reviews', subset } };
}

function textsOf({ blocks }: Message): readonly string[] {
  return blocks.flatMap((block) => (block.type === 'section' ? [block.text?.text ?? ''] : []));
}

function buttonsOf({ blocks }: Message) {
  return blocks
    .flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .flatMap((each) => (each.type === 'button' ? [each] : []));
}
