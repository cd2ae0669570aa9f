import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpMethod, RequestContext } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KubeConfigError, loadKubeConfigs } from '../../../src/cluster/client/kube-config.ts';

const twoClusters = `
apiVersion: v1
kind: Config
current-context: staging
clusters:
- { name: a, cluster: { server: "http://127.0.0.1:1", insecure-skip-tls-verify: true } }
- { name: b, cluster: { server: "http://127.0.0.1:2", insecure-skip-tls-verify: true } }
users:
- { name: bot, user: { token: secret-token } }
contexts:
- { name: staging, context: { cluster: a, user: bot } }
- { name: prod-eu, context: { cluster: b, user: bot } }
- { name: lost, context: { cluster: nowhere, user: bot } }
`;

describe('a kubeconfig', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shiftbot-test-'));
    file = join(folder, 'kubeconfig');
    await writeFile(file, twoClusters);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    vi.useRealTimers();
    await rm(folder, { recursive: true, force: true });
  });

  it.each`
    named                     | servers
    ${[]}                     | ${{ staging: 'http://127.0.0.1:1' }}
    ${['prod-eu']}            | ${{ 'prod-eu': 'http://127.0.0.1:2' }}
    ${['prod-eu', 'staging']} | ${{ 'prod-eu': 'http://127.0.0.1:2', staging: 'http://127.0.0.1:1' }}
  `('gives one configuration for each named context: $named', ({ named, servers }) => {
    const configs = loadKubeConfigs(file, named);

    expect([...configs.keys()]).toEqual(Object.keys(servers));
    expect(
      Object.fromEntries([...configs].map(([name, config]) => [name, config.getCurrentCluster()?.server])),
    ).toEqual(servers);
  });

  it.each`
    named          | variable
    ${['mars']}    | ${'CLUSTERS'}
    ${['lost']}    | ${'CLUSTERS'}
    ${['Staging']} | ${'CLUSTERS'}
  `('without $named is refused, and the error names $variable', ({ named, variable }) => {
    expect(() => loadKubeConfigs(file, named)).toThrow(KubeConfigError);
    expect(() => loadKubeConfigs(file, named)).toThrow(expect.objectContaining({ variable }));
  });

  it.each([{ text: '{' }, { text: '' }, { text: 'clusters: 7' }])(
    'that is $text is refused, and the error quotes nothing of it',
    async ({ text }) => {
      await writeFile(file, `${text} # secret-token`);

      const refused = await (async () => loadKubeConfigs(file, []))().catch((error: unknown) => error);

      expect(refused).toBeInstanceOf(KubeConfigError);
      expect(String(refused)).not.toContain('secret-token');
    },
  );

  it('with a token file uses the new content of the file within a minute', async () => {
    const token = join(folder, 'token');
    await writeFile(token, 'one');
    const provider = `auth-provider: { name: tokenFile, config: { tokenFile: "${token}" } }`;
    await writeFile(file, twoClusters.replace('token: secret-token', provider));
    const [config] = loadKubeConfigs(file, []).values();
    const sent = async () => {
      const request = new RequestContext('http://127.0.0.1:1', HttpMethod.GET);
      await config?.applySecurityAuthentication(request);
      return request.getHeaders()['Authorization'];
    };
    expect(await sent()).toBe('Bearer one');

    await writeFile(token, 'two');
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 61_000);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });

    expect(await sent()).toBe('Bearer two');
    await config?.close();
  });

  it('that does not exist is refused', () => {
    expect(() => loadKubeConfigs(join(folder, 'nothing'), [])).toThrow(
      expect.objectContaining({ variable: 'KUBECONFIG' }),
    );
  });
});
