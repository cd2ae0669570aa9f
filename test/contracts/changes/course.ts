import fc from 'fast-check';
import { type Change, isWaiting, moveTo } from '../../../src/domain/change/change.ts';
import type { ObjectRef } from '../../../src/domain/routing/object.ts';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import { changeId } from '../../support/builders.ts';
import { aChangeOf, accept, applied, held, reviews, type World, waitingFor } from './world.ts';

/** The objects whose lines they stand in. */
const objects = ['reviews', 'ratings', 'details'].map((name): ObjectRef => ({ ...reviews, name }));
const anyObjects = fc.subarray(objects, { minLength: 1 });
export const anyStep = fc.oneof(
  fc.record({ kind: fc.constant('accept' as const), of: anyObjects, ahead: fc.boolean() }),
  fc.record({ kind: fc.constant('plan-anew' as const), of: anyObjects, nth: fc.nat(20) }),
  fc.record({ kind: fc.constantFrom('begin' as const, 'hold' as const, 'apply' as const), nth: fc.nat(20) }),
  fc.record({ kind: fc.constant('lose' as const), of: anyObjects }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer S> ? S : never;

/** Changes as they come and go. */
export class Course {
  readonly #world: World;
  #made = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async take(step: Step): Promise<void> {
    const { changes } = this.#world;
    switch (step.kind) {
      case 'accept':
        this.#made += 1;
        await accept(changes, this.#changeOf(step.of, step.ahead), { ahead: step.ahead });
        return;
      case 'plan-anew': {
        const stuck = await this.#nth(step.nth, 'held');
        if (stuck === undefined) return;
        const edits = this.#changeOf(step.of, false).edits;
        const next = { ...moveTo(stuck, { kind: 'queued' }), edits };
        await accept(changes, next, { ahead: stuck.deed === 'rollback' });
        return;
      }
      case 'begin': {
        const queued = await this.#nth(step.nth, 'queued');
        if (queued !== undefined) await changes.begin(queued.id, leaseMs);
        return;
      }
      case 'hold':
      case 'apply': {
        const begun = await this.#nth(step.nth, 'applying');
        if (begun !== undefined) await changes.update(moveTo(begun, step.kind === 'hold' ? held : applied));
        return;
      }
      case 'lose':
        for (const object of step.of) await this.#world.loseLine(object);
    }
  }

  /** Two that stand in two lines, and in one of these the other way round. */
  async pairsOutOfOrder(): Promise<readonly string[]> {
    const lines = await Promise.all(objects.map((object) => waitingFor(this.#world.changes, object)));
    const pairs = lines.flatMap((line) => line.flatMap((a, at) => line.slice(at + 1).map((b) => `${a} ${b}`)));
    return pairs.filter((pair) => pairs.includes(pair.split(' ').toReversed().join(' ')));
  }

  /** Applies all that waits, one after the other. */
  async finish(): Promise<void> {
    const { changes } = this.#world;
    for (let rounds = 0; rounds <= this.#made; rounds += 1) {
      const waiting = (await changes.open()).filter(isWaiting);
      if (waiting.length === 0) return;
      await this.#world.pass(leaseMs);
      const begun = await Promise.all(waiting.map(({ id }) => changes.begin(id, leaseMs)));
      const [first] = begun.flatMap((each) => (each.kind === 'begun' ? [each.change] : []));
      if (first === undefined) throw new Error(`nobody can begin: ${JSON.stringify(begun)}`);
      await changes.update(moveTo(first, applied));
    }
    throw new Error('something waits without end');
  }

  async #nth(nth: number, kind: Change['state']['kind']): Promise<Change | undefined> {
    const all = (await this.#world.changes.open()).filter(({ state }) => state.kind === kind);
    return all[nth % Math.max(1, all.length)];
  }

  #changeOf([first = reviews, ...more]: readonly ObjectRef[], isRollback: boolean): Change {
    const id = changeId(this.#made);
    return aChangeOf([first, ...more], {
      id,
      request: `request ${this.#made}`,
      deed: isRollback ? 'rollback' : 'shift',
    });
  }
}
