import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { mapAccess } from '../../src/cluster/client/access.ts';
import { manifests, only, render } from './kustomization.ts';

const objects = render(join(manifests, 'whole-cluster'));
const names = z.array(z.string());

it('the rights in the whole cluster are exactly those that the traffic map needs there, and none to write', () => {
  const rules = z
    .array(z.strictObject({ apiGroups: names, resources: names, verbs: names }))
    .parse(only(objects, 'ClusterRole')['rules']);

  const granted = rules.flatMap(({ apiGroups: [group], resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
  );
  const required = mapAccess.flatMap(({ group, resource, verbs }) =>
    verbs.map((verb) => `${verb} ${resource}.${group}`),
  );

  expect(granted.sort()).toEqual(required.sort());
  expect(new Set(mapAccess.flatMap(({ verbs }) => verbs))).toEqual(new Set(['list', 'watch']));
});

it('they are for the same account as in the namespaces', () => {
  const base = render(join(manifests, 'access'));

  expect(only(objects, 'ClusterRoleBinding')['subjects']).toEqual(only(base, 'RoleBinding')['subjects']);
  expect(only(objects, 'ClusterRoleBinding')['roleRef']).toMatchObject({
    kind: 'ClusterRole',
    name: only(objects, 'ClusterRole').metadata.name,
  });
});
