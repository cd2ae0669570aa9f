/**
 * The cookie's name is the one in Istio's tutorial of 2017: its rule for jason looks for `user=jason`. The cookie proves nothing. Anybody
 * can sign in as jason.
 */
const cookieName = 'user';

/** Whether the name fits into a header without encoding, so that a rule can match it. */
export function isUserName(name: string): boolean {
  return /^[\x21-\x7e](?:[\x20-\x7e]{0,38}[\x21-\x7e])?$/.test(name);
}

export function signIn(name: string): string {
  return `${cookieName}=${encodeURIComponent(name)}; Path=/; HttpOnly; SameSite=Lax`;
}

export const signOut = `${cookieName}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;

/** The user in a Cookie header. Undefined if there is none, or if it is not a valid name. */
export function userOf(cookies = ''): string | undefined {
  const [, value] = new RegExp(`(?:^|;\\s*)${cookieName}=([^;]*)`).exec(cookies) ?? [];
  try {
    const name = decodeURIComponent(value ?? '');
    return isUserName(name) ? name : undefined;
  } catch {
    return undefined; // not encoded the way we do it
  }
}
