import { afterEach, describe, expect, it } from 'vitest';
import { type Change, objectsOf } from '../../src/domain/change/change.ts';
import { failReasons, holdReasons, type State } from '../../src/domain/change/state.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import type { Route } from '../../src/domain/routing/route.ts';
import { RejectedError } from '../../src/workflow/errors.ts';
import {
  applied as appliedState,
  change,
  changeId,
  found,
  jason,
  reviews,
  reviewsObject,
  revision,
  rule,
} from '../support/builders.ts';
import { wrongInMessage } from '../support/slack-reading.ts';
import { House } from '../workflow/house.ts';
import { Door, sentIn } from './door.ts';

/** Everything by which Slack pings, links or formats, and what a person might take for words of ours. */
const evil =
  '<!channel> <!here> <!subteam^S1> <@U99OTHER> <#C1|general> <http://evil.example|reviews> http://evil.example &lt;!here&gt; `code` ```block``` *bold* _it_ ~no~\n> quote \u202Etxet :tada: *Approved* by <@U01ALICE>, click Approve';
const at = '2026-11-22T14:03:11.000Z';
const object = { ...reviewsObject, cluster: evil };
const applied = appliedState({
  at,
  made: [{ object, seq: 1, live: [{ rule: evil, split: { [evil]: 50, v3: 50 } }] }],
  warnings: [evil, evil],
});
const stopped = found({}, { object, live: [{ rule: evil, split: { [evil]: 70, v2: 30 } }], lastWriter: evil });
const stamp = '0123456789abcdef';

const states: readonly State[] = [
  { kind: 'queued' },
  applied,
  { ...applied, rolledBack: { by: evil, change: changeId(2) } },
  { ...applied, movedAway: { object, rule: evil, at, how: 'weights', manager: evil, live: { [evil]: 1 } } },
  ...holdReasons.map((because): State => ({ kind: 'held', at, because, found: [stopped], stamp })),
  { kind: 'void', at, because: 'moved', moved: [stopped], stamp },
  { kind: 'discarded', at, by: evil },
  ...failReasons.map((because): State => ({ kind: 'failed', at, because, detail: evil, object })),
];

let door: Door;

afterEach(() => door.close());

async function open(...routes: readonly Route[]): Promise<Door> {
  door = await new Door(new House(...routes)).open();
  return door;
}

/** Owes its card. */
async function stored(change: Change): Promise<void> {
  const { changes } = door.house;
  const { versions } = await changes.lines(objectsOf(change));
  expect(await changes.accept(change, { lines: versions, ahead: false })).toEqual({ kind: 'accepted' });
}

/** An object of which everything that can be written was written by somebody with bad intentions. */
function hostileRoute(): Route {
  const rules = [{ ...jason, key: evil, match: evil }, rule({ [evil]: 50, v1: 50 }, { served: [evil, 'v1', 'v2'] })];
  const revisions = [
    revision({
      rule: evil,
      by: evil,
      reason: evil,
      from: { [evil]: 100 },
      to: { [evil]: 1, v1: 2 },
      at: '2026-11-22T14:03:11Z',
    }),
  ];
  return { ...reviews({}, { rules, revisions }), gateways: [evil], lastWriter: { manager: evil, at: evil } };
}

describe('rows 11 and 30: what a person or the cluster wrote never pings, links, formats, or stands as words of ours', () => {
  it.each(states)('on a card, as it goes to Slack: $kind $because', async (state) => {
    await open();
    const hostile = change({
      state,
      reason: evil,
      rule: evil,
      service: 'reviews',
      pinned: [evil, evil],
      from: { [evil]: 100 },
      to: { [evil]: 50, v3: 50 },
      object,
    });
    await stored(hostile);

    const calls = await door.cards();

    expect(calls.map(({ method }) => method)).toEqual(['chat.postMessage', 'chat.update']);
    for (const call of calls) {
      expect(wrongInMessage(sentIn(call))).toBeUndefined();
      expect(call.arguments).toMatchObject({ parse: 'none', link_names: 'false' });
    }
    expect(calls[0]?.arguments).toMatchObject({ unfurl_links: 'false', unfurl_media: 'false' });
  });

  it.each([
    'status',
    'status reviews',
    'history reviews',
    'rollback reviews',
    'reviews v9 50',
    'reviews v1 50 --route nope',
    'reviews v2 50 --dry-run',
    'help',
    `reviews v3 50 --reason "${evil}"`,
    `${evil} v3 50`,
    `reviews ${evil} 50`,
    `reviews v3 50 --cluster "${evil}"`,
    `reviews v3 50 --route "${evil}"`,
  ])('in the answer to %s', async (text) => {
    await open(hostileRoute());

    const answer = await door.answered(text);

    expect(wrongInMessage(answer)).toBeUndefined();
    expect(answer.blocks).not.toEqual([]);
  });

  it('in what a webhook answers to a dry run', async () => {
    await open(hostileRoute());
    door.house.mesh.rejectEverything(new RejectedError(evil));

    const answer = await door.answered('reviews v2 50 --dry-run');

    expect(answer.text).toContain('The API server would refuse it: `&lt;!channel&gt;');
    expect(wrongInMessage(answer)).toBeUndefined();
  });

  it('in what the cluster says when it does not serve', async () => {
    await open(hostileRoute());
    door.house.mesh.failReads(new RejectedError(evil));

    expect(wrongInMessage(await door.answered('reviews v2 50'))).toBeUndefined();
  });

  it('in the answer to a click, which only the asker sees and Slack makes nothing of', async () => {
    const first: ChangeId = changeId(1);
    const route = hostileRoute();
    const ours = [
      revision({ id: changeId(2), by: evil, from: { [evil]: 1 }, to: { [evil]: 2 } }),
      revision({ id: first, by: evil, reason: evil }),
    ];
    await open({ ...route, ledger: { seq: 2, revisions: ours } });

    await door.click({ action: 'roll_back', value: first });
    await door.click({ action: 'history', value: first });
    await door.click({ action: evil.slice(0, 200), value: first });

    const calls = door.slack.callsOf('chat.postEphemeral');
    expect(calls).toHaveLength(3);
    for (const call of calls) {
      expect(wrongInMessage(sentIn(call))).toBeUndefined();
      expect(call.arguments).toMatchObject({ parse: 'none', link_names: 'false', user: 'U01ALICE' });
    }
    expect(calls[0]?.arguments['text']).toContain('This is no longer the last change');
  });
});

describe('row 12: lists and names as long as they can be', () => {
  it('fill no card and no answer over what Slack takes', async () => {
    const long = Object.fromEntries(Array.from({ length: 60 }, (_, place) => [`${'x'.repeat(240)}${place}`, place]));
    const route = { ...reviews(long), gateways: Array.from({ length: 300 }, () => 'g'.repeat(253)) };
    await open(route);
    const wide = change({
      from: long,
      to: long,
      pinned: Array.from({ length: 40 }, () => '&'.repeat(500)),
      reason: '&'.repeat(3_001),
      service: 's'.repeat(253),
      state: appliedState({ at, live: long, warnings: [evil, evil] }),
    });
    await stored(wide);

    for (const text of ['status', 'status reviews', 'reviews nope 50'])
      expect(wrongInMessage(await door.answered(text))).toBeUndefined();
    const cards = await door.cards();
    expect(cards).not.toEqual([]);
    for (const call of cards) expect(wrongInMessage(sentIn(call))).toBeUndefined();
  });
});
