import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/policy-file/read-policy.ts';
import { policyJsonSchema } from '../../src/policy-file/schema.ts';
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

it("README's policy is accepted", () => {
  const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');
  const [, yaml = ''] = /```yaml\n(groups:.*?)```/s.exec(readme) ?? [];

  expect(readPolicy(Buffer.from(yaml))).toMatchObject({ ok: true, warnings: [] });
});
