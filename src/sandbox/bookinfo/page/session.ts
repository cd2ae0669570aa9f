/**
 * The cookie is called as in the tutorial of 2017, whose rule for jason looks for `user=jason` in it. It proves nothing: whoever says to
 * be jason is.
 */
const cookieName = 'user';

/** What fits into a header as it is, so that a rule may compare it. */
export function isUserName(name: string): boolean {
  return /^[\x21-\x7e](?:[\x20-\x7e]{0,38}[\x21-\x7e])?$/.test(name);
}

export function signIn(name: string): string {
  return `${cookieName}=${encodeURIComponent(name)}; Path=/; HttpOnly; SameSite=Lax`;
}

export const signOut = `${cookieName}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;

/** Whoever a Cookie header says; undefined where it says nobody, or what no sign-in would have set. */
export function userOf(cookies = ''): string | undefined {
  const [, value] = new RegExp(`(?:^|;\\s*)${cookieName}=([^;]*)`).exec(cookies) ?? [];
  try {
    const name = decodeURIComponent(value ?? '');
    return isUserName(name) ? name : undefined;
  } catch {
    return undefined; // not encoded as we do
  }
}
