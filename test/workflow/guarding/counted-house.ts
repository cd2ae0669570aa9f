import { noPolicy } from '../../../src/domain/policy/policy.ts';
import type { GuardRule } from '../../../src/domain/policy/ramps/guard-rule.ts';
import type { Rule } from '../../../src/domain/routing/route.ts';
import { reviews, rule } from '../../support/builders.ts';
import { policyRule } from '../../support/policies.ts';
import { RampHouse } from '../ramping/ramp-house.ts';

export const host = 'reviews.default.svc.cluster.local';
export const second = 1_000;

export const backends = ['v1', 'v2', 'v3'].map((version) => ({ version, host, label: version }));

/** Reviews whose requests are counted, twenty a second, of which a share fails. */
export class CountedHouse extends RampHouse {
  failing: Readonly<Record<string, number>> = {};
  perSecond = 20;

  constructor(more: Partial<Rule> = {}) {
    super(reviews({}, { rules: [rule({ v1: 100, v2: 0, v3: 0 }, { host, backends, ...more })] }));
    this.traffic.countFor('sandbox');
  }

  /** The policy file lets everybody shift, and says how ramps are guarded. */
  guarded(guard: GuardRule): void {
    this.policies.take({ ...noPolicy, rules: [policyRule({ guard })] });
  }

  /** Requests come in the live shares for so long, and processes do their rounds every 5 s. */
  async serve(ms: number): Promise<void> {
    await this.#let(ms, () => this.goOn());
  }

  /** The same while all workers are busy with something else. */
  async count(ms: number): Promise<void> {
    await this.#let(ms, async () => void (await this.reconcile()));
  }

  /** The same while no process works at all. */
  async idle(ms: number): Promise<void> {
    await this.#let(ms, async () => {});
  }

  /** Requests that reach no version, a second from now. */
  loses(flags: string, requests: number): void {
    const at = new Date(this.now().getTime() + second);
    this.traffic.send(at, { host, flags, code: '503', requests, workload: 'productpage-v1' });
  }

  async #let(ms: number, work: () => Promise<void>): Promise<void> {
    for (let passed = 0; passed < ms; passed += 5 * second) {
      const requests = this.perSecond * 5;
      for (const [version, weight] of Object.entries(this.split)) this.#send(version, (requests * weight) / 100);
      this.pass(5 * second);
      await work();
    }
  }

  #send(version: string, requests: number): void {
    const bad = Math.round(requests * (this.failing[version] ?? 0));
    const at = new Date(this.now().getTime() + second);
    const sent = { host, version, workload: 'productpage-v1', workloadNamespace: 'default' };
    if (requests - bad > 0) this.traffic.send(at, { ...sent, requests: Math.round(requests - bad) });
    if (bad > 0) this.traffic.send(at, { ...sent, requests: bad, code: '500' });
  }
}
