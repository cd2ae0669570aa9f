import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, State } from '../../../src/domain/change/change.ts';
import type { ObjectEdit } from '../../../src/domain/change/edit.ts';
import { parseCommand } from '../../../src/domain/language/parse-command.ts';
import type { RuleFile } from '../../../src/domain/routing/rule-file.ts';
import type { JsonObject } from '../../../src/domain/text/json.ts';
import { card } from '../../../src/slack/card/card.ts';
import { editsReply } from '../../../src/slack/replies/question.ts';
import { readLineValue } from '../../../src/slack/words/button.ts';
import type { EditTrial } from '../../../src/workflow/asking/plan-edits.ts';
import type { EditsAnswer, Way } from '../../../src/workflow/asking/rule-file.ts';
import { anyText } from '../../support/arbitraries.ts';
import { change, changeId, reviewsObject } from '../../support/builders.ts';
import { wrongInMessage } from '../../support/slack-reading.ts';

const now = new Date('2026-11-22T14:03:11.000Z');
const fine: EditTrial = { kind: 'fine', warnings: [] };
const was = { spec: { hosts: ['reviews'], http: [{ route: [to('v1')] }] } };
const is = {
  spec: {
    hosts: ['reviews'],
    http: [{ match: [{ uri: { prefix: '/a' } }], route: [to('v2')] }, { route: [to('v1')] }],
  },
};

function edit(overrides: Partial<ObjectEdit> = {}): ObjectEdit {
  const named = { kind: 'VirtualService', namespace: 'default', name: 'reviews', uid: 'u', seq: 0 } as const;
  return { ...named, before: was, after: is, from: { v1: 100 }, to: { v1: 100 }, pinned: [], ...overrides };
}

function way(
  edits: readonly ObjectEdit[],
  overrides: { trial?: EditTrial; isMeant?: boolean; verdict?: Way['judgement']['verdict'] } = {},
): Way {
  const { trial = fine, isMeant = false, verdict = { kind: 'allowed' } } = overrides;
  const [first = edit(), ...more] = edits;
  const planned = [{ edit: first, trial }, ...more.map((each) => ({ edit: each, trial: fine }))] as const;
  const plan = { object: reviewsObject, service: 'reviews', edits: planned, warnings: [], stamp: changeId(7) };
  return { isMeant, plan, judgement: { verdict, findings: [] } };
}

function asked(line: string, ...ways: readonly [Way, ...Way[]]): EditsAnswer {
  const command = parseCommand(line);
  if (command.verb !== 'apply' && command.verb !== 'delete' && command.verb !== 'unpin')
    throw new Error(`not understood: ${line}`);
  const place = { cluster: 'sandbox', namespace: 'default' };
  return { kind: 'question', hasMoved: false, question: { command, place, ways } };
}

function withFile(answer: EditsAnswer, file: RuleFile): EditsAnswer {
  return answer.kind === 'question' ? { ...answer, question: { ...answer.question, file } } : answer;
}

describe('the question about a rule file', () => {
  const line = '/shift apply bookinfo/x -n shop --reason "red stars"';

  it('shows what changes of each object, and no line that stays far from it', () => {
    const reply = editsReply(
      asked(line, way([edit(), edit({ name: 'ratings', before: undefined, uid: undefined })])),
      now,
    );
    const texts = textsOf(reply);

    expect(reply.text).toContain('it would create 1 object and replace 1.');
    expect(texts).toContainEqual(expect.stringMatching(/^\*Replace\* `VirtualService reviews`: v1 100 %\n`/));
    expect(texts.join('\n').replaceAll('\u00A0', ' ')).toContain(
      '`+     - match:`\n`+         - uri:`\n`+             prefix: /a`',
    );
    expect(reply.text).not.toContain('match:');
    expect(texts.join('\n')).toContain('*Create* `VirtualService ratings`');
  });

  it('has a button that does what was typed, as it was shown', () => {
    const [button] = buttonsOf(editsReply(asked(line, way([edit()])), now));
    const value = readLineValue(button?.value);

    expect(button).toMatchObject({ action_id: 'apply_edits', text: { text: 'Apply' }, style: 'primary' });
    expect(value?.seen).toBe(changeId(7));
    expect(parseCommand(value?.line ?? '')).toMatchObject({
      verb: 'apply',
      file: 'bookinfo/x',
      place: { namespace: 'shop' },
      reason: 'red stars',
    });
  });

  it('has a button for each way it may be meant', () => {
    const reply = editsReply(asked(line, way([edit()], { isMeant: true }), way([edit()])), now);

    expect(buttonsOf(reply).map(({ action_id, text }) => [action_id, text.text])).toEqual([
      ['apply_meant', 'Apply as one rule'],
      ['apply_edits', 'Apply as written'],
    ]);
  });

  it('of a deletion asks once more', () => {
    const [button] = buttonsOf(editsReply(asked('/shift delete bookinfo/x', way([edit({ after: undefined })])), now));

    expect(button).toMatchObject({
      text: { text: 'Delete' },
      style: 'danger',
      confirm: { title: { text: 'Delete?' } },
    });
  });

  it.each`
    what                                   | typed                  | overrides
    ${'in a dry run'}                      | ${`${line} --dry-run`} | ${{}}
    ${'where the API server would refuse'} | ${line}                | ${{ trial: { kind: 'rejected', message: 'no' } }}
    ${'where a right is missing'}          | ${line}                | ${{ trial: { kind: 'forbidden', message: 'no' } }}
    ${'where policy refuses'}              | ${line}                | ${{ verdict: { kind: 'refused', denial: { reason: 'bot' } } }}
  `('has no button $what', ({ typed, overrides }) => {
    expect(buttonsOf(editsReply(asked(typed, way([edit()], overrides)), now))).toEqual([]);
  });

  it('warns of versions that nothing defines, which is what stops requests', () => {
    const shown = way([edit()]);
    const versions = [{ host: 'reviews.shop.svc.cluster.local', version: '<v3>' }];
    const plan = { ...shown.plan, warnings: [{ kind: 'undefined-versions', versions } as const] };

    const { text } = editsReply(asked(line, { ...shown, plan }), now);

    expect(text).toContain('*No DestinationRule of the namespace defines* `&lt;v3&gt;` of `reviews`');
    expect(text).toContain('503 (NC)');
  });

  it('names the right that is missing and the overlay that grants it', () => {
    const message = 'the Kubernetes API forbids it: the bot cannot create resource "virtualservices"';

    const { text } = editsReply(asked(line, way([edit()], { trial: { kind: 'forbidden', message } })), now);

    expect(text).toContain('cannot create resource "virtualservices"');
    expect(text).toContain('`manifests/rule-files`');
  });

  it.each`
    denied                                                                                 | remedy
    ${'shiftbot may change only weights'}                                                  | ${'`manifests/rule-files/policy` takes its place'}
    ${'shiftbot may change only what stays within the namespace; this mirrors requests …'} | ${'for somebody else to apply, with kubectl'}
  `('names the policy that is in the way, and what to do: $denied', ({ denied, remedy }) => {
    const message = `ValidatingAdmissionPolicy 'x' denied request: ${denied}`;

    const { text } = editsReply(asked(line, way([edit()], { trial: { kind: 'rejected', message } })), now);

    expect(text).toContain(remedy);
    expect(text.match(/That is the admission policy/g)).toHaveLength(1);
  });

  it('says all that became of the rules of the old tutorial, and of those that became nothing', () => {
    const services = ['productpage', 'reviews', 'ratings', 'details'];
    const conversions = services.flatMap((name) => [
      `The route rule ${name}-default (line 1) became VirtualService ${name}.`,
      `A DestinationRule for ${name} must have the subset v1 (version: v1): requests to a missing subset get a 503.`,
    ]);
    const unconverted = ['deny-all', 'products-api', 'logout', 'login', 'landing'].map((rule, at) => ({
      ...{ rule: `ingress-${rule}`, line: 14 + at },
      why: 'it is for what comes in through the Ingress of that time: today that is a Gateway, and a VirtualService of its own with gateways:',
    }));
    const file = { name: 'old/route-rule-all-v1', manifests: [], conversions, unconverted };

    const shown = textsOf(editsReply(withFile(asked(line, way([edit()])), file), now)).join('\n');

    for (const each of conversions) expect(shown).toContain(each);
    for (const { rule, why } of unconverted) expect(shown).toMatch(new RegExp(`${rule}.*${why}`));
  });
});

describe('what is shown of objects', () => {
  const text = anyText(300);
  const spec: fc.Arbitrary<JsonObject> = fc.dictionary(text, fc.oneof(text, fc.array(text), fc.dictionary(text, text)));
  const content = fc.option(fc.record({ labels: fc.option(fc.dictionary(text, text), { nil: undefined }), spec }), {
    nil: undefined,
  });
  const anEdit = fc
    .record({ before: content, after: content, name: text, pinned: fc.array(text) })
    .map((overrides) => edit(overrides));
  const edits = fc.array(anEdit, { minLength: 1, maxLength: 60 });

  it('is fit for Slack, and nothing in it is markup of others, whatever the objects hold', () => {
    fc.assert(
      fc.property(edits, text, (all, message) => {
        const answer = asked(
          '/shift apply x',
          way(all, { trial: { kind: 'rejected', message } }),
          way(all, { isMeant: true }),
        );

        expect(wrongInMessage({ blocks: [], ...editsReply(answer, now) })).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it('is fit for Slack where very many objects have little in them', () => {
    const small = Array.from({ length: 200 }, (_, at) =>
      edit({ kind: 'DestinationRule', name: `r${at}`, before: undefined, after: { spec: { host: 'a' } } }),
    );

    const reply = editsReply(asked('/shift apply x', way(small)), now);

    expect(wrongInMessage({ blocks: [], ...reply })).toBeUndefined();
    expect(textsOf(reply).join('\n')).toContain('more objects');
  });

  it('is fit for Slack on the card, in every state', () => {
    const ref = { kind: 'VirtualService', namespace: 'default', name: 'reviews' } as const;
    const at = now.toISOString();
    const states: readonly State[] = [
      { kind: 'queued' },
      { kind: 'awaiting', expiresAt: at, needs: { by: [], count: 1, expiresMs: 1, rule: { name: 'x', line: 1 } } },
      { kind: 'applied', at, seq: 1, tookMs: 1, live: {}, warnings: [] },
      { kind: 'held', at, because: 'moved', uid: '', live: {}, object: ref, lastWriter: '<!channel>' },
      { kind: 'failed', at, because: 'half-applied', object: ref, written: [ref], detail: '*x*' },
      { kind: 'void', at, because: 'moved', lastWriter: '`x`' },
    ];
    fc.assert(
      fc.property(edits, text, fc.constantFrom('apply', 'delete', 'unpin'), (objects, of, verb) => {
        const found = objects.flatMap(({ before, ...each }) =>
          before === undefined ? [] : [{ ...each, content: before }],
        );
        const held: State = { kind: 'held', at, because: 'moved', uid: '', live: {}, object: ref, found };
        const moved = objects.map(({ before, ...each }, place) => ({
          ...each,
          how: 'written' as const,
          content: objects[place + 1]?.before,
        }));
        const voided: State = { kind: 'void', at, because: 'moved', lastWriter: '`x`', moved };
        for (const state of [...states, held, voided])
          expect(
            wrongInMessage(card(change({ edits: { verb, of, objects }, state, pinned: objects[0]?.pinned ?? [] }))),
          ).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });
});

describe('the card of a change of objects', () => {
  const objects = [edit(), edit({ name: 'ratings', uid: undefined, before: undefined, to: { v1: 100 } })];
  const at = now.toISOString();
  const of = (state: State, overrides: Partial<Change> = {}) =>
    card(change({ focus: undefined, edits: { verb: 'apply', of: 'bookinfo/x', objects }, state, ...overrides }));
  const ref = { kind: 'VirtualService', namespace: 'default', name: 'reviews' } as const;

  it('names the file and each object, and takes all of it back', () => {
    const shown = of({ kind: 'applied', at, seq: 1, tookMs: 84, live: { v1: 100 }, warnings: [] });

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
    const shown = of({ kind: 'held', at, because: 'moved', uid: '', live: {}, object: ref, lastWriter: 'helm' });

    expect(shown.text).toContain(
      '*`VirtualService reviews` was written by somebody else* since this was planned, last written by `helm`. Nothing was changed.',
    );
    expect(buttonsOf(shown).map(({ text: { text } }) => text)).toEqual(['Apply anyway', 'Discard']);
  });

  it('that is held shows what would be written over what somebody else wrote', () => {
    const content = { spec: { ...was.spec, gateways: ['theirs'] } };
    const found = [{ ...ref, content }];
    const shown = of({ kind: 'held', at, because: 'moved', uid: '', live: {}, object: ref, found });

    expect(textsOf(shown).join('\n').replaceAll('\u00A0', ' ')).toContain('`-   gateways:`\n`-     - theirs`');
  });

  it('that is void shows what each object was when it was planned from, and what it is now', () => {
    const written = { ...ref, how: 'written', content: { spec: { ...was.spec, gateways: ['theirs'] } } } as const;
    const created = {
      ...ref,
      name: 'ratings',
      how: 'written',
      content: { spec: { hosts: ['<!channel>`x'] } },
    } as const;

    const shown = of({ kind: 'void', at, because: 'moved', lastWriter: 'kubectl-edit', moved: [written, created] });

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
      const shown = of({ kind: 'void', at, because: 'moved', moved: [{ ...ref, how, by }] });

      expect(shown.text).toContain(words);
      expect(textsOf(shown).join()).not.toContain('Planned from');
    },
  );

  it('that is void since another goes before it says so, and so does one of an older record', () => {
    expect(of({ kind: 'void', at, because: 'moved', moved: [] }).text).toContain(
      'Its objects are what it was made from, but something came in between',
    );
    expect(of({ kind: 'void', at, because: 'moved' }).text).toContain(
      'One of its objects is not what it was made from.',
    );
  });

  it('that was applied in part says exactly what was and what was not, and takes that back', () => {
    const shown = of({
      kind: 'failed',
      at,
      because: 'not-permitted',
      object: { ...ref, name: 'ratings' },
      written: [ref],
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
    expect(of({ kind: 'queued' }, { reverts: changeId(2) }).text).toContain(
      'reviews and 1 more · back to before bookinfo/x',
    );
  });
});

function to(subset: string): JsonObject {
  return { destination: { host: 'reviews', subset } };
}

type Message = ReturnType<typeof editsReply>;

function textsOf({ blocks = [] }: Message): readonly string[] {
  return blocks.flatMap((block) => (block.type === 'section' ? [block.text?.text ?? ''] : []));
}

function buttonsOf({ blocks = [] }: Message) {
  return blocks
    .flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .flatMap((each) => (each.type === 'button' ? [each] : []));
}
