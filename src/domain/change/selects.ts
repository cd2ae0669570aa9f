import { findRule, type Rule } from '../routing/route.ts';
import { weightOf } from '../routing/split.ts';
import type { ObjectEdit } from './edit.ts';

interface Read {
  readonly edit: Pick<ObjectEdit, 'kind'> & {
    readonly moves: readonly Pick<ObjectEdit['moves'][number], 'rule' | 'to'>[];
  };
  readonly rules: readonly Pick<Rule, 'key' | 'backends'>[] | undefined;
}

/**
 * What the versions that moves of weights give traffic to select, by the labels of their subsets: `reviews.default.svc.cluster.local v3
 * version=v3`. People approve these pods, and not only the name of a version.
 */
export function selectsOf(read: readonly Read[]): readonly string[] {
  const found = read.flatMap(({ edit, rules = [] }) =>
    edit.kind === 'content' ? [] : edit.moves.flatMap(({ rule, to }) => ofRule(findRule({ rules }, rule), to)),
  );
  return [...new Set(found)].toSorted();
}

function ofRule(rule: Pick<Rule, 'backends'> | undefined, to: ObjectEdit['moves'][number]['to']): readonly string[] {
  return (rule?.backends ?? [])
    .filter(({ version }) => weightOf(to, version) > 0)
    .map(({ host, version, selects }) => `${host} ${version} ${selects === undefined ? '' : labelText(selects)}`);
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join(',');
}

/** Whether the versions are other pods by now than those that were approved. */
export function isRelabelled(approved: readonly string[] | undefined, now: readonly string[]): boolean {
  return approved !== undefined && (approved.length !== now.length || approved.some((each, at) => each !== now[at]));
}
