import { describe, expect, it } from 'vitest';
import { shortSignature } from '../../src/redis/signature.ts';
import { SignedHistory } from '../../src/workflow/judging/signed-history.ts';
import { type House, QuietHouse } from './house.ts';

type Calls = Record<string, number>;

/** What a change asks of Redis and of the API server. Each call is one round trip (contract suites), or the GETs of one object. */
const ports = {
  changes: ['read', 'lines', 'accept', 'acceptedAs', 'noteRefused', 'begin', 'writing', 'noteWriting', 'update'],
  mesh: ['find', 'open', 'moment', 'hadChange', 'announce'],
  holds: ['on'],
  queue: ['add'],
} as const;

/** Counts the calls of a house while something is done in it. */
async function callsOf(house: House, work: () => Promise<unknown>): Promise<Calls> {
  const calls: Calls = {};
  const restore = Object.entries(ports).flatMap(([port, names]) =>
    names.map((name) => count(house[port as keyof typeof ports], name, () => (calls[name] = (calls[name] ?? 0) + 1))),
  );
  await work();
  for (const each of restore) each();
  return calls;
}

function count(port: object, name: string, called: () => void): () => void {
  const method: unknown = Reflect.get(port, name);
  if (typeof method !== 'function') throw new Error(`there is no ${name}`);
  Reflect.set(port, name, (...args: unknown[]) => {
    called();
    return Reflect.apply(method, port, args);
  });
  return () => Reflect.deleteProperty(port, name);
}

/** A MAC that fits asks nobody. */
function signing(): House {
  const house = new QuietHouse();
  const { changes, log } = house;
  house.mesh.provenance = new SignedHistory(shortSignature('a key of this test'), { changes, log });
  return house;
}

describe.each([
  ['', () => new QuietHouse()],
  [', and its history signed', signing],
] as const)('what it costs%s:', (_, begin) => {
  it('a shift is accepted with as few calls as there were before changes had several objects', async () => {
    const house = begin();

    expect(await callsOf(house, () => house.accepted('v3', 50))).toEqual({
      ...{ find: 1, open: 1 },
      ...{ read: 1, lines: 1, accept: 1, on: 1, add: 1 },
    });
  });

  it('and applied: one reading and one write of the object, without a trial or a note', async () => {
    const house = begin();
    await house.accepted('v3', 50);
    await house.settled();

    expect(await callsOf(house, () => house.work())).toEqual({
      ...{ open: 1, announce: 1 },
      ...{ begin: 1, read: 2, on: 1, update: 1 }, // `begin` reads first, and so does the card
    });
  });

  it('a typed rollback is accepted with as few, though it reads the record that it takes back', async () => {
    const house = begin();
    await house.applied('v3', 50);

    expect(await callsOf(house, () => house.typeRollback())).toEqual({
      ...{ find: 1, open: 2 },
      ...{ acceptedAs: 1, read: 2, lines: 1, accept: 1, on: 1 },
    });
  });
});
