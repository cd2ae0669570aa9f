import { expect, it } from 'vitest';
import { parseCommand } from '../../../../src/domain/language/parse-command.ts';
import type { UnroutedService } from '../../../../src/domain/map/unrouted.ts';
import { beginsLines, noFirstRulesText, unroutedText } from '../../../../src/slack/replies/edits/first-rules.ts';
import { notFoundText } from '../../../../src/slack/replies/refusals.ts';
import type { NoFirstRules } from '../../../../src/workflow/asking/goal.ts';

const name = { service: 'reviews', namespace: 'default', cluster: 'sandbox' };
const service: UnroutedService = {
  ...{ host: 'reviews.default.svc.cluster.local', namespace: 'default', name: 'reviews' },
  ports: [{ number: 9080, protocol: 'http' }],
  ...{ definedBy: [], subsets: [] },
  pods: {
    versions: [
      { version: 'v1', ready: 2, all: 2 },
      { version: 'v3', ready: 1, all: 2 },
    ],
    unlabelled: { ready: 0, all: 1 },
  },
};

it('a service that nothing routes is shown as it is served now, with what to type', () => {
  const shown = unroutedText(name, service);

  expect(shown).toBe(
    'No object routes `reviews` in `default`: its requests go to all ready pods alike. Pods ready: `v1` 2, `v3` 1 of 2, without a label `version` 0 of 1. `/shift init reviews -n default --cluster sandbox` gives it its first rules, and shows them first.',
  );
  expect(notFoundText(name, { kind: 'unknown-service', services: ['details'], unrouted: service })).toBe(shown);
  expect(unroutedText(name, { ...service, special: 'headless' })).toContain('It is headless');
  expect(unroutedText(name, { ...service, pods: undefined })).not.toContain('Pods');
});

it('what becomes of its requests is said before, also where a version would get nothing', () => {
  expect(beginsLines({ name, service, shares: { v1: 67, v3: 33 } }).join()).toContain(
    'That stays so: v1 67 %, v3 33 %.',
  );
  expect(beginsLines({ name, service, shares: { v1: 100 } }).join()).toContain(
    '*The other versions would get nothing:* v1 100 %.',
  );
});

it.each<[NoFirstRules, string]>([
  [{ reason: 'routed', object: { ...name, kind: 'VirtualService', name: 'edge' } }, '/shift status reviews'],
  [{ reason: 'name-taken', object: { ...name, kind: 'DestinationRule', name: 'reviews' } }, '/shift help apply'],
  [{ reason: 'no-service' }, 'get, list and watch of services'],
  [{ reason: 'pods-not-seen' }, 'get, list and watch of pods'],
  [{ reason: 'headless' }, 'headless'],
  [{ reason: 'alias' }, 'ExternalName'],
  [{ reason: 'no-port', protocols: ['tls', 'tls', 'udp'] }, '`tls`, `udp`'],
  [{ reason: 'no-version', unlabelled: 0 }, 'Start one'],
  [{ reason: 'no-version', unlabelled: 3 }, '`version: v1`'],
  [{ reason: 'pods-without-version', ready: 1, versions: ['V1'] }, '/shift init reviews v1'],
  [{ reason: 'unknown-version', version: 'v9', versions: ['v1'] }, 'there is `v1`'],
  [{ reason: 'version-not-ready', version: 'v9', all: 2 }, 'Start its pods first'],
  [{ reason: 'bad-version-name', version: '_' }, '/shift help apply'],
  [
    { reason: 'defined-elsewhere', namespace: 'istio-system', name: 'all', host: '*.local', lacking: ['v2'] },
    'Add the subsets there',
  ],
  [{ reason: 'defined-apart', namespace: 'default', name: 'own' }, 'Export it to all'],
  [{ reason: 'no-services', missing: ['reviews-v1'], isReady: true }, 'Without `--http-route`'],
  [{ reason: 'no-services', missing: ['reviews-v1'], isReady: false }, 'no ready pod'],
  [{ reason: 'several-ports', ports: [80, 81] }, '`80`, `81`'],
])('why there are none says that nothing was changed, and what to do: %o', (because, words) => {
  const text = noFirstRulesText(name, because);

  expect(text).toContain(words);
  expect(text).toContain('Nothing was changed.');
  for (const [, command = ''] of text.matchAll(/`(\/shift [^`]*)`/g))
    expect(parseCommand(command)).not.toHaveProperty('wrong');
});
