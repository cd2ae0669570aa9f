import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../../src/domain/language/parse-command.ts';
import { faultsStop, type TourWorld, tourReply } from '../../../src/slack/replies/tour.ts';

const page = 'http://127.0.0.1:9080/productpage';
const world: TourWorld = { page, hasApproval: true, routes: 'virtual-service' };
const files = readdirSync(resolve(import.meta.dirname, '../../../manifests/bookinfo'));

function stops(other: Partial<TourWorld> = {}): readonly string[] {
  const here = { ...world, ...other };
  const [, count = ''] = /1 of (\d+)/.exec(tourReply(1, here).text) ?? [];
  return Array.from({ length: Number(count) }, (_, at) => tourReply(at + 1, here).text);
}

/** All that a person is told to type. */
function commandsIn(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => [...text.matchAll(/`(\/shift [^`]+)`/g)].map(([, command = '']) => command));
}

function valueOfNext({ blocks = [] }: ReturnType<typeof tourReply>): unknown {
  return blocks
    .flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .map((each) => 'value' in each && each.value);
}

describe('the tour', () => {
  it('says only what can be typed', () => {
    const read = commandsIn(stops()).map((command) => [command, parseCommand(command).verb]);

    expect(read.length).toBeGreaterThan(10);
    expect(read.filter(([, verb]) => verb === 'mistake')).toEqual([]);
  });

  it.each(['virtual-service', 'http-route'] as const)('names rule files that are there, of the kind %s', (routes) => {
    const named = commandsIn(stops({ routes })).flatMap((command) => /bookinfo\/(\S+)/.exec(command)?.[1] ?? []);

    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !name.startsWith(routes))).toEqual([]);
    expect(named.filter((name) => !files.includes(`${name}.yaml`))).toEqual([]);
  });

  it('leads from each step to the next, and ends', () => {
    const count = stops().length;

    expect(stops().map((_, at) => valueOfNext(tourReply(at + 1, world)))).toEqual(
      stops().map((_, at) => (at + 1 < count ? [String(at + 2)] : [])),
    );
    expect(tourReply(99, world)).toEqual(tourReply(count, world));
  });

  it('has an approval in it only where policy asks for one', () => {
    expect(stops({ hasApproval: false })).toHaveLength(stops().length - 1);
    expect(stops({ hasApproval: false }).join('\n')).not.toContain('Approve');
    expect(stops().join('\n')).toContain('*Approve*');
  });

  it('leads to the page of the faults beside the product page, with v3 filled in, before it cleans up', () => {
    const faults = '<http://127.0.0.1:9080/faults?preset=v3-fails|the faults page>';
    const stop = stops().at(-2) ?? '';

    expect(stop).toContain(faultsStop(page).title);
    expect(stop).toContain(faults);
    expect(faultsStop('https://host/behind/productpage').lines.join()).toContain('<https://host/behind/faults?');
  });

  it('leads to the product page, and to the sandbox where there is none', () => {
    expect(tourReply(2, world).text).toContain(`<${page}|the product page>`);
    expect(tourReply(2, { ...world, page: undefined }).text).toContain('npm run sandbox');
  });
});
