import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Meter } from '../workflow/ports/process.ts';

export interface Metrics extends Meter {
  /** Calls `read` each time the metrics are scraped. */
  gauge(name: string, help: string, read: () => number): void;
  /** The same, with a label. */
  gaugeBy(name: string, help: string, label: string, read: () => ReadonlyMap<string, number>): void;
  /** The process stood still for seconds. */
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
    help: 'Changes by how they ended; held changes count as held',
    labelNames: ['outcome'],
    registers,
  });
  const reverts = new Counter({
    name: 'shiftbot_reverts_total',
    help: 'Applied changes whose weights another tool or person moved, by tool',
    labelNames: ['by'],
    registers,
  });
  const looks = new Counter({
    name: 'shiftbot_traffic_looks_total',
    help: 'Traffic measurements after an applied change, by result',
    labelNames: ['outcome'],
    registers,
  });
  const steps = new Counter({ name: 'shiftbot_ramp_steps_total', help: 'Steps of ramps that went live', registers });
  const guards = new Counter({
    name: 'shiftbot_guard_looks_total',
    help: 'Looks of guards at a step that is live, by the most severe thing that one of them said',
    labelNames: ['says'],
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
    help: 'How often the process stood still for more than 2 s',
    registers,
  });
  return {
    stoodStill: () => stalls.inc(),
    ended: (outcome) => changes.inc({ outcome }),
    applied: (tookMs) => duration.observe(tookMs / 1000),
    movedAway: (by) => reverts.inc({ by }),
    looked: (outcome) => looks.inc({ outcome }),
    stepped: () => steps.inc(),
    guarded: (says) => guards.inc({ says }),
    gaugeBy: (name, help, label, read) => {
      const gauge: Gauge<string> = new Gauge({
        name,
        help,
        labelNames: [label],
        registers,
        collect: () => {
          gauge.reset();
          for (const [value, count] of read()) gauge.set({ [label]: value }, count);
        },
      });
    },
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
