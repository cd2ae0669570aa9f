import { afterEach, describe, expect, it } from 'vitest';
import { rejectDialogId } from '../../src/slack/replies/reject-dialog.ts';
import { actions } from '../../src/slack/words/button.ts';
import { changeId, reviews, reviewsObject, revision } from '../support/builders.ts';
import { House } from '../workflow/house.ts';
import { Door } from './door.ts';

let door: Door;

afterEach(() => door.close());

async function open(): Promise<House> {
  const house = new House(
    reviews({ v1: 100 }),
    reviews({ v1: 100 }, { object: { ...reviewsObject, name: 'ratings' } }),
  );
  door = await new Door(house).open();
  return house;
}

const form = 'application/x-www-form-urlencoded';
const command = {
  command: '/shift',
  text: 'reviews v3 50',
  user_id: 'U1',
  team_id: 'T1',
  channel_id: 'C1',
  trigger_id: '1.2',
};

describe('row 14: signed, but odd', () => {
  it.each(Object.keys(command).filter((field) => field !== 'command' && field !== 'text'))(
    'a command without %s is refused, and that is said',
    async (field) => {
      const house = await open();

      const { status, body } = await door.post(form, new URLSearchParams({ ...command, [field]: '' }).toString());

      expect(status).toBe(200);
      expect(body).toContain('I do not understand what Slack sent me');
      expect(house.changes.all).toEqual([]);
    },
  );

  it('a command without text is one for help', async () => {
    await open();
    const { text: _, ...rest } = command;

    expect((await door.post(form, new URLSearchParams(rest).toString())).body).toContain('/shift status');
  });

  it.each`
    what                                | body
    ${'a field that names a prototype'} | ${`payload=${encodeURIComponent('{"__proto__":{"polluted":1},"type":"block_actions"}')}`}
    ${'a constructor with a prototype'} | ${`payload=${encodeURIComponent('{"constructor":{"prototype":{"polluted":1}}}')}`}
    ${'fields nested 10,000 deep'}      | ${`payload=${encodeURIComponent(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`)}`}
    ${'a payload that is there twice'}  | ${'payload=%7B%7D&payload=%7B%7D'}
    ${'a payload that is a list'}       | ${'payload=%5B%5D'}
    ${'a payload that is no JSON'}      | ${'payload=%7B'}
  `('$what is refused, and reaches nothing', async ({ body }) => {
    const shared = Reflect.ownKeys(Object.prototype);
    const house = await open();

    expect((await door.post(form, body)).status).toBe(400);
    expect(house.changes.all).toEqual([]);
    expect(Reflect.ownKeys(Object.prototype)).toEqual(shared);
    expect({}).not.toHaveProperty('polluted');
  });

  it.each`
    what                        | alter
    ${'without actions'}        | ${(click: object) => ({ ...click, actions: [] })}
    ${'without a user'}         | ${(click: object) => ({ ...click, user: undefined })}
    ${'whose user is a number'} | ${(click: object) => ({ ...click, user: { id: 7 } })}
    ${'whose channel is text'}  | ${(click: object) => ({ ...click, channel: 'C1', container: 'x' })}
  `('a click $what has no effect, and the bot goes on', async ({ alter }) => {
    const house = await open();
    const applied = await house.applied('v3', 50);

    await door.payload(alter(door.clickPayload({ action: actions.rollBack, value: applied.id })));

    expect(house.changes.all).toHaveLength(1);
    expect((await door.answered('status reviews')).text).toContain('v3');
  });

  it('a button that nobody made is answered', async () => {
    const house = await open();
    const applied = await house.applied('v3', 50);

    expect((await door.click({ action: 'delete_everything', value: applied.id }))?.text).toContain(
      'I do not know what `delete_everything` means',
    );
    expect(house.changes.all).toHaveLength(1);
    expect(await refusals(house)).toEqual(['U01ALICE unknown-button']);
  });
});

/** Who was told no, and why, as the audit has it. */
async function refusals(house: House): Promise<readonly string[]> {
  await house.settled();
  const refused = house.audit.trail.filter(({ kind }) => kind === 'refused');
  return refused.map(({ by, because }) => `${by?.user} ${because}`);
}

describe('row 15: a button from elsewhere, or altered', () => {
  it.each([
    '',
    'c-1',
    'c-0000000I',
    '{"id":"c-00000001"}',
    'c-00000001@',
    '../c-00000001',
    7,
    null,
    'c-00000001 or 1=1',
  ])('with the value %j is none of ours', async (value) => {
    const house = await open();
    await house.applied('v3', 50);

    expect((await door.click({ action: actions.rollBack, value }))?.text).toContain('This button is not one of mine');
    expect(house.changes.all).toHaveLength(1);
    expect(await refusals(house)).toEqual(['U01ALICE altered-button']);
  });

  it('on the message of another app is none of ours, and the log says so', async () => {
    const house = await open();
    const applied = await house.applied('v3', 50);

    const told = await door.click({ action: actions.rollBack, value: applied.id, author: 'B99OTHER' });

    expect(told?.text).toContain('This button is not one of mine');
    expect(house.changes.all).toHaveLength(1);
    expect(await refusals(house)).toEqual(['U01ALICE altered-button']);
    expect(house.log.messages('warn')).toContain('a click came from a message that is not ours');
  });

  it.each`
    action                  | where
    ${actions.rollBack}     | ${{ team: 'T99OTHER' }}
    ${actions.rollBack}     | ${{ channel: 'C99OTHER' }}
    ${actions.rollBack}     | ${{ channel: 'D99OTHER', user: 'U02BOB' }}
    ${actions.rollBackSeen} | ${{ team: 'T99OTHER' }}
    ${actions.promote}      | ${{ channel: 'C99OTHER' }}
    ${actions.history}      | ${{ channel: 'C99OTHER' }}
    ${actions.applyAnyway}  | ${{ channel: 'C99OTHER' }}
    ${actions.discard}      | ${{ team: 'T99OTHER' }}
  `(
    '$action from $where is answered in the words for what is not known, and the log says so',
    async ({ action, where }) => {
      const house = await open();
      const applied = await house.applied('v3', 50);

      const told = await door.click({ action, value: applied.id, ...where });
      const unknown = await door.click({ action, value: changeId(77) });

      expect(told?.text.replaceAll(applied.id, 'X')).toBe(unknown?.text.replaceAll(changeId(77), 'X'));
      expect(house.changes.all).toHaveLength(1);
      const who = where.team === undefined ? (where.user ?? 'U01ALICE') : `${where.team}/U01ALICE`;
      expect(await refusals(house)).toEqual([`${who} wrong-channel`, 'U01ALICE unknown-change']);
      expect(house.log.messages('warn')).toContain('a click came from a place where this change has no card');
    },
  );

  it('in a dialog that is none of ours is told to nobody but the audit', async () => {
    const house = await open();
    const view = { id: 'V1', callback_id: rejectDialogId, private_metadata: '{"value":"all"}', state: { values: {} } };
    const user = { id: 'U02BOB', team_id: 'T01TEAM' };

    const status = await door.payload({ type: 'view_submission', user, team: { id: 'T01TEAM' }, view });

    expect(status).toBe(200);
    await expect.poll(() => refusals(house)).toEqual(['U02BOB altered-dialog']);
    expect(door.told()).toEqual([]);
  });

  it('is taken from the conversation with who asked, where the card is when the channel is closed', async () => {
    const house = await open();
    const applied = await house.applied('v3', 50);

    expect((await door.click({ action: actions.rollBack, value: applied.id, channel: 'D01ALICE' }))?.text).toContain(
      'Accepted',
    );
  });

  it('with the id of a change of another service acts on that service and no other', async () => {
    const house = await open();
    const applied = await house.applied('v3', 50);

    await door.click({ action: actions.promote, value: applied.id });

    expect(house.changes.all.map(({ service }) => service)).toEqual(['reviews', 'reviews']);
  });
});

describe('rows 16 and 18: the same click again, both buttons at once, an old card', () => {
  it('a double click is one rollback, and both clicks are answered', async () => {
    const house = await open();
    const applied = await house.applied('v3', 50);

    await Promise.all([1, 2].map(() => door.click({ action: actions.rollBack, value: applied.id })));

    await expect.poll(() => door.told().length).toBe(2);
    expect(
      door
        .told()
        .map(({ text }) => text.slice(0, 8))
        .toSorted(),
    ).toEqual(['Accepted', 'Already ']);
    expect(house.changes.all.filter(({ reverts }) => reverts === applied.id)).toHaveLength(1);
  });

  it('of Apply anyway and Discard at once one holds, and the other is told', async () => {
    const house = await open();
    const accepted = await house.accepted('v3', 50);
    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });
    await house.work();

    await Promise.all(
      [actions.applyAnyway, actions.discard].map((action) => door.click({ action, value: accepted.id })),
    );

    await expect.poll(() => door.told().length).toBe(2);
    const words = door.told().map(({ text }) => text);
    expect(words.filter((text) => /^(Accepted|Discarded)/.test(text))).toHaveLength(1);
    expect(words.filter((text) => text.includes('does not wait for a decision any more'))).toHaveLength(1);
  });

  it('a click on the card of a change that was taken back says by whom', async () => {
    const house = await open();
    const applied = await house.applied('v3', 50);
    await door.click({ action: actions.rollBack, value: applied.id });
    await house.work();

    const told = await door.click({ action: actions.rollBack, value: applied.id, user: 'U02BOB' });

    expect(told?.text).toMatch(/^Already (asked for|rolled back),? by <@U01ALICE>/);
  });

  it('a click on a card from before the store was lost goes by the object, or says that nothing is known', async () => {
    const house = await open();
    const applied = await house.applied('v3', 50);
    house.changes.lose();

    expect((await door.click({ action: actions.discard, value: applied.id }))?.text).toContain('Nothing is known of');
    expect((await door.click({ action: actions.rollBack, value: applied.id }))?.text).toContain('Accepted');
    expect((await door.click({ action: actions.promote, value: changeId(5) }))?.text).toContain('I no longer know');
  });

  it('a rollback of a rollback is a change like any other', async () => {
    const house = await open();
    const applied = await house.applied('v3', 50);
    await house.clickRollback(applied.id);
    await house.work();
    const [, back] = house.changes.all;

    await door.click({ action: actions.rollBack, value: back?.id });
    await house.work();

    expect(house.split).toEqual({ v1: 50, v3: 50 });
  });
});

describe('row 19: a rollback of what others came after', () => {
  it('shows what it would undo, and does nothing until that is confirmed', async () => {
    const house = new House(
      reviews({ v2: 100 }, { revisions: [revision({ id: changeId(2), to: { v2: 100 } }), revision()] }),
    );
    door = await new Door(house).open();

    const told = await door.click({ action: actions.rollBack, value: changeId(1) });

    expect(told?.text.replaceAll('\u00A0', ' ')).toContain('`v1    0 → 100 %');
    expect(told?.text.replaceAll('\u00A0', ' ')).toContain('`v2  100 → 0 %');
    expect(house.changes.all).toEqual([]);
  });
});
