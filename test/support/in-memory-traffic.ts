import { setImmediate as turn } from 'node:timers/promises';
import type { Bucket } from '../../src/domain/guard/latency-bound.ts';
import type { LabelledRequests } from '../../src/domain/guard/requests.ts';
import type { TimedRequests } from '../../src/domain/guard/sides.ts';
import { TrafficUnavailableError } from '../../src/workflow/errors.ts';
import type {
  CountedOr,
  OwnNumber,
  OwnQuery,
  ScrapedCounters,
  ScrapedQuery,
  Traffic,
  TrafficCount,
  TrafficQuery,
  TrafficUnknown,
} from '../../src/workflow/ports/traffic.ts';
import { durationBoundsMs, type SentRequests, withDefaults } from './sent-requests.ts';

interface Sent {
  readonly cluster: string;
  readonly at: Date;
  readonly sent: SentRequests;
}

/** Requests in memory, each counted when it was sent. */
export class InMemoryTraffic implements Traffic {
  readonly asked: TrafficQuery[] = [];
  #clusters: readonly string[] = [];
  readonly #sent: Sent[] = [];
  readonly #numbers = new Map<string, OwnNumber>();
  readonly #wrong = new Set<string>();
  #lostBefore = new Date(0);
  #scrapedEveryMs = 1;
  #unknown: TrafficUnknown | undefined;
  #isAway = false;
  readonly #meanwhile: (() => Promise<void> | void)[] = [];
  readonly #duringLook: (() => Promise<void> | void)[] = [];
  /** How often a guard asked who called what. */
  looks = 0;

  get clusters(): readonly string[] {
    return this.#clusters;
  }

  async count(query: TrafficQuery): Promise<TrafficCount> {
    this.asked.push(query);
    await turn();
    await this.#meanwhile.shift()?.();
    return this.#counted(query, ({ host, version, flags, requests }) => [{ host, version, flags, requests }]);
  }

  async scraped({ cluster, at }: ScrapedQuery): Promise<ScrapedCounters> {
    const unknown = await this.#answer(cluster);
    if (at < this.#lostBefore) return { kind: 'unknown', because: 'not-counted' };
    const until = new Date(Math.floor(at.getTime() / this.#scrapedEveryMs) * this.#scrapedEveryMs);
    return unknown ?? { kind: 'scraped', until, since: until, everyMs: this.#scrapedEveryMs };
  }

  async countByCaller(query: TrafficQuery): Promise<CountedOr<LabelledRequests>> {
    this.looks += 1;
    await turn();
    await this.#duringLook.shift()?.();
    return this.#counted(query, (sent) => {
      const { tookMs: _, ...labelled } = withDefaults(sent);
      return [labelled];
    });
  }

  async countSlow(query: TrafficQuery & { readonly slowerThanMs: number }): Promise<CountedOr<TimedRequests>> {
    await turn();
    return this.#counted(query, (sent) => {
      const { host, version, workload, workloadNamespace, requests, tookMs } = withDefaults(sent);
      const slow = tookMs > query.slowerThanMs ? requests : 0;
      return [{ host, version, workload, workloadNamespace, requests, slow }];
    });
  }

  async durations(query: TrafficQuery): Promise<CountedOr<Bucket>> {
    await turn();
    return this.#counted(query, (sent) => {
      const { host, version, requests, tookMs } = withDefaults(sent);
      const bounds = durationBoundsMs.filter((upToMs) => tookMs <= upToMs);
      return bounds.map((upToMs) => ({ host, version, upToMs, requests }));
    });
  }

  async evaluate({ cluster, query }: OwnQuery): Promise<OwnNumber> {
    const unknown = await this.#answer(cluster);
    if (this.#wrong.has(query)) throw new TrafficUnavailableError('Prometheus answered 400: parse error');
    if (unknown !== undefined) return { kind: 'unknown', because: 'not-counted' };
    return this.#numbers.get(query) ?? { kind: 'unknown', because: 'no-row' };
  }

  /** What an operator's own query gives from now on. */
  answerOwn(query: string, answer: number | OwnNumber): void {
    this.#numbers.set(query, typeof answer === 'number' ? { kind: 'number', value: answer } : answer);
  }

  /** Prometheus does not take this query of an operator's own, while it answers all others. */
  refuseOwn(query: string): void {
    this.#wrong.add(query);
  }

  /** Prometheus is started anew at that time, with nothing of what it had. */
  loseBefore(at: Date): void {
    this.#lostBefore = at;
  }

  /** Counters are known up to the last whole multiple of this time. */
  scrapeEvery(ms: number): void {
    this.#scrapedEveryMs = ms;
  }

  /** Counts the requests of these clusters. */
  countFor(...clusters: readonly string[]): void {
    this.#clusters = clusters;
  }

  send(at: Date, sent: SentRequests, cluster = 'sandbox'): void {
    this.#sent.push({ cluster, at, sent });
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

  /** The same while a guard looks. */
  duringNextLook(happens: () => Promise<void> | void): void {
    this.#duringLook.push(happens);
  }

  #counted<Of>(query: TrafficQuery, read: (sent: SentRequests) => readonly Of[]): CountedOr<Of> {
    const isLost = query.from < this.#lostBefore;
    const lost = isLost ? ({ kind: 'unknown', because: 'not-counted' } as const) : undefined;
    const unknown = this.#whyUnknown(query.cluster) ?? this.#unknown ?? lost;
    const own = this.#sent.filter(({ cluster, at }) => cluster === query.cluster && isWithin(at, query));
    const requests = own.filter(({ sent }) => sent.host === query.host).flatMap(({ sent }) => read(sent));
    return unknown ?? { kind: 'counted', requests };
  }

  async #answer(cluster: string): Promise<TrafficUnknown | undefined> {
    await turn();
    return this.#whyUnknown(cluster);
  }

  #whyUnknown(cluster: string): TrafficUnknown | undefined {
    if (this.#isAway) throw new TrafficUnavailableError('Prometheus is away');
    return this.#clusters.includes(cluster) ? undefined : { kind: 'unknown', because: 'not-counted' };
  }
}

function isWithin(at: Date, { from, until }: TrafficQuery): boolean {
  return at > from && at <= until;
}
