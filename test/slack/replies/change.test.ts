import { describe, expect, it } from 'vitest';
import type { Edits } from '../../../src/domain/change/edit.ts';
import { parseCommand } from '../../../src/domain/language/parse-command.ts';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { answerReply, heldReply } from '../../../src/slack/replies/change.ts';
import type { Reply } from '../../../src/slack/words/reply.ts';
import type { Trial } from '../../../src/workflow/asking/plan-content.ts';
import type { Answer } from '../../../src/workflow/asking/submit.ts';
import { change, changeId, contentEdit, reviewsObject, weightsEdit } from '../../support/builders.ts';
import { planOf } from './plans.ts';

const at = '2026-11-22T14:03:11.000Z';
const split = (v3: number) => [{ object: reviewsObject, rule: 'default', split: { v1: 100 - v3, v3 } }] as const;
const ramp: Ramp = {
  id: 'r-00000001',
  request: 'r',
  name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
  version: 'v3',
  by: 'U01ALICE',
  origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
  before: split(0),
  steps: [{ percent: 10, stay: { kind: 'for', ms: 300_000 }, to: split(10) }],
  changes: [{ step: 1, id: changeId(1) }],
  acceptedAt: at,
  state: { kind: 'running', step: 1, since: at, dueAt: at },
  rev: 4,
};

const name = { cluster: 'sandbox', namespace: 'default', service: 'reviews' };
const now = new Date('2026-11-22T15:03:11Z');

describe('what whoever asked for a change is told', () => {
  it('says when a request was accepted before, by whom, and how far it is', () => {
    const again = answerReply({ kind: 'accepted', change: change({ by: 'U02BOB' }), behind: 0, again: true }, now);

    expect(again.text).toBe('Already asked for by <@U02BOB>: c-00000001, reviews · 50 % to v3 (queued).');
  });

  it('says how many stand before it', () => {
    expect(answerReply({ kind: 'accepted', change: change(), behind: 2, again: false }, now).text).toContain(
      '2 changes stand before it',
    );
  });

  it('names the one that stands right before it', () => {
    const answer = { kind: 'accepted', change: change(), behind: 2, again: false } as const;
    const ahead = change({ id: changeId(2), state: { kind: 'applying' }, by: 'U02BOB' });

    expect(answerReply(answer, now, { ahead }).text).toContain(
      '2 changes stand before it, the last of them c-00000002 (reviews · 50 % to v3) is applying, asked by <@U02BOB>.',
    );
  });

  it('says of a rule among others that it is the one that takes the rest', () => {
    const answer = { kind: 'accepted', change: change({ pinned: ['x → v2'] }), behind: 0, again: false } as const;

    expect(answerReply(answer, now).text).toContain('Of its rules this is the one that takes all the rest.');
  });

  it('offers to move what else requests for the service follow', () => {
    const typed = parseCommand('/shift reviews v3 50 --reason "red stars"');
    if (typed.verb !== 'shift') throw new Error('it was not understood');
    const answer = { kind: 'accepted', change: change(), behind: 0, again: false } as const;
    const others = [{ ...reviewsObject, name: 'edge' }];

    const reply = answerReply(answer, now, { typed, others });

    expect(reply.text).toContain('Other requests for it follow `VirtualService edge`, and stay as they are.');
    expect(linesOf(reply)).toEqual([
      '/shift reviews v3 50 -n default --cluster sandbox --all-routes --reason "red stars"',
    ]);
    expect(linesOf(answerReply(answer, now, { typed, others: [] }))).toEqual([]);
  });

  it('asks which object is meant where requests follow several, and offers all of them', () => {
    const typed = parseCommand('/shift reviews v3 50');
    if (typed.verb !== 'shift') throw new Error('it was not understood');
    const objects = [reviewsObject, { ...reviewsObject, name: 'own' }] as const;

    const reply = answerReply({ kind: 'not-found', name, found: { kind: 'several', objects } }, now, { typed });

    expect(linesOf(reply)).toEqual([
      '/shift vs/reviews v3 50 -n default --cluster sandbox',
      '/shift vs/own v3 50 -n default --cluster sandbox',
      '/shift reviews v3 50 -n default --cluster sandbox --all-routes',
    ]);
  });

  it('says which change is in the way of objects that would be written whole', () => {
    expect(answerReply({ kind: 'busy', name, first: change() }, now).text).toContain(
      'c-00000001 (reviews · 50 % to v3) is to be applied to `reviews` first',
    );
  });

  it('asks before a shift that would end a ramp, and refuses a promotion, with the words that do it', () => {
    const answer = { kind: 'ramp-runs', name, ramp } as const;
    const typed = (text: string) => {
      const command = parseCommand(text);
      if (command.verb !== 'shift') throw new Error(`${text} is no shift`);
      return answerReply(answer, now, { typed: command });
    };
    const buttonsOf = ({ blocks = [] }: Reply) => blocks.filter(({ type }) => type === 'actions');

    expect(buttonsOf(typed('reviews v3 100'))).toHaveLength(1);
    expect(buttonsOf(typed('promote reviews v3'))).toEqual([]);
    expect(typed('promote reviews v3').text).toMatch(
      /Nothing was changed\. `\/shift finish reviews` does .*`\/shift abort reviews` goes back/,
    );
    expect(buttonsOf(answerReply(answer, now))).toEqual([]); // the button of an older card
  });

  it('says what the API server has against it', () => {
    const edits: Edits = [weightsEdit(), contentEdit({ object: { ...reviewsObject, name: 'ratings' } })];
    const plan = planOf(edits, { trials: [{ kind: 'not-asked' }, { kind: 'rejected', message: 'no' }] });

    expect(answerReply({ kind: 'not-taken', plan }, now).text).toBe(
      '*Not accepted.* Nothing was changed.\nThe API server would refuse `VirtualService ratings`: `no`',
    );
  });

  it('of a held change names the service with its place', () => {
    const held = change({ edits: [weightsEdit({ object: { ...reviewsObject, namespace: 'shop' } })] });

    const { text } = heldReply({ kind: 'refused', change: held, refusal: { reason: 'nothing-to-roll-back' } }, now);

    expect(text).toContain('`/shift status reviews -n shop --cluster sandbox`');
  });

  it.each(['planned-anew', 'discarded', 'decided', 'moved-again'] as const)(
    'answers every click on a held change: %s',
    (kind) => {
      expect(heldReply({ kind, change: change() }, now).text).not.toBe('');
    },
  );
});

describe('a dry run of weights', () => {
  const judgement = { verdict: { kind: 'allowed' }, findings: [] } as const;
  const told = (edits: Edits, overrides: Parameters<typeof planOf>[1] = {}, more: Partial<Preview> = {}) =>
    answerReply(
      { kind: 'preview', name, plan: planOf(edits, overrides), waiting: 0, judgement, ...more },
      now,
    ).text.replaceAll('\u00A0', ' ');

  it('shows what would move, and what the API server says', () => {
    const text = told([weightsEdit({ pinned: ['end-user = jason → v2'] })], {}, { waiting: 2 });

    expect(text.replaceAll(/ +[▰▱]+/g, '').split('\n')).toEqual([
      'Dry run of `reviews` in `default`, rule `default`: nothing was changed.',
      '`v1  100 → 50 %`',
      '`v3    0 → 50 %`',
      'The API server would take it.',
      'Planned from what the 2 waiting before it will leave.',
      'Not reached by the split: `end-user = jason → v2`',
    ]);
  });

  it.each<[Trial, string]>([
    [{ kind: 'fine', warnings: ['odd'] }, 'The API server would take it.\nIt warns: `odd`'],
    [{ kind: 'rejected', message: 'no' }, 'The API server would refuse it: `no`'],
    [
      { kind: 'forbidden', message: 'cannot patch' },
      '`cannot patch`. The people who run shiftbot can grant it (`manifests/`).',
    ],
    [{ kind: 'moved' }, 'Somebody wrote the object while it was asked, so there is no verdict. Type it again.'],
    [{ kind: 'not-asked' }, 'The API server was not asked, since others are applied first.'],
  ])('has words for what the API server says: %o', (trial, words) => {
    expect(told([weightsEdit()], { trials: [trial] })).toContain(words);
  });

  it('names the rules and the objects where there are several', () => {
    const edit = weightsEdit();
    const both = { ...edit, moves: [...edit.moves, { rule: 'orders', from: { v2: 100 }, to: { v4: 100 } }] as const };
    const ratings = weightsEdit({ object: { ...reviewsObject, name: 'ratings' } });

    expect(told([both])).toContain(
      'Dry run of `reviews` in `default`, 2 rules: nothing was changed.\nRule `default`\n',
    );
    expect(told([edit, ratings])).toMatch(
      /^Dry run of `reviews` and 1 more in `default`, 2 rules: .*\n`VirtualService ratings`\n.*\nThe API server would take it\.$/s,
    );
  });

  it('warns of whoever else manages the object', () => {
    const warnings = [{ kind: 'puts-back', owner: { tool: 'argo-cd', name: 'shop' } }] as const;

    expect(told([weightsEdit()], { warnings })).toContain(
      '*Argo CD (application `shop`) manages this object* and may put the weights back.',
    );
  });

  it('of a rollback of objects shows each object', () => {
    const was = { spec: { hosts: ['reviews'] } };
    const edit = contentEdit({ object: reviewsObject, before: was, to: { v1: 100 }, from: { v1: 100 } });
    const aim = { kind: 'back', before: { kind: 'file', verb: 'apply', file: 'x' } } as const;

    expect(told([edit], { aim })).toBe(
      'Dry run of a rollback: nothing was changed.\n*Delete* `VirtualService reviews`, which has v1 100 %; its requests then go to every version',
    );
  });
});

type Preview = Extract<Answer, { kind: 'preview' }>;

/** What the buttons of an answer type. */
function linesOf({ blocks = [] }: Reply): readonly (string | undefined)[] {
  return blocks.flatMap((block) => {
    if (block.type === 'actions') return block.elements.flatMap((each) => ('value' in each ? [each.value] : []));
    if (block.type !== 'section' || block.accessory?.type !== 'button') return [];
    return [block.accessory.value];
  });
}
