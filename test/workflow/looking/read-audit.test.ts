import { describe, expect, it } from 'vitest';
import { readAudit } from '../../../src/workflow/looking/read-audit.ts';
import { changeId } from '../../support/builders.ts';
import { House } from '../house.ts';

const [alice, bob, carol, dave] = ['U01ALICE', 'U02BOB', 'U03CAROL', 'U04DAVE'] as const;

describe('reading the audit', () => {
  async function busy(): Promise<House> {
    const house = new House();
    await house.applied('v3', 50);
    await house.shift('v9', 50, {}, house.asker(bob));
    return house;
  }

  it.each`
    about                                                                   | kinds
    ${{ kind: 'everything' }}                                               | ${['refused', 'applied', 'accepted']}
    ${{ kind: 'service', service: { service: 'reviews' } }}                 | ${['refused', 'applied', 'accepted']}
    ${{ kind: 'service', service: { service: 'ratings' } }}                 | ${[]}
    ${{ kind: 'service', service: { service: 'reviews', namespace: 'x' } }} | ${[]}
    ${{ kind: 'person', user: alice }}                                      | ${['applied', 'accepted']}
    ${{ kind: 'person', user: bob }}                                        | ${['refused']}
    ${{ kind: 'change', id: changeId(7) }}                                  | ${[]}
  `('shows $kinds of $about', async ({ about, kinds }) => {
    const house = await busy();

    const answer = await readAudit(house.desk, about, house.asker(carol));

    expect(answer).toMatchObject({ kind: 'audit', reading: { hasMore: false } });
    expect(
      answer.kind === 'audit' && answer.reading.entries.map((entry) => 'event' in entry && entry.event.kind),
    ).toEqual(kinds);
  });

  it.each(['guest', 'outsider', 'bot', 'deactivated'] as const)('shows nothing to a person who is %s', async (kind) => {
    const house = await busy();
    house.people.is(dave, { kind });

    expect(await readAudit(house.desk, { kind: 'everything' }, house.asker(dave))).toEqual({
      kind: 'not-for-you',
      standing: { kind },
    });
  });
});
