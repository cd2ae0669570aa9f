import type { RampTargets } from '../../domain/ramp/targets.ts';
import { foreign } from './mrkdwn.ts';
import { splitText } from './split-text.ts';

/** What the rules of a ramp have. Where that is not the same in all of its clusters, each is named. Not escaped yet. */
export function targetsPlain(targets: RampTargets): string {
  const clusters = [...Map.groupBy(targets, ({ object }) => object.cluster)].map(([cluster, its]) => ({
    cluster,
    text: its.map(({ split }) => splitText(split)).join('; '),
  }));
  const [first] = clusters;
  if (first !== undefined && clusters.every(({ text }) => text === first.text)) return first.text;
  return clusters.map(({ cluster, text }) => `${cluster}: ${text}`).join('; ');
}

/** The same, escaped. */
export function targetsText(targets: RampTargets): string {
  return foreign(targetsPlain(targets), 600);
}
