import { isAdmin, serviceAccount, type User } from './identity.ts';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from './kinds.ts';
import { at, field, items, type KubeObject } from './object.ts';
import { keyOf, type Store } from './store.ts';

/** What a user wants to do, with a resource or with another path. */
export type Attempt = ResourceAttempt | PathAttempt;

export interface ResourceAttempt {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  /** Empty for all namespaces, and for cluster-scoped resources. */
  readonly namespace: string;
  readonly name: string;
}

export interface PathAttempt {
  readonly verb: string;
  readonly path: string;
}

interface Rule {
  readonly verbs: readonly unknown[];
  readonly apiGroups: readonly unknown[];
  readonly resources: readonly unknown[];
  readonly resourceNames: readonly unknown[];
  readonly nonResourceURLs: readonly unknown[];
}

const HEALTH = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const DISCOVERY = ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*'];

/** The rights that users have in every cluster from the start, by group. */
const BUILT_IN: Readonly<Record<string, readonly Rule[]>> = {
  'system:unauthenticated': [rule({ verbs: ['get'], nonResourceURLs: HEALTH })],
  'system:authenticated': [
    rule({ verbs: ['get'], nonResourceURLs: [...HEALTH, ...DISCOVERY] }),
    rule({ verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews'] }),
    rule({ verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] }),
  ],
};

/** Whether the Roles, ClusterRoles and bindings in the store allow the attempt. */
export function isAllowed(store: Store, user: User, attempt: Attempt): boolean {
  if (isAdmin(user)) return true;
  const namespace = 'path' in attempt ? '' : attempt.namespace;
  return [
    ...user.groups.flatMap((group) => BUILT_IN[group] ?? []),
    ...rulesEverywhere(store, user),
    ...(namespace === '' ? [] : rulesIn(store, user, namespace)),
  ].some((one) => allows(one, attempt));
}

function rulesEverywhere(store: Store, user: User): readonly Rule[] {
  const bindings = store.all(CLUSTER_ROLE_BINDINGS).map(({ object }) => object);
  return bindings.filter((binding) => isOf(binding, user, '')).flatMap((binding) => rulesOf(store, binding, ''));
}

function rulesIn(store: Store, user: User, namespace: string): readonly Rule[] {
  const bindings = store.all(ROLE_BINDINGS).map(({ object }) => object);
  return bindings
    .filter((binding) => binding.metadata.namespace === namespace && isOf(binding, user, namespace))
    .flatMap((binding) => rulesOf(store, binding, namespace));
}

function isOf(binding: KubeObject, { name, groups }: User, namespace: string): boolean {
  return items(binding['subjects']).some((subject) => {
    const subjectName = String(field(subject, 'name'));
    switch (field(subject, 'kind')) {
      case 'User':
        return subjectName === name;
      case 'Group':
        return groups.includes(subjectName);
      case 'ServiceAccount':
        return name === serviceAccount(String(field(subject, 'namespace') ?? namespace), subjectName);
      default:
        return false;
    }
  });
}

function rulesOf(store: Store, binding: KubeObject, namespace: string): readonly Rule[] {
  const name = String(at(binding, 'roleRef', 'name'));
  const role =
    at(binding, 'roleRef', 'kind') === 'Role'
      ? store.get(ROLES, keyOf(namespace, name))
      : store.get(CLUSTER_ROLES, name);
  return items(role?.object['rules']).map((one) =>
    rule({
      verbs: items(field(one, 'verbs')),
      apiGroups: items(field(one, 'apiGroups')),
      resources: items(field(one, 'resources')),
      resourceNames: items(field(one, 'resourceNames')),
      nonResourceURLs: items(field(one, 'nonResourceURLs')),
    }),
  );
}

function rule(parts: Partial<Rule>): Rule {
  return { verbs: [], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [], ...parts };
}

function allows(one: Rule, attempt: Attempt): boolean {
  if (!has(one.verbs, attempt.verb)) return false;
  if ('path' in attempt) return one.nonResourceURLs.some((url) => covers(String(url), attempt.path));
  return (
    has(one.apiGroups, attempt.group) &&
    namesResource(one.resources, attempt) &&
    (one.resourceNames.length === 0 || one.resourceNames.includes(attempt.name))
  );
}

function has(list: readonly unknown[], value: string): boolean {
  return list.includes(value) || list.includes('*');
}

/** A resource does not include its subresources. `*` includes everything; before a slash it means that subresource of every resource. */
function namesResource(resources: readonly unknown[], { resource, subresource }: ResourceAttempt): boolean {
  if (resources.includes('*')) return true;
  if (subresource === '') return resources.includes(resource);
  return resources.includes(`${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}

function covers(url: string, path: string): boolean {
  return url === path || url === '*' || (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, '')));
}
