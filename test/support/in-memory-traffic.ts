import { setImmediate as turn } from 'node:timers/promises';
import type { CountedRequests } from '../../src/domain/change/seen.ts';
import { TrafficUnavailableError } from '../../src/workflow/errors.ts';
import type { Traffic, TrafficCount, TrafficQuery } from '../../src/workflow/ports/traffic.ts';

interface Sent extends CountedRequests {
  readonly cluster: string;
  readonly at: Date;
}

/** Requests in memory, each counted when it was sent. */
export class InMemoryTraffic implements Traffic {
  readonly asked: TrafficQuery[] = [];
  #clusters: readonly string[] = [];
  readonly #sent: Sent[] = [];
  #unknown: Extract<TrafficCount, { kind: 'unknown' }> | undefined;
  #isAway = false;
  readonly #meanwhile: (() => Promise<void> | void)[] = [];

  get clusters(): readonly string[] {
    return this.#clusters;
  }

  async count(query: TrafficQuery): Promise<TrafficCount> {
    this.asked.push(query);
    await turn();
    await this.#meanwhile.shift()?.();
    if (this.#isAway) throw new TrafficUnavailableError('Prometheus is away');
    if (!this.#clusters.includes(query.cluster)) return { kind: 'unknown', because: 'not-counted' };
    if (this.#unknown !== undefined) return this.#unknown;
    const requests = this.#sent
      .filter(({ cluster, host, at }) => cluster === query.cluster && host === query.host && isWithin(at, query))
      .map(({ cluster: _, at: __, ...counted }) => counted);
    return { kind: 'counted', requests };
  }

  /** Counts the requests of these clusters. */
  countFor(...clusters: readonly string[]): void {
    this.#clusters = clusters;
  }

  send(at: Date, counted: CountedRequests, cluster = 'sandbox'): void {
    this.#sent.push({ cluster, at, ...counted });
  }

  /** Why no count is known; undefined when counts are known again. */
  knowNothing(because: 'too-seldom' | 'not-counted' | undefined): void {
    this.#unknown = because === undefined ? undefined : { kind: 'unknown', because };
  }

  goAway(): void {
    this.#isAway = true;
  }

  comeBack(): void {
    this.#isAway = false;
  }

  /** Runs something while the next question is on its way. */
  duringNextCount(happens: () => Promise<void> | void): void {
    this.#meanwhile.push(happens);
  }
}

function isWithin(at: Date, { from, until }: TrafficQuery): boolean {
  return at > from && at <= until;
}
