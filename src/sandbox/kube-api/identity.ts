import { randomBytes, timingSafeEqual } from 'node:crypto';
import { badRequest, unauthorized } from './status.ts';

/** A user as RBAC sees it: a person or a program. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** The user of the person's kubeconfig. */
export const ADMIN = 'kubernetes-admin';

const EVERYTHING = 'system:masters';
const AUTHENTICATED = 'system:authenticated';
const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The valid tokens. Each belongs to one user, and stays valid while the server runs. */
export class Tokens {
  readonly #tokens: Map<string, string>;

  /** `kept`: existing tokens by user. They stay valid. */
  constructor(kept: Readonly<Record<string, string>> = {}) {
    this.#tokens = new Map(Object.entries(kept));
  }

  /** The user's token; creates it if there is none. */
  of(user: string): string {
    const token = this.#tokens.get(user) ?? randomBytes(32).toString('base64url');
    this.#tokens.set(user, token);
    return token;
  }

  /** The user who sends this header. Without a token it is the anonymous user. A wrong token throws. */
  userOf(authorization: string): User {
    const [, token] = /^Bearer (\S+)/i.exec(authorization.trim()) ?? [];
    if (token === undefined) return ANONYMOUS;
    const [name] = [...this.#tokens].find(([, known]) => isSame(known, token)) ?? [];
    if (name === undefined) throw unauthorized();
    return userNamed(name);
  }
}

/** The user name of a ServiceAccount. */
export function serviceAccount(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

export function isAdmin({ groups }: User): boolean {
  return groups.includes(EVERYTHING);
}

/** A user by name, with the groups that follow from the name. */
function userNamed(name: string): User {
  if (name === ADMIN) return { name, groups: [EVERYTHING, AUTHENTICATED] };
  if (name === ANONYMOUS.name) return ANONYMOUS;
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name) ?? [];
  const accounts = namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return { name, groups: [...accounts, AUTHENTICATED] };
}

/** The user that `kubectl --as` asks for, or undefined. Groups that it names replace the usual ones. */
export function impersonated(name: string, groups: readonly string[]): User | undefined {
  if (name === '') {
    if (groups.length === 0) return undefined;
    const listed = groups.map((group) => JSON.stringify(group)).join(', ');
    const wished = `&user.DefaultInfo{Name:"", UID:"", Groups:[]string{${listed}}, Extra:map[string][]string(nil)}`;
    throw badRequest(`requested ${wished} without impersonating a user name`);
  }
  const user = userNamed(name);
  return groups.length === 0 ? user : { name, groups: [...groups, AUTHENTICATED] };
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
