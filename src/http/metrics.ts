import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Meter } from '../workflow/ports/process.ts';

export interface Metrics extends Meter {
  /** Refreshed when the metrics are read. */
  gauge(name: string, help: string, read: () => number): void;
  /** The process did nothing for seconds. */
  stoodStill(): void;
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** What Prometheus reads from `/metrics`. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const changes = new Counter({
    name: 'shiftbot_changes_total',
    help: 'Changes by how they ended, or that they are held',
    labelNames: ['outcome'],
    registers,
  });
  const reverts = new Counter({
    name: 'shiftbot_reverts_total',
    help: 'Applied changes whose weights somebody else moved, by the tool that did',
    labelNames: ['by'],
    registers,
  });
  const looks = new Counter({
    name: 'shiftbot_traffic_looks_total',
    help: 'Looks at the traffic since an applied change, by what came of them',
    labelNames: ['outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'shiftbot_change_duration_seconds',
    help: 'From accepted to applied',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const stalls = new Counter({
    name: 'shiftbot_stalls_total',
    help: 'Times that the process stood still for more than 2 s',
    registers,
  });
  return {
    stoodStill: () => stalls.inc(),
    ended: (outcome) => changes.inc({ outcome }),
    applied: (tookMs) => duration.observe(tookMs / 1000),
    movedAway: (by) => reverts.inc({ by }),
    looked: (outcome) => looks.inc({ outcome }),
    gauge: (name, help, read) => {
      const gauge: Gauge = new Gauge({
        name,
        help,
        registers,
        collect: () => gauge.set(read()),
      });
    },
    scrape: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
