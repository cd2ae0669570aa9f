import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Door } from '../../bad-inputs/door.ts';
import { policyOf } from '../../support/policies.ts';
import { RampHouse } from '../../workflow/ramping/ramp-house.ts';

describe('the home of the bot', () => {
  let house: RampHouse;
  let door: Door;

  beforeEach(async () => {
    house = new RampHouse();
    door = await new Door(house).open();
  });
  afterEach(() => door.close());

  const deliver = (event: object) =>
    door.post(
      'application/json',
      JSON.stringify({ type: 'event_callback', token: 'x', team_id: 'T01TEAM', event_id: `Ev${randomUUID()}`, event }),
    );
  const open = (tab = 'home') =>
    deliver({ type: 'app_home_opened', user: 'U01ALICE', channel: 'D01', tab, event_ts: '1.1' });
  const published = () => door.slack.callsOf('views.publish').map((each) => each.arguments);
  const drawn = async () => {
    await open();
    await door.idle();
    return published()[0];
  };

  it('shows the ramps that are not over, with a link to their card', async () => {
    const ramp = await house.started();
    const home = await drawn();
    expect(home).toMatchObject({ user_id: 'U01ALICE' });
    expect(home?.['view']).toContain(`${ramp.id} (reviews · ramp to v3, step 1 of 4) runs, next at`);
    expect(home?.['view']).toMatch(/<https:\/\/sandbox\.slack\.com\/archives\/C01CHANNEL\/p\d+\|Its card>/);
    expect(home?.['view']).toContain('Nothing waits for a decision.');
  });

  it('shows what waits for approval', async () => {
    house.policies.take(
      policyOf('rules:\n  - target: "**"\n    shift: [everyone]\n    approve: { by: [U02BOB], from: 1 }\n'),
    );
    const { id } = await house.accepted('v3', 50);

    expect((await drawn())?.['view']).toMatch(new RegExp(`${id} .* 0 of 1 approvals`));
  });

  it('says so where nothing runs', async () => {
    expect((await drawn())?.['view']).toContain('No ramp runs.');
  });

  it('says what it does not know while the store does not answer', async () => {
    house.ramps.goAway();

    expect((await drawn())?.['view']).toContain('Redis does not answer');
  });

  it('is not drawn when somebody opens the messages', async () => {
    await open('messages');
    await door.idle();

    expect(published()).toEqual([]);
  });

  it('is told once in the log where Slack takes no home, and nobody is told anything', async () => {
    const refused = { body: { ok: false, error: 'unknown_method' } };
    door.slack.answer('views.publish', refused, refused);
    await open();
    await open();
    await door.idle();

    expect(published()).toHaveLength(2);
    expect(house.log.lines.filter(({ message }) => message.includes('home of a person'))).toHaveLength(1);
    expect(door.slack.calls.filter(({ method }) => method.startsWith('chat.'))).toEqual([]);
  });

  it('ignores what has another shape', async () => {
    expect(await deliver({ type: 'app_home_opened', user: 7, event_ts: '1.1' })).toMatchObject({ status: 200 });
    await door.idle();

    expect(published()).toEqual([]);
    expect(house.log.lines.map(({ message }) => message)).toContain('a home was opened in an unknown shape');
  });
});
