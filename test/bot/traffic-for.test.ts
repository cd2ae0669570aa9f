import { expect, it, onTestFinished } from 'vitest';
import { trafficFor } from '../../src/bot/traffic-for.ts';
import type { Role } from '../../src/config.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';

const prometheus = new Map([['prod', new URL('http://prometheus:9090')]]);

it.each<Role>(['chat', 'worker'])('a process that is %s alone asks Prometheus, too', async (role) => {
  const traffic = trafficFor({ prometheus, roles: new Set([role]) }, new InMemoryLog());
  onTestFinished(() => traffic?.close());

  expect(traffic?.clusters).toEqual(['prod']);
});

it('a process that takes commands and counts nothing says at its start what ramps lack', () => {
  const [chat, worker] = [new InMemoryLog(), new InMemoryLog()];

  expect(trafficFor({ prometheus: new Map(), roles: new Set(['chat']) }, chat)).toBeUndefined();
  trafficFor({ prometheus: new Map(), roles: new Set(['worker']) }, worker);

  expect(chat.lines.map(({ message }) => message)).toEqual([expect.stringContaining('PROMETHEUS_URL')]);
  expect(worker.lines).toEqual([]);
});
