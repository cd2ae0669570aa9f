import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContentEdit } from '../../../../src/domain/change/edit.ts';
import { parseCommand } from '../../../../src/domain/language/parse-command.ts';
import type { RuleFile } from '../../../../src/domain/routing/rule-file.ts';
import type { JsonObject } from '../../../../src/domain/text/json.ts';
import { answerReply } from '../../../../src/slack/replies/change.ts';
import { readLineValue } from '../../../../src/slack/words/button.ts';
import type { Trial } from '../../../../src/workflow/asking/plan-content.ts';
import type { EditsAnswer, Way } from '../../../../src/workflow/asking/rule-file.ts';
import { anyText } from '../../../support/arbitraries.ts';
import { changeId, contentEdit, reviewsObject, reviewsUid } from '../../../support/builders.ts';
import { wrongInMessage } from '../../../support/slack-reading.ts';
import { planOf } from '../plans.ts';

const now = new Date('2026-11-22T14:03:11.000Z');
const fine: Trial = { kind: 'fine', warnings: [] };
const was = { spec: { hosts: ['reviews'], http: [{ route: [to('v1')] }] } };
const is = {
  spec: {
    hosts: ['reviews'],
    http: [{ match: [{ uri: { prefix: '/a' } }], route: [to('v2')] }, { route: [to('v1')] }],
  },
};

function edit(overrides: Partial<ContentEdit> = {}): ContentEdit {
  const split = { from: { v1: 100 }, to: { v1: 100 } };
  return { ...contentEdit({ object: reviewsObject, uid: reviewsUid, before: was, after: is, ...split }), ...overrides };
}

function named(name: string): Pick<ContentEdit, 'object'> {
  return { object: { ...reviewsObject, name } };
}

function way(
  edits: readonly ContentEdit[],
  overrides: { trial?: Trial; isMeant?: boolean; verdict?: Way['judgement']['verdict'] } = {},
): Way {
  const { trial = fine, isMeant = false, verdict = { kind: 'allowed' } } = overrides;
  const [first = edit(), ...more] = edits;
  return { isMeant, plan: planOf([first, ...more], { trials: [trial] }), judgement: { verdict, findings: [] } };
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
    const reply = answerReply(
      asked(line, way([edit(), edit({ ...named('ratings'), before: undefined, uid: undefined })])),
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

  it('says where it would be written, which may be elsewhere than was typed, and of objects in several namespaces where each is', () => {
    const elsewhere = { object: { ...reviewsObject, namespace: 'shop' } };
    const one = answerReply(asked(line, way([edit(elsewhere)])), now);
    const two = answerReply(asked(line, way([edit(), edit(elsewhere)])), now);

    expect(one.text).toContain('In `shop` @ `sandbox` it would replace 1 object.');
    expect(textsOf(one).join('\n')).toMatch(/\*Replace\* `VirtualService reviews`: v1/);
    expect(two.text).toContain('In `default`, `shop` @ `sandbox` it would replace 2 objects.');
    expect(textsOf(two).join('\n')).toMatch(/\*Replace\* `VirtualService reviews` in `shop`: v1/);
  });

  it('has a button that does what was typed, as it was shown', () => {
    const [button] = buttonsOf(answerReply(asked(line, way([edit()])), now));
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
    const reply = answerReply(asked(line, way([edit()], { isMeant: true }), way([edit()])), now);

    expect(buttonsOf(reply).map(({ action_id, text }) => [action_id, text.text])).toEqual([
      ['apply_meant', 'Apply as one rule'],
      ['apply_edits', 'Apply as written'],
    ]);
  });

  it('of a deletion asks once more', () => {
    const [button] = buttonsOf(answerReply(asked('/shift delete bookinfo/x', way([edit({ after: undefined })])), now));

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
    expect(buttonsOf(answerReply(asked(typed, way([edit()], overrides)), now))).toEqual([]);
  });

  it('warns of versions that nothing defines, which is what stops requests', () => {
    const shown = way([edit()]);
    const versions = [{ host: 'reviews.shop.svc.cluster.local', version: '<v3>' }];
    const plan = { ...shown.plan, warnings: [{ kind: 'undefined-versions', versions } as const] };

    const { text } = answerReply(asked(line, { ...shown, plan }), now);

    expect(text).toContain('*No DestinationRule of the namespace defines* `&lt;v3&gt;` of `reviews`');
    expect(text).toContain('503 (NC)');
  });

  it('names the right that is missing and the overlay that grants it', () => {
    const message = 'the Kubernetes API forbids it: the bot cannot create resource "virtualservices"';

    const { text } = answerReply(asked(line, way([edit()], { trial: { kind: 'forbidden', message } })), now);

    expect(text).toContain('cannot create resource "virtualservices"');
    expect(text).toContain('`manifests/rule-files`');
  });

  it.each`
    denied                                                                                 | remedy
    ${'shiftbot may change only weights'}                                                  | ${'`manifests/rule-files/policy` takes its place'}
    ${'shiftbot may change only what stays within the namespace; this mirrors requests …'} | ${'for somebody else to apply, with kubectl'}
  `('names the policy that is in the way, and what to do: $denied', ({ denied, remedy }) => {
    const message = `ValidatingAdmissionPolicy 'x' denied request: ${denied}`;

    const { text } = answerReply(asked(line, way([edit()], { trial: { kind: 'rejected', message } })), now);

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

    const shown = textsOf(answerReply(withFile(asked(line, way([edit()])), file), now)).join('\n');

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
    .map(({ name, ...overrides }) => edit({ ...overrides, ...named(name) }));
  const edits = fc.array(anEdit, { minLength: 1, maxLength: 60 });

  it('is fit for Slack, and nothing in it is markup of others, whatever the objects hold', () => {
    fc.assert(
      fc.property(edits, text, (all, message) => {
        const answer = asked(
          '/shift apply x',
          way(all, { trial: { kind: 'rejected', message } }),
          way(all, { isMeant: true }),
        );

        expect(wrongInMessage({ blocks: [], ...answerReply(answer, now) })).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it('is fit for Slack where very many objects have little in them', () => {
    const small = Array.from({ length: 200 }, (_, at) =>
      edit({
        object: { ...reviewsObject, kind: 'DestinationRule', name: `r${at}` },
        before: undefined,
        after: { spec: { host: 'a' } },
      }),
    );

    const reply = answerReply(asked('/shift apply x', way(small)), now);

    expect(wrongInMessage({ blocks: [], ...reply })).toBeUndefined();
    expect(textsOf(reply).join('\n')).toContain('more objects');
  });
});

function to(subset: string): JsonObject {
  return { destination: { host: 'reviews', subset } };
}

type Message = ReturnType<typeof answerReply>;

function textsOf({ blocks = [] }: Message): readonly string[] {
  return blocks.flatMap((block) => (block.type === 'section' ? [block.text?.text ?? ''] : []));
}

function buttonsOf({ blocks = [] }: Message) {
  return blocks
    .flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .flatMap((each) => (each.type === 'button' ? [each] : []));
}
