import type { IncomingHttpHeaders } from 'node:http';
import { nameSelected } from './field-selector.ts';
import { impersonated, isAdmin, type User } from './identity.ts';
import { type Attempt, isAllowed } from './rbac.ts';
import type { RequestInfo } from './request-info.ts';
import { forbiddenPath, forbiddenTo } from './status.ts';
import type { Store } from './store.ts';

/** Throws RBAC's refusal if the user may not do this. It runs before all other checks, so that a refusal does not tell what exists. */
export function authorize(store: Store, user: User, info: RequestInfo, query: URLSearchParams): void {
  if (!isAllowed(store, user, attemptOf(info, query))) throw refusal(user, info, info.verb, query);
}

/** The user whose rights count: the asker, or the user that an admin impersonates. */
export function actingUser(asker: User, info: RequestInfo, headers: IncomingHttpHeaders): User {
  const name = [headers['impersonate-user'] ?? ''].flat().join('');
  const groups = [headers['impersonate-group'] ?? []].flat();
  const wished = impersonated(name, groups);
  if (wished === undefined) return asker;
  if (!isAdmin(asker)) throw refusal(asker, info, `impersonate-on:user-info:${info.verb}`, new URLSearchParams());
  return wished;
}

/** A list or watch of one name counts as a request for that name. */
function attemptOf(info: RequestInfo, query: URLSearchParams): Attempt {
  if (info.kind === 'path') return info;
  const isCollection = info.name === '' && (info.verb === 'list' || info.verb === 'watch');
  return isCollection ? { ...info, name: nameSelected(query.get('fieldSelector') ?? '') } : info;
}

function refusal({ name: user }: User, info: RequestInfo, verb: string, query: URLSearchParams): Error {
  const who = `User ${JSON.stringify(user)}`;
  const attempt = attemptOf(info, query);
  if ('path' in attempt) return forbiddenPath(`${who} cannot ${verb} path ${JSON.stringify(attempt.path)}`);

  const { group, resource, subresource, namespace, name } = attempt;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const what = `cannot ${verb} resource "${whole}" in API group "${group}" ${where}`;
  return forbiddenTo({ group, kind: resource }, name, `${who} ${what}`);
}
