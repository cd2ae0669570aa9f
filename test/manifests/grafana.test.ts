import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createMetrics } from '../../src/http/metrics.ts';

const dashboard = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
});

it('the dashboard asks only for metrics that there are', async () => {
  const { panels } = dashboard.parse(JSON.parse(await readFile('manifests/grafana/dashboard.json', 'utf8')));
  const asked = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/shiftbot_[a-z_]+/g) ?? []));
  const { text } = await createMetrics().scrape();
  const build = await readFile('src/bot/build.ts', 'utf8'); // gauges that read what the bot knows
  const isThere = (name: string) =>
    text.includes(`# TYPE ${name.replace(/_bucket$/, '')} `) || build.includes(`'${name}'`);

  expect(asked.length).toBeGreaterThan(7);
  expect(asked.filter((name) => !isThere(name))).toEqual([]);
});
