import { describe, expect, it } from 'vitest';
import { fileOf } from './rule-text.ts';

/** A VirtualService with these rules under `http:`, the first in line 7. */
function withRules(...rules: readonly string[]): string {
  const head =
    'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: reviews }\nspec:\n  hosts: [reviews]\n  http:\n';
  return head + rules.map((rule) => `  - ${rule}\n`).join('');
}

const routeTo = (subset: string, weight: number | undefined, host = 'reviews') =>
  `{ destination: { host: ${host}, subset: ${subset} }${weight === undefined ? '' : `, weight: ${weight}`} }`;
const rule = (...to: readonly string[]) => `route: [${to.join(', ')}]`;
const split = (subset: string, weight: number) => ({ destination: { host: 'reviews', subset }, weight });

describe('two rules where one was meant', () => {
  it('are reported with their lines, and the file is still read as it is', () => {
    const file = fileOf(withRules(rule(routeTo('v1', 50)), rule(routeTo('v3', 50))));

    expect(file.manifests).toMatchObject([
      { spec: { http: [{ route: [split('v1', 50)] }, { route: [split('v3', 50)] }] } },
    ]);
    expect(file.meant).toEqual({
      manifests: [
        {
          kind: 'VirtualService',
          name: 'reviews',
          spec: { hosts: ['reviews'], http: [{ route: [split('v1', 50), split('v3', 50)] }] },
        },
      ],
      doubts: [
        'VirtualService `reviews`: the rule in line 7 takes all the requests that it matches, so the one in line 8 is never reached. You may have meant one rule that splits them: v1 50, v3 50.',
      ],
    });
  });

  it('are found after an unrelated rule, with other fields, and beside other objects', () => {
    const jason = `match: [{ headers: { end-user: { exact: jason } } }]\n    ${rule(routeTo('v2', undefined))}`;
    const timed = (to: string) => `timeout: 5s\n    ${rule(to)}`;
    const other =
      '---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: a }\nspec: { host: a }\n';

    const { meant } = fileOf(
      withRules(jason, timed(routeTo('v1', 33)), timed(routeTo('v2', 33)), timed(routeTo('v3', 33))) + other,
    );

    expect(meant?.manifests).toMatchObject([
      {
        spec: {
          http: [{ match: [{}] }, { timeout: '5s', route: [split('v1', 33), split('v2', 33), split('v3', 33)] }],
        },
      },
      { name: 'a' },
    ]);
    expect(meant?.doubts).toEqual([expect.stringContaining('in line 9 takes all the requests')]);
    expect(meant?.doubts[0]).toContain('those in lines 11, 13 are never reached');
  });

  it.each<[string, readonly string[]]>([
    ['one rule with two destinations', [rule(routeTo('v1', 50), routeTo('v3', 50))]],
    ['two rules that each sum to 100', [rule(routeTo('v1', 100)), rule(routeTo('v3', 100))]],
    ['weights that do not sum to 100', [rule(routeTo('v1', 50)), rule(routeTo('v3', 20))]],
    ['no weights', [rule(routeTo('v1', undefined)), rule(routeTo('v3', undefined))]],
    ['two hosts', [rule(routeTo('v1', 50)), rule(routeTo('v3', 50, 'ratings'))]],
    ['one version twice', [rule(routeTo('v1', 50)), rule(routeTo('v1', 50))]],
    [
      'rules that differ in more than their routes',
      [rule(routeTo('v1', 50)), `timeout: 5s\n    ${rule(routeTo('v3', 50))}`],
    ],
    [
      'rules for different requests',
      [`match: [{ uri: { exact: /a } }]\n    ${rule(routeTo('v1', 50))}`, rule(routeTo('v3', 50))],
    ],
  ])('are not found in %s', (_, rules) => {
    expect(fileOf(withRules(...rules))).not.toHaveProperty('meant');
  });
});
