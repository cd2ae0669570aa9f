import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readWorldName } from '../../src/sandbox/worlds/worlds.ts';
import { startTestWorld } from '../support/test-world.ts';

const shapes = await readFile(resolve('src/sandbox/worlds/shapes.yaml'), 'utf8');

/** What is typed above each shape, and a part of the answer, or of the card. */
const typed = [
  ['shop v2 30', 'v1 100 → 70 %', 'Applied'],
  ['shop v3 10 --all-routes', 'rule `cart` v1 90 → 81 %', 'rule `default` v1 70 → 63 %', 'Applied'],
  ['init fresh', 'No object routes it now', '`v1` 1, `v2` 1, `v3` 1', 'v1 34 %, v2 33 %, v3 33 %', 'Apply'],
  ['fresh v2 50', 'v2 33 → 50 %', 'Applied'],
  ['search v3 50', 'x-beta = yes', 'path starts with /reviews'],
  ['portal v3 20', 'v1 100 → 80 %', 'Applied'],
  ['status portal', 'VirtualService portal-routes', 'for what VirtualService portal hands over to it'],
  ['vs/twice-b v2 50', 'No requests follow this rule now', 'VirtualService twice-a'],
  ['twice v2 50', 'v1 100 → 50 %', 'Applied'],
  ['status twice', 'VirtualService twice-a', 'Without effect on these requests', 'VirtualService twice-b'],
  ['catalog v2 10', 'Other requests for it follow `VirtualService catalog-edge`', 'Move those, too'],
  ['catalog v3 20 --all-routes', 'v3 0 → 20 %', 'path starts with /reviews', 'Applied'],
  ['landing v3 20', 'go to the service as if this were not written', 'Applied'],
  ['vs/anything v2 30', 'v2 0 → 30 %', 'Applied'],
  ['spelled v3 50', 'write the short name or the full one', 'Nothing was changed'],
  ['status ghost', 'No DestinationRule that I see defines'],
  ['ghost v1 100', 'v9 30 → 0 %', 'Applied'],
  ['empty v4 10', 'has no pod', 'Nothing was changed'],
  ['looked-after v3 50', 'Argo CD (application `shop`)', 'Applied'],
  ['cart v2 25', 'cart-v2 0 → 25 %', 'Applied', 'In effect'],
  ['wide v3 10', 'v3 0 → 10 %', 'Applied'],
  ['ledger v2 10', 'Open connections are cut', 'Applied'],
  ['news v2 50', 'The same rule is for `mail`, too', 'Applied'],
] as const;

describe('the world of shapes', () => {
  it('answers what is written above each shape, and sends requests there', async () => {
    const world = await startTestWorld({ world: 'shapes', bookinfo: { requestsPerSecond: 20 } });
    onTestFinished(() => world.stop());

    const counts = async (label: string): Promise<boolean> => {
      const metrics = await (await fetch(world.page?.metricsUrl ?? '')).text();
      return metrics.split('\n').some((line) => new RegExp(label).test(line));
    };
    // Before somebody mends it.
    await expect
      .poll(() => counts('destination_service="ghost\\..*response_code="503".*response_flags="NC"'))
      .toBe(true);

    for (const [line, ...words] of typed) {
      await world.people.command('alice', line);
      const answer = await world.people.waitFor(`${line}: ${words.join(', ')}`, (messages) =>
        messages.findLast(({ text, blocks }) => {
          const shown = text + JSON.stringify(blocks);
          return words.every((word) => shown.includes(word));
        }),
      );
      if (line === 'init fresh') {
        await world.people.click('alice', answer, 'Apply');
        await world.card('fresh · first rules', 'Applied');
      }
    }

    for (const label of [
      'destination_version="v2".*destination_service="cart-v2\\.',
      'source_workload="istio-ingressgateway".*destination_version="v1".*destination_service="landing\\.',
      'destination_version="v3".*destination_service="spelled\\.',
    ])
      await expect.poll(() => counts(label), { message: label }).toBe(true);
  }, 90_000);

  it('says above each shape what is typed here', () => {
    for (const [line] of typed) expect(shapes).toContain(`/shift ${line}\``);
  });

  it('is one of those that have a name', () => {
    expect(readWorldName('shapes')).toBe('shapes');
    expect(() => readWorldName('shape')).toThrow('there are tutorial, shapes');
  });
});
