import { expect, it } from 'vitest';
import { MapFeed } from '../../../src/cluster/map/map-feed.ts';
import { defaultSettings } from '../../../src/domain/map/objects.ts';

const host = 'reviews.default.svc.cluster.local';
const virtualService = (namespace: string, creationTimestamp: string) => ({
  metadata: { namespace, name: 'reviews', creationTimestamp },
  spec: { hosts: [host], http: [{ route: [{ destination: { host } }] }] },
});
const older = virtualService('legacy', '2026-11-01T00:00:00Z');
const newer = virtualService('default', '2026-11-02T00:00:00Z');

function feed() {
  const fed = new MapFeed(defaultSettings);
  const put = fed.ofKind('VirtualService');
  const tell = (namespace: string, object: unknown) => put({ namespace, name: 'reviews', object });
  const governs = () => fed.map.of(host, { kind: 'mesh' }).rules[0]?.object.namespace;
  return { fed, tell, governs };
}

it('the map follows what is told: an object that is there, gone, or not to be read any more', () => {
  const { tell, governs } = feed();

  tell('default', newer);
  tell('legacy', older);
  expect(governs()).toBe('legacy');

  tell('legacy', { ...older, spec: { http: 'not a list' } });
  expect(governs()).toBe('default');

  tell('default', undefined);
  expect(governs()).toBeUndefined();
});

it('nothing of a namespace that is not watched any more stays in the map', () => {
  const { fed, tell, governs } = feed();
  tell('default', newer);
  tell('legacy', older);

  fed.forget('legacy');

  expect(governs()).toBe('default');
});

it('kinds that the map does not know are let go', () => {
  const { fed } = feed();

  expect(() => fed.ofKind('ServiceSplitter')({ namespace: 'default', name: 'x', object: {} })).not.toThrow();
});
