import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/policy-file/read-policy.ts';
import { policyJsonSchema } from '../../src/policy-file/schema.ts';
import { page } from '../support/pages.ts';
import { manifests } from './kustomization.ts';

const folder = join(manifests, 'policy-file');

describe('the sample policy file', () => {
  it('is accepted without a warning', () => {
    const read = readPolicy(readFileSync(join(folder, 'policy.yaml')));

    expect(read).toMatchObject({ ok: true, warnings: [] });
  });

  it('names the schema beside it, which is the one that the code uses', () => {
    const schema: unknown = JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8'));

    expect(readFileSync(join(folder, 'policy.yaml'), 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=schema\.json\n/,
    );
    expect(schema).toEqual(policyJsonSchema());
  });
});

it('the policy on the page beside it is accepted', () => {
  const { text } = page('manifests/policy-file/README.md');
  const [, yaml = ''] = /```yaml\n(groups:.*?)```/s.exec(text) ?? [];

  expect(readPolicy(Buffer.from(yaml))).toMatchObject({ ok: true, warnings: [] });
});
