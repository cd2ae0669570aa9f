import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { sendText, serve } from '../../src/sandbox/bookinfo/http-service.ts';
import { lookAtCluster } from '../../src/sandbox/given-cluster.ts';
import { kubeconfig } from '../../src/sandbox/kube-api/kubeconfig.ts';
import { type KubeApi, serviceAccount, startKubeApi } from '../../src/sandbox/kube-api/server.ts';
import { realKubeconfig } from '../support/kube.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function written(text: string): Promise<string> {
  const file = join(temporaryFolder(), 'kubeconfig');
  await writeFile(file, text);
  return file;
}

describe('a cluster that SANDBOX_KUBECONFIG names', () => {
  let kube: KubeApi;

  beforeAll(async () => {
    kube = await startKubeApi({ port: 0 });
  });
  afterAll(() => kube?.stop());

  it('is the one of the current context', async () => {
    const file = await written(kube.kubeconfig());

    expect(await lookAtCluster(file)).toEqual({
      kubeconfig: file,
      context: 'sandbox',
      cluster: 'sandbox',
      server: kube.url,
    });
  });

  it.each`
    which                                    | text                                                          | why
    ${'is not a kubeconfig'}                 | ${() => '{'}                                                  | ${'names a file that cannot be read as a kubeconfig'}
    ${'has no current context'}              | ${() => kube.kubeconfig().replace(/current-context.*/, '')}   | ${'or it has no current context'}
    ${'names a server that does not answer'} | ${() => kubeconfig('http://127.0.0.1:1', 'a token')}          | ${'leads to http://127.0.0.1:1 (context sandbox), but the Kubernetes API could not be reached'}
    ${'has a wrong token'}                   | ${() => kubeconfig(kube.url, 'nonsense')}                     | ${'the Kubernetes API does not accept our credentials'}
    ${'has no right to read'}                | ${() => kube.kubeconfig(serviceAccount('default', 'nobody'))} | ${'cannot list resource "virtualservices" in API group "networking.istio.io" in the namespace "default"'}
  `('is refused if the file $which', async ({ text, why }) => {
    const looking = lookAtCluster(await written(text()));

    await expect(looking).rejects.toThrow(/^SANDBOX_KUBECONFIG /);
    await expect(looking).rejects.toThrow(why);
  });

  it('is refused if the file does not exist, and if Istio is not installed', async () => {
    const bare = await serve((_, response) => sendText(response, 404, '404 page not found\n'));
    onTestFinished(() => bare.stop());

    await expect(lookAtCluster('/there/is/none')).rejects.toThrow(
      'SANDBOX_KUBECONFIG names a file that cannot be read',
    );
    await expect(lookAtCluster(await written(kubeconfig(bare.url, 'a token')))).rejects.toThrow('install Istio');
  });

  it.skipIf(realKubeconfig === undefined)('may be a real one (needs TEST_KUBECONFIG)', async () => {
    expect(await lookAtCluster(realKubeconfig ?? '')).toMatchObject({ server: expect.stringMatching(/^https:/) });
  });
});
