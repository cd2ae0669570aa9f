import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { requiredAccess } from '../../src/cluster/client/access.ts';
import { readConfig, variables } from '../../src/config.ts';
import { startHttp } from '../../src/http/server.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { type KubernetesObject, manifests, only, readKustomization, render, toObjects } from './kustomization.ts';

const base = join(manifests, 'base');
const hasKubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0;

const labels = z.record(z.string(), z.string());
const selector = z.strictObject({ matchLabels: labels });
const probe = z.looseObject({ httpGet: z.strictObject({ path: z.string(), port: z.string() }) });
const container = z.looseObject({
  image: z.string(),
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  envFrom: z.array(z.strictObject({ configMapRef: z.strictObject({ name: z.string() }) })),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.number() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  securityContext: z.unknown(),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean() })),
});
const podSpec = z.looseObject({
  serviceAccountName: z.string(),
  automountServiceAccountToken: z.boolean(),
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.unknown(),
  topologySpreadConstraints: z.array(z.looseObject({ labelSelector: selector })),
  containers: z.tuple([container]),
  volumes: z.array(z.looseObject({ name: z.string() })),
});
const deploymentSpec = z.looseObject({
  replicas: z.number(),
  strategy: z.unknown(),
  selector,
  template: z.strictObject({ metadata: z.strictObject({ labels }), spec: podSpec }),
});

/** The objects as an operator applies them, and the parts that the tests check. */
function look(objects: readonly KubernetesObject[]) {
  const deployment = deploymentSpec.parse(only(objects, 'Deployment')['spec']);
  const pod = deployment.template.spec;
  return { objects, deployment, pod, bot: pod.containers[0], podLabels: deployment.template.metadata.labels };
}

function specOf<T>(objects: readonly KubernetesObject[], kind: string, schema: z.ZodType<T>): T {
  return schema.parse(only(objects, kind)['spec']);
}

afterEach(() => void vi.unstubAllEnvs());

describe('the manifests of the bot', () => {
  const { objects, deployment, pod, bot, podLabels } = look(render(base));

  it('put the bot in its own namespace, and only its access in the namespace of the services', () => {
    const byNamespace = Object.groupBy(objects, ({ metadata }) => metadata.namespace ?? 'none');

    expect(Object.keys(byNamespace).sort()).toEqual(['default', 'shiftbot']);
    expect(byNamespace['default']?.map(({ kind }) => kind).sort()).toEqual(['Role', 'RoleBinding']);
  });

  describe('access', () => {
    const { rules } = z
      .object({ rules: z.array(z.strictObject({ apiGroups: names(), resources: names(), verbs: names() })) })
      .parse(only(objects, 'Role'));

    it('grants exactly what the code needs', () => {
      const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
        ),
      );
      const required = requiredAccess.flatMap(({ group, resource, verbs }) =>
        verbs.map((verb) => `${verb} ${resource}.${group}`),
      );

      expect(granted.sort()).toEqual(required.sort());
    });

    it('grants nothing outside a namespace', () => {
      expect(objects.filter(({ kind }) => kind.startsWith('Cluster'))).toEqual([]);
    });

    it("is bound to the bot's own account", () => {
      const account = only(objects, 'ServiceAccount').metadata;

      expect(only(objects, 'RoleBinding')).toMatchObject({
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: only(objects, 'Role').metadata.name },
        subjects: [{ kind: 'ServiceAccount', name: account.name, namespace: account.namespace }],
      });
      expect(pod.serviceAccountName).toBe(account.name);
    });

    function names() {
      return z.array(z.string());
    }
  });

  describe('environment', () => {
    const { data } = z.object({ data: labels }).parse(only(objects, 'ConfigMap'));
    const fromSecret = bot.env.map(({ name }) => name);

    it('sets only variables that the bot reads, and secrets only as files', () => {
      const known = Object.entries(variables).map(([name, { secret }]) => (secret ? `${name}_FILE` : name));

      expect(known).toEqual(expect.arrayContaining([...Object.keys(data), ...fromSecret]));
      expect(Object.keys(data).filter((name) => name.endsWith('_FILE'))).toEqual([]);
    });

    it('comes from the generated ConfigMap', () => {
      expect(bot.envFrom).toEqual([{ configMapRef: { name: only(objects, 'ConfigMap').metadata.name } }]);
    });

    it('has each secret in the mounted Secret', () => {
      const mount = bot.volumeMounts.find(({ name }) => name === 'secrets')?.mountPath;

      expect(pod.volumes).toContainEqual({ name: 'secrets', secret: { secretName: 'shiftbot', defaultMode: 0o440 } });
      expect(bot.env.map(({ value }) => value)).toEqual(
        bot.env.map(({ name }) => `${mount}/${name.replace(/_FILE$/, '')}`),
      );
    });

    it.each(['policy', 'rules'])(
      'mounts the optional ConfigMap of %s as a directory, so that updates arrive',
      (name) => {
        expect(pod.volumes).toContainEqual({ name, configMap: { name: `shiftbot-${name}`, optional: true } });
        expect(bot.volumeMounts).toContainEqual({ name, mountPath: `/etc/shiftbot/${name}`, readOnly: true });
      },
    );

    it('is a configuration that the bot accepts', () => {
      const secrets = {
        SLACK_BOT_TOKEN: 'xoxb-1',
        SLACK_APP_TOKEN: 'xapp-1',
        REDIS_URL: 'redis://redis:6379',
        RECORD_KEY: '0123456789abcdef',
      };
      expect(Object.keys(secrets).map((name) => `${name}_FILE`)).toEqual(fromSecret);

      vi.stubEnv('KUBERNETES_SERVICE_HOST', '10.0.0.1'); // as in any pod
      const config = readConfig({ ...data, ...secrets });

      expect([...config.roles]).toEqual(['chat', 'worker']);
      expect(config.namespace).toBe(only(objects, 'Role').metadata.namespace);
      expect(config.port).toBe(bot.ports[0]?.containerPort);
    });

    it('contains no secret', () => {
      expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    });
  });

  it('probe health and readiness on the port of the container', () => {
    expect(bot.ports).toEqual([{ name: 'http', containerPort: 8080 }]);
    expect(bot.startupProbe.httpGet).toEqual({ path: '/healthz', port: 'http' });
    expect(bot.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'http' });
    expect(bot.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
  });

  it('probe paths that the bot serves', async () => {
    const server = await startHttp({
      port: 0,
      log: new InMemoryLog(),
      checks: [],
      metrics: async () => ({ contentType: '', text: '' }),
    });

    for (const { httpGet } of [bot.startupProbe, bot.livenessProbe, bot.readinessProbe]) {
      expect(await fetch(`http://127.0.0.1:${server.port}${httpGet.path}`)).toMatchObject({ status: 200 });
    }
    await server.close();
  });

  it('follow the restricted Pod Security Standard', () => {
    expect(pod.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(bot.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers']) expect(pod).not.toHaveProperty(field);
    expect(pod.volumes.filter((volume) => 'hostPath' in volume)).toEqual([]);
  });

  it('mount a short-lived token, and everything that the client needs with it', () => {
    const account = z.looseObject({ projected: z.looseObject({ sources: z.array(z.unknown()) }) });
    const volume = account.parse(pod.volumes.find(({ name }) => name === 'account'));

    expect(only(objects, 'ServiceAccount')['automountServiceAccountToken']).toBe(false);
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(bot.volumeMounts).toContainEqual({
      name: 'account',
      mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
      readOnly: true,
    });
    expect(volume.projected.sources).toMatchObject([
      { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ]);
  });

  it('keep at least one pod during a rollout or a node drain', () => {
    const budget = specOf(objects, 'PodDisruptionBudget', z.strictObject({ minAvailable: z.number(), selector }));

    expect(deployment.replicas).toBe(2);
    expect(deployment.strategy).toMatchObject({ rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
    expect(pod.terminationGracePeriodSeconds).toBe(30);
    expect(budget.minAvailable).toBe(1);
    expect(podLabels).toMatchObject(budget.selector.matchLabels);
  });

  it('select the pods of the bot everywhere', () => {
    const service = specOf(objects, 'Service', z.object({ selector: labels, ports: z.array(z.unknown()) }));
    const policy = specOf(objects, 'NetworkPolicy', z.looseObject({ podSelector: selector }));

    expect(podLabels).toMatchObject(deployment.selector.matchLabels);
    expect(podLabels).toMatchObject(service.selector);
    expect(podLabels).toMatchObject(policy.podSelector.matchLabels);
    for (const { labelSelector } of pod.topologySpreadConstraints) {
      expect(podLabels).toMatchObject(labelSelector.matchLabels);
    }
    expect(service.ports).toMatchObject([{ port: 8080, targetPort: 'http' }]);
  });

  it('allow the traffic that the bot needs, and deny the rest, in both directions', () => {
    const rule = z.strictObject({ ports: z.array(z.strictObject({ protocol: z.string(), port: z.number() })) });
    const policy = specOf(
      objects,
      'NetworkPolicy',
      z.looseObject({ policyTypes: z.array(z.string()), ingress: z.array(rule), egress: z.array(rule) }),
    );
    const written = (rules: z.infer<typeof rule>[]) =>
      rules.flatMap(({ ports }) => ports.map(({ protocol, port }) => `${protocol} ${port}`));

    expect(policy.policyTypes).toEqual(['Ingress', 'Egress']);
    expect(written(policy.ingress)).toEqual(['TCP 8080']);
    expect(written(policy.egress)).toEqual([
      'UDP 53',
      'TCP 53',
      'TCP 443',
      'TCP 6443',
      'TCP 9090',
      'TCP 6379',
      'TCP 26379',
    ]);
  });

  it('use the image of this version', () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8')));

    expect(readKustomization(join(manifests, 'bot')).images).toMatchObject([{ name: bot.image, newTag: version }]);
  });
});

it('mounts the token of the freeze hook only with its component', () => {
  const component = z
    .object({ kind: z.literal('Component'), patches: z.tuple([z.object({ patch: z.string() })]) })
    .parse(parse(readFileSync(join(manifests, 'freeze-hook/kustomization.yaml'), 'utf8')));
  const { bot } = look(render(base));
  const mount = bot.volumeMounts.find(({ name }) => name === 'secrets')?.mountPath;

  const [patched] = toObjects(component.patches[0].patch);

  const env = [{ name: 'FREEZE_HOOK_TOKEN_FILE', value: `${mount}/FREEZE_HOOK_TOKEN` }];
  expect(patched).toMatchObject({
    kind: 'Deployment',
    metadata: { name: only(render(base), 'Deployment').metadata.name, namespace: 'shiftbot' },
    spec: { template: { spec: { containers: [{ name: 'shiftbot', env }] } } },
  });
  expect(variables.FREEZE_HOOK_TOKEN.secret).toBe(true);
  expect(bot.env).not.toContainEqual(env[0]);
});

describe.runIf(hasKubectl)('kubectl kustomize', () => {
  const [image] = readKustomization(join(manifests, 'bot')).images;

  it('renders the same objects', () => {
    const rendered = kustomize('base').replaceAll(`${image?.newName}:${image?.newTag}`, image?.name ?? '');

    expect(sorted(toObjects(rendered))).toEqual(sorted(render(base)));
  });

  it('replaces the app-level token by the signing secret in HTTP mode', () => {
    const names = (folder: string) => look(toObjects(kustomize(folder))).bot.env.map(({ name }) => name);

    expect(names('http').sort()).toEqual(
      names('base')
        .map((name) => (name === 'SLACK_APP_TOKEN_FILE' ? 'SLACK_SIGNING_SECRET_FILE' : name))
        .sort(),
    );
  });

  it('includes the component of the freeze hook', () => {
    const folder = mkdtempSync(join(manifests, '.freeze-hook-'));
    try {
      const kustomization = { resources: ['../base'], components: ['../freeze-hook'] };
      writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
      const names = look(toObjects(kustomize(basename(folder)))).bot.env.map(({ name }) => name);

      expect(names).toContain('FREEZE_HOOK_TOKEN_FILE');
      expect(names).toContain('RECORD_KEY_FILE');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  /** Generated names end with a hash of their content. */
  function kustomize(folder: string): string {
    const text = execFileSync('kubectl', ['kustomize', join(manifests, folder)], { encoding: 'utf8' });
    return text.replaceAll(/name: shiftbot-[a-z0-9]{10}$/gm, 'name: shiftbot');
  }

  function sorted(objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
    return objects.toSorted((one, other) => one.kind.localeCompare(other.kind));
  }
});
