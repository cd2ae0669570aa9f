import { beforeEach, describe, expect, it } from 'vitest';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { rampCard } from '../../../src/slack/card/ramp.ts';
import { answerClick, answerRampAnew, answerText } from '../../../src/slack/conversation/answer.ts';
import type { Conversation, Told } from '../../../src/slack/conversation/conversation.ts';
import { type ButtonValue, readButtonValue, readLineValue } from '../../../src/slack/words/button.ts';
import { reviews, reviewsObject, rule } from '../../support/builders.ts';
import { InMemoryLimits } from '../../support/in-memory-limits.ts';
import { policyOf } from '../../support/policies.ts';
import { minute, RampHouse } from '../../workflow/ramping/ramp-house.ts';

const everyone = 'rules:\n  - target: "**"\n    shift: [everyone]\n';
const readOnly = 'rules:\n  - target: "**"\n    shift: [U02BOB]\n';

/** Reviews at step 2 of 4 of a ramp to v3, when Redis is lost. */
describe('a ramp whose record is lost', () => {
  let house: RampHouse;
  let ramp: Ramp;
  let conversation: Conversation;

  beforeEach(async () => {
    house = new RampHouse();
    const { desk, cards } = house;
    const limits = new InMemoryLimits(() => house.now());
    conversation = { desk, cards, limits, botName: 'shiftbot', isLate: () => false, allowance: { perMinute: 0 } };
    const { id } = await house.started({ reason: 'release 7' });
    await house.after(5 * minute);
    ramp = await house.ramp(id);
    house.changes.lose();
    house.ramps.lose();
  });

  const buttonOf = (label: string): { readonly action: string; readonly value: ButtonValue | undefined } => {
    const { blocks } = rampCard({ ramp, change: undefined });
    const button = blocks
      .flatMap((block) => (block.type === 'actions' && 'elements' in block ? block.elements : []))
      .find((each) => each.type === 'button' && each.text.text === label);
    if (button?.type !== 'button') throw new Error(`the card has no button ${label}`);
    return { action: button.action_id ?? '', value: readButtonValue(button.value) };
  };
  const click = (label: string): Promise<Told> => {
    const { action, value } = buttonOf(label);
    return answerClick(conversation, action, value, house.asker());
  };
  const type = (text: string): Promise<Told> => answerText(conversation, text, house.asker());
  const offered = ({ reply }: Told) =>
    (reply?.blocks ?? [])
      .flatMap((block) => (block.type === 'actions' ? block.elements : []))
      .flatMap((each) => (each.type === 'button' ? [{ label: each.text.text, value: each.value }] : []));

  it.each(['Pause', '50 % now'])(
    'is told of at a click on %s, with what was made, what is live and what was left',
    async (label) => {
      const answer = await click(label);

      expect(answer.reply?.text).toContain(`The record of ramp ${ramp.id} is lost:*`);
      expect(answer.reply?.text).toMatch(
        /step 2 of 4 \(v1 75 %, v3 25 %\) was made at <!date\^\d+\^[^|]*\|14:08:1\d UTC>, and is still live/,
      );
      expect(answer.reply?.text).toContain('/shift reviews v3 50,100 every 5m -n default');
      expect(offered(answer).map(({ label: text }) => text)).toEqual(['Start the rest anew', 'Roll back to v1 100 %']);
      expect(house.split).toEqual({ v1: 75, v2: 0, v3: 25 });
    },
  );

  it('starts its rest anew at a click, as a ramp of its own that policy judges like any other', async () => {
    const [anew] = offered(await click('Pause'));
    const line = readLineValue(anew?.value);
    house.policies.take(policyOf(readOnly));
    expect((await answerRampAnew(conversation, line, house.asker())).reply?.text).toContain('Not accepted');
    house.policies.take(policyOf(everyone));

    expect((await answerRampAnew(conversation, line, house.asker())).reply?.text).toContain('Accepted');
    await house.goOn();
    const [open] = await house.ramps.open();
    expect(open).toMatchObject({ version: 'v3', reason: 'release 7', state: { kind: 'running', step: 1 } });
    expect(open?.steps.map(({ percent }) => percent)).toEqual([50, 100]);
    expect(open?.id).not.toBe(ramp.id);
    expect(house.split).toEqual({ v1: 50, v2: 0, v3: 50 });
  });

  it('starts its rest once: who clicks later hears who has started it, and a click that Slack delivers again starts nothing more', async () => {
    const line = readLineValue(offered(await click('Pause'))[0]?.value);
    const first = house.asker('U02BOB');
    expect((await answerRampAnew(conversation, line, first)).reply?.text).toContain('Accepted');
    const [open] = await house.ramps.open();
    const again = await answerRampAnew(conversation, line, house.asker());
    expect(again.reply?.text).toContain(`*Not started:* <@U02BOB> has started ${open?.id} (reviews · ramp to v3`);
    expect((await answerRampAnew(conversation, line, first)).reply?.text).toContain('Already asked for by <@U02BOB>');
    await house.goOn();
    for (let step = 0; step < 2; step += 1) await house.after(5 * minute);

    const late = await answerRampAnew(conversation, line, house.asker());
    expect(late.reply?.text).toMatch(
      new RegExp(`Not started:\\* <@U02BOB> has moved these weights .*of ramp ${open?.id}`),
    );
    expect(await house.ramps.open()).toEqual([]);
    expect(house.split).toEqual({ v1: 0, v2: 0, v3: 100 });
  });

  it.each<[string, string, () => unknown]>([
    [
      'somebody moved the weights',
      'the weights were moved since',
      () => house.mesh.moveByHand(reviewsObject, { v1: 40, v2: 0, v3: 60 }),
    ],
    [
      'it was taken back',
      'has moved these weights since',
      async () => {
        await type('abort reviews');
        await house.goOn();
      },
    ],
    ['its record is there again', `is there again`, () => house.ramps.put({ ...ramp, rev: 0 })],
    ['its object is gone', 'nothing is known any more', () => house.mesh.remove(reviewsObject)],
  ])('does not start its rest where %s since the button was drawn', async (_, why, happens) => {
    const line = readLineValue(offered(await click('Pause'))[0]?.value);
    await happens();
    const open = await house.ramps.open();
    const answer = await answerRampAnew(conversation, line, house.asker());

    expect(answer.reply?.text).toContain('*Not started:*');
    expect(answer.reply?.text).toContain(why);
    expect(await house.ramps.open()).toEqual(open);
  });

  it('offers no way back where its first step is no longer in the history, and goes back to no step of its own', async () => {
    house.mesh.editByHand(reviewsObject, (route) => {
      const { seq, revisions } = route.ledger;
      return { ...route, ledger: { seq, revisions: revisions.filter((each) => each.ramp?.step !== 1) } };
    });
    for (const answer of [
      await click('Pause'),
      await type('pause reviews'),
      await type('abort reviews'),
      await click('Roll back to v1 100 %'),
    ]) {
      expect(answer.reply?.text).toContain(
        'What was before it is not known: its first step is no longer in the history.',
      );
      expect(answer.reply?.text).not.toContain('/shift rollback');
      expect(offered(answer).map(({ label }) => label)).not.toContainEqual(expect.stringContaining('Roll back'));
    }
    await house.goOn();

    expect(house.split).toEqual({ v1: 75, v2: 0, v3: 25 });
  });

  it('goes back to what was before it with one click on the button that says so', async () => {
    expect((await click('Roll back to v1 100 %')).reply?.text).toContain('Accepted');
    await house.goOn();

    expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
  });

  it('says what is live now where the weights were moved since', async () => {
    house.mesh.moveByHand(reviewsObject, { v1: 40, v2: 0, v3: 60 });
    const answer = await click('Pause');

    expect(answer.reply?.text).toContain('the weights were moved since; live is now v1 40 %, v3 60 %');
  });

  it.each(['pause', 'resume', 'next', 'finish'])(
    'is told of when somebody types %s, without what was left',
    async (verb) => {
      const answer = await type(`${verb} reviews`);

      expect(answer.reply?.text).toContain(`The record of ramp ${ramp.id} is lost:*`);
      expect(answer.reply?.text).toContain(
        'Its other steps are not known here. The buttons of its card still know them.',
      );
      expect(answer.reply?.text).toContain('`/shift reviews v3 50,100 every 5m -n default --cluster sandbox`');
      expect(offered(answer).map(({ label }) => label)).toEqual(['Roll back to v1 100 %']);
    },
  );

  it.each(['abort reviews', 'rollback reviews'])('goes back when somebody types %s', async (line) => {
    await type(line);
    await house.goOn();

    expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
  });

  it('stands in the status while its step is live', async () => {
    expect((await type('status reviews')).reply?.text).toContain(`The record of ramp ${ramp.id} is lost:*`);
    house.mesh.moveByHand(reviewsObject, { v1: 40, v2: 0, v3: 60 });

    expect((await type('status reviews')).reply?.text).not.toContain('is lost');
  });

  it('shows its history at a click on History', async () => {
    expect((await click('History')).reply?.text).toContain(`step 2 of 4 of ${ramp.id}`);
  });

  it('is found without the line in its button, too', async () => {
    const answer = await answerClick(conversation, 'ramp_pause', { id: ramp.id }, house.asker());

    expect(answer.reply?.text).toContain(`The record of ramp ${ramp.id} is lost:*`);
    expect(answer.reply?.text).not.toContain('still know them');
    expect(offered(answer).map(({ label }) => label)).toEqual(['Roll back to v1 100 %']);
  });

  it('is started anew without a guard if it had none', () => {
    ramp = { ...ramp, noGuard: true };

    expect(buttonOf('Pause').value?.anew).toContain(' --no-guard');
  });

  it.each(['/shift lock reviews', '/shift reviews v3 careful', '/shift reviews v3 50', 'rubbish'])(
    'offers nothing of a button that carries %s',
    async (anew) => {
      const answer = await answerClick(conversation, 'ramp_pause', { id: ramp.id, anew }, house.asker());
      expect(offered(answer).map(({ label }) => label)).toEqual(['Roll back to v1 100 %']);

      const started = await answerRampAnew(conversation, { line: anew, seen: 'c-00000001' }, house.asker());
      expect(started.reply?.text).toContain('not one of mine');
    },
  );

  it('is unknown where no history has it', async () => {
    const answer = await answerClick(conversation, 'ramp_pause', { id: 'r-99999999' }, house.asker());

    expect(answer.reply?.text).toContain('Nothing is known of r-99999999');
  });

  it('is not lost while there is a record, whatever the button carries', async () => {
    const answer = await house.askRamp({ service: { service: 'reviews' } });
    if (answer.kind !== 'ramp') throw new Error(answer.kind);
    await house.goOn();
    const value = { id: answer.ramp.id, anew: '/shift reviews v3 99 every 5m' };
    const paused = await answerClick(conversation, 'ramp_pause', value, house.asker());

    expect(paused.reply?.text).toContain('Paused');
  });
});

/** A ramp of the rule for orders and one of the rule that takes the rest, when Redis is lost. */
describe('two ramps of a service whose records are lost', () => {
  let house: RampHouse;
  let ids: { readonly orders: Ramp['id']; readonly rest: Ramp['id'] };
  const conversation = (): Conversation => {
    const { desk, cards } = house;
    const limits = new InMemoryLimits(() => house.now());
    return { desk, cards, limits, botName: 'shiftbot', isLate: () => false, allowance: { perMinute: 0 } };
  };
  const type = async (text: string) => (await answerText(conversation(), text, house.asker())).reply?.text ?? '';
  const splits = () => house.mesh.routeOf(reviewsObject).rules.map(({ split }) => split['v3']);

  beforeEach(async () => {
    const orders = rule({ v1: 100, v3: 0 }, { key: 'orders', name: 'orders', match: 'path starts with /orders' });
    house = new RampHouse(reviews({}, { rules: [orders, rule({ v1: 100, v3: 0 })] }));
    const [first, second] = [await house.started({ rule: 'orders' }), await house.started()];
    ids = { orders: first.id, rest: second.id };
    house.changes.lose();
    house.ramps.lose();
    expect(splits()).toEqual([10, 10]);
  });

  it.each([
    ['orders', [0, 10]],
    ['default', [10, 0]],
  ])('goes back with the rule that is named: %s', async (named, live) => {
    expect(await type(`abort reviews --route ${named} --reason "too slow"`)).toContain('Accepted');
    await house.goOn();

    expect(splits()).toEqual(live);
    expect(house.mesh.ledgerOf(reviewsObject).revisions[0]?.reason).toBe('too slow');
  });

  it.each(['abort', 'pause'])('asks which one is meant where none is named: %s', async (verb) => {
    const answer = await type(`${verb} reviews`);
    await house.goOn();

    expect(splits()).toEqual([10, 10]);
    for (const [named, id] of [
      ['orders', ids.orders],
      ['default', ids.rest],
    ] as const) {
      expect(answer).toContain(`The record of ramp ${id} is lost:*`);
      expect(answer).toContain(`\`/shift ${verb} reviews -n default --cluster sandbox --route ${named}\``);
    }
  });

  it('names the rule in what it says to type', async () => {
    expect(await type('pause reviews --route orders')).toMatch(
      /`\/shift rollback reviews[^`]* --route orders` takes it back/,
    );
  });

  it('is unknown where another rule is named', async () => {
    expect(await type('abort reviews --route carts')).toContain('No ramp moves');
  });
});
