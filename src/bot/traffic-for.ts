import type { Config } from '../config.ts';
import { PrometheusTraffic } from '../prometheus/prometheus-traffic.ts';
import type { Log } from '../workflow/ports/process.ts';

/**
 * Undefined without PROMETHEUS_URL. Workers look for the guards of ramps. A process that takes commands asks before a ramp begins, because
 * the shortest step, and from when on a request is slow, are fixed then.
 */
export function trafficFor(
  { prometheus, roles }: Pick<Config, 'prometheus' | 'roles'>,
  log: Pick<Log, 'info'>,
): PrometheusTraffic | undefined {
  if (prometheus.size > 0) return new PrometheusTraffic(prometheus);
  if (roles.has('chat'))
    log.info({}, 'no requests are counted: ramps that are asked for here have no guards (PROMETHEUS_URL)');
  return undefined;
}
