import { expect, it } from 'vitest';
import { tourReply } from '../../src/slack/replies/tour.ts';
import { page, section } from '../support/pages.ts';

it('the page takes the tour as the bot leads through it', () => {
  const stops = Array.from(
    { length: 20 },
    (_, at) => tourReply(at + 1, { page: 'http://page', hasApproval: true, routes: 'virtual-service' }).text,
  );
  const tour = section(page('src/sandbox/README.md'), 'The tour');

  expect(commandsIn(tour).filter((command) => command !== '/shift tour')).toEqual(commandsIn(stops.join('\n')));
});

/** All that is to be typed, each once, in the order it comes. */
function commandsIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/`(\/shift [^`]+)`/g)].map(([, command = '']) => command))];
}
