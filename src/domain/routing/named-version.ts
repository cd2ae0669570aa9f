import { isHost, isLabel } from './names.ts';
import type { Rule } from './route.ts';

type Versions = Pick<Rule, 'served' | 'split' | 'shortNames'>;

/** `v3`; `checkout/v3` and `checkout:8080` where versions of several hosts, or ports, have one name. */
export function isVersionName(word: string): boolean {
  const [, host = '', subset] = /^([^/:]+)(?:\/([^/:]+))?(?::\d{1,5})?$/.exec(word) ?? [];
  return isHost(host) && (subset === undefined || isLabel(subset));
}

/**
 * The version of a rule that a person means: the one with that name, in whatever case, or the only one with that short name
 * (`v3` for the Service `reviews-v3`). Returns what was typed if no version answers to it, or several do.
 */
export function versionNamed(rule: Versions, typed: string): string {
  const all = [...new Set([...Object.keys(rule.split), ...rule.served])];
  if (all.includes(typed)) return typed;
  const wanted = typed.toLowerCase();
  const short = Object.entries(rule.shortNames ?? {});
  const ways = [
    all.filter((version) => version.toLowerCase() === wanted),
    short.filter(([, name]) => name.toLowerCase() === wanted).map(([version]) => version),
  ];
  const [only, ...more] = ways.find((fitting) => fitting.length > 0) ?? [];
  return only === undefined || more.length > 0 ? typed : only;
}
