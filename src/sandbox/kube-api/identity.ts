import { randomBytes, timingSafeEqual } from 'node:crypto';
import { badRequest, unauthorized } from './status.ts';

/** Who asks, as the server's rules know people and programs. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Whoever has the person's kubeconfig. */
export const ADMIN = 'kubernetes-admin';

const EVERYTHING = 'system:masters';
const AUTHENTICATED = 'system:authenticated';
const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The tokens that are good here. Each belongs to one user, and stays the same as long as the server runs. */
export class Tokens {
  readonly #tokens: Map<string, string>;

  /** Those made before, by user; they stay good. */
  constructor(kept: Readonly<Record<string, string>> = {}) {
    this.#tokens = new Map(Object.entries(kept));
  }

  /** The token of a user, made up where it had none. */
  of(user: string): string {
    const token = this.#tokens.get(user) ?? randomBytes(32).toString('base64url');
    this.#tokens.set(user, token);
    return token;
  }

  /** Who sends this header. No token is nobody in particular; a wrong one is refused. */
  userOf(authorization: string): User {
    const [, token] = /^Bearer (\S+)/i.exec(authorization.trim()) ?? [];
    if (token === undefined) return ANONYMOUS;
    const [name] = [...this.#tokens].find(([, known]) => isSame(known, token)) ?? [];
    if (name === undefined) throw unauthorized();
    return userNamed(name);
  }
}

/** The user that a program in a cluster is. */
export function serviceAccount(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

export function isAdmin({ groups }: User): boolean {
  return groups.includes(EVERYTHING);
}

/** A user by name, in the groups that such a name brings. */
function userNamed(name: string): User {
  if (name === ADMIN) return { name, groups: [EVERYTHING, AUTHENTICATED] };
  if (name === ANONYMOUS.name) return ANONYMOUS;
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name) ?? [];
  const accounts = namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return { name, groups: [...accounts, AUTHENTICATED] };
}

/** What `kubectl --as` asks for, or undefined. The groups are the named ones, where there are any. */
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
