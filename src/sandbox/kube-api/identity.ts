import { resourceOf } from './kinds.ts';
import type { ResourceRequest } from './request.ts';
import { forbiddenTo } from './status.ts';

/** What one request would do, and who asks. */
export interface AccessReview {
  readonly user: string;
  readonly verb: string;
  readonly group: string;
  /** With its subresource, e.g. `virtualservices/status`. */
  readonly resource: string;
  /** Empty for all namespaces. */
  readonly namespace: string;
  readonly name: string;
}

export type Authorize = (review: AccessReview) => boolean;

const ADMIN = 'kubernetes-admin';

/**
 * Who a bearer token stands for. `sa:NAMESPACE:NAME` is a service account and `user:NAME` that user; any other, or none, is
 * the admin: the server listens on loopback only.
 */
export function userOf(authorization: string): string {
  const [scheme, ...rest] = authorization.replace(/^Bearer\s+/i, '').split(':');
  if (scheme === 'sa' && rest.length === 2) return `system:serviceaccount:${rest.join(':')}`;
  return scheme === 'user' && rest[0] ? rest[0] : ADMIN;
}

/** Throws the refusal if the user may not. */
export function authorizeRequest(authorize: Authorize, user: string, verb: string, request: ResourceRequest): void {
  const { kind, namespace, name, subresource } = request;
  const resource = subresource === '' ? kind.plural : `${kind.plural}/${subresource}`;
  if (authorize({ user, verb, group: kind.group, resource, namespace, name })) return;

  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const what = `cannot ${verb} resource "${resource}" in API group "${kind.group}"`;
  throw forbiddenTo(resourceOf(kind), name, `User ${JSON.stringify(user)} ${what} ${where}`);
}
